package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.BundleManifest.GoldenFrame;
import dev.tarsier.runtime.tensor.OpenCv;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What a session gave for its bundle's golden frames, beside what they say. A provider that
 * computes wrongly, or a network that is another than the bundle says, shows here and not on the
 * robot's first drive.
 *
 * @param step what computed
 * @param goldenFrames how many were run; 0 when there are none: then one frame of noise was run, of
 *     which only what no network may give is judged
 * @param compared one for each frame and head, frame by frame
 * @param nanos how long it took
 */
public record SelfTest(ProviderStep step, int goldenFrames, List<Compared> compared, long nanos) {
  /** Copies the list. */
  public SelfTest {
    compared = List.copyOf(compared);
  }

  /**
   * One head on one frame.
   *
   * @param frame name of its file in the bundle
   * @param head id
   * @param pixels of the output
   * @param unusable pixels whose value says nothing: unknown, or an id that is not named
   * @param difference from the golden frame: of ids the share of pixels with another, of values the
   *     mean relative error where both are known, of directions the mean angle in radians, of
   *     scores the largest difference; 0 where nothing is compared
   * @param words of the difference, for people
   * @param failure why the session must not be used; null when it may
   */
  public record Compared(
      String frame,
      String head,
      int pixels,
      int unusable,
      double difference,
      String words,
      String failure) {}

  /**
   * Runs the golden frames.
   *
   * @param session of the bundle; its buffers hold the last golden frame afterwards
   * @param bundle whose golden frames are read. Not modified.
   * @throws BundleException when a golden file is damaged or of another size
   * @throws InferenceException when the engine fails
   */
  public static SelfTest run(InferenceSession session, Bundle bundle)
      throws BundleException, InferenceException {
    OpenCv.load(); // which perceiving needs anyway, and takes longer than the frames
    long began = System.nanoTime();
    List<GoldenFrame> golden = bundle.manifest().golden();
    GoldenFiles files = new GoldenFiles(bundle);
    List<Compared> compared = new ArrayList<>();
    for (GoldenFrame frame : golden) {
      session.input().put(files.image(frame.image()));
      session.run();
      for (Map.Entry<String, BundleManifest.Output> each : bundle.manifest().outputs().entrySet()) {
        String file = frame.outputs().get(each.getKey());
        compared.add(
            HeadComparison.of(
                frame.image(),
                each.getKey(),
                each.getValue(),
                session.step().precision(),
                session.plane(each.getKey()),
                file == null ? null : files.plane(file, each.getValue())));
      }
    }
    if (golden.isEmpty()) {
      session.input().put(noise(bundle.manifest().input()));
      session.run();
      bundle
          .manifest()
          .outputs()
          .forEach(
              (head, output) ->
                  compared.add(
                      HeadComparison.of(
                          "a frame of noise",
                          head,
                          output,
                          session.step().precision(),
                          session.plane(head),
                          null)));
    }
    return new SelfTest(session.step(), golden.size(), compared, System.nanoTime() - began);
  }

  /** Patches of colour, the same at each start. */
  private static byte[] noise(BundleManifest.Input input) {
    byte[] pixels = new byte[input.byteLength()];
    int patch = Math.max(1, input.height() / 8);
    for (int y = 0; y < input.height(); y++) {
      for (int x = 0; x < input.width(); x++) {
        SplittableRandom color = new SplittableRandom(y / patch * 1000L + x / patch);
        for (int c = 0; c < 3; c++) {
          pixels[3 * (y * input.width() + x) + c] = (byte) (32 + color.nextInt(192));
        }
      }
    }
    return pixels;
  }

  /** Whether there were golden frames to compare with. */
  public boolean golden() {
    return goldenFrames > 0;
  }

  /** Why the session must not be used: the first frame that is not as it must be, in one line. */
  public Optional<String> failure() {
    return compared.stream()
        .filter(each -> each.failure() != null)
        .map(each -> each.frame() + ": " + each.failure())
        .findFirst();
  }

  /** What was found, in one line, for a log or a doctor. */
  public String summary() {
    String took = String.format(Locale.ROOT, "%.0f ms", nanos / 1e6);
    if (!golden()) {
      return "no golden frames: what %s computes was compared with nothing (%s)"
          .formatted(step, took);
    }
    Map<String, Compared> worst = new LinkedHashMap<>();
    for (Compared each : compared) {
      worst.merge(each.head(), each, (a, b) -> b.difference() > a.difference() ? b : a);
    }
    return "%d golden frames on %s: %s (%s)"
        .formatted(
            goldenFrames,
            step,
            String.join(", ", worst.values().stream().map(Compared::words).toList()),
            took);
  }
}
