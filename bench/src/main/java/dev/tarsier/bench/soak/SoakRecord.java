package dev.tarsier.bench.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What was seen in a soak. Any thread may add.
 *
 * <p>Times are seconds after the first output.
 */
final class SoakRecord {
  /**
   * How long it took until all was as before.
   *
   * @param what had happened
   * @param atSeconds when it began
   * @param backSeconds from the return of what was away; negative where it did not come back within
   *     the limit
   */
  record Recovery(Disturbance what, double atSeconds, double backSeconds) {}

  /**
   * The node, once a second.
   *
   * @param atSeconds when
   * @param resources by the system
   * @param looked how the camera's images looked
   */
  record Sample(double atSeconds, NodeProcess.Resources resources, int looked) {}

  /**
   * A count of things that are held, as the node says it.
   *
   * @param atSeconds when
   * @param tensors of the engine
   * @param openCv objects of OpenCV's
   */
  record Held(double atSeconds, long tensors, long openCv) {}

  /**
   * Something that must not be.
   *
   * @param atSeconds when
   * @param what in a sentence
   */
  record Fault(double atSeconds, String what) {}

  private final List<Recovery> recoveries = new ArrayList<>();
  private final List<Sample> samples = new ArrayList<>();
  private final List<Held> held = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private final Consumer<String> listener;
  private final long startNanos = System.nanoTime();
  private final long startEpochNanos = Listener.now();

  /**
   * Begins now.
   *
   * @param listener hears of each disturbance, in a line
   */
  SoakRecord(Consumer<String> listener) {
    this.listener = listener;
  }

  double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  double secondsOf(long epochNanos) {
    return (epochNanos - startEpochNanos) / 1e9;
  }

  static String clock(double seconds) {
    long whole = Math.round(seconds);
    return "%d:%02d".formatted(whole / 60, whole % 60);
  }

  void say(String line) {
    listener.accept(clock(seconds()) + "  " + line);
  }

  /**
   * @param backSeconds negative where it took longer than the limit
   */
  void recovered(Disturbance what, double atSeconds, double backSeconds, String further) {
    synchronized (this) {
      recoveries.add(new Recovery(what, atSeconds, backSeconds));
    }
    String took =
        backSeconds < 0
            ? "not back within %d s".formatted(what.limitSeconds())
            : "back after %.2f s".formatted(backSeconds);
    say(what.words() + ": " + took + (further.isEmpty() ? "" : ", " + further));
  }

  void fault(String what) {
    double now = seconds();
    synchronized (this) {
      faults.add(new Fault(now, what));
    }
    say("FAULT " + what);
  }

  synchronized void sample(Sample sample) {
    samples.add(sample);
  }

  synchronized void held(Held now) {
    held.add(now);
  }

  synchronized List<Recovery> recoveries() {
    return List.copyOf(recoveries);
  }

  synchronized List<Sample> samples() {
    return List.copyOf(samples);
  }

  synchronized List<Held> held() {
    return List.copyOf(held);
  }

  synchronized List<Fault> faults() {
    return List.copyOf(faults);
  }
}
