package dev.tarsier.bench.soak;

import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.DiagnosticArray;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.message.KeyValue;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.ros.ros1.transport.Subscription;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A subscriber that keeps up: what it gets of each output, and what the node's diagnostics say. It
 * looks at headers only. Any thread may call; what comes is written on the connections' threads.
 */
final class Listener implements AutoCloseable {
  /**
   * An output that came.
   *
   * @param output its name
   * @param stampNanos of the image
   * @param arrivalNanos since the epoch
   */
  record Seen(String output, long stampNanos, long arrivalNanos) {}

  private final RosNode node;
  private final String prefix;
  private final List<String> outputs;

  // guarded by this
  private final List<Seen> seen = new ArrayList<>();
  private final List<Long> switched = new ArrayList<>();
  private List<Subscription> subscriptions = List.of();
  private Map<String, String> diagnostics = Map.of();
  private long diagnosticsCount;
  private double focalOverWidth;

  /**
   * Listens to diagnostics only, which does not count as wanting anything.
   *
   * @param perception the node's full name
   * @param outputs images that it gives
   */
  Listener(String master, String perception, List<String> outputs) throws InterruptedException {
    this.node = RosNode.start(RosArguments.of("soak_listener", master, "127.0.0.1"));
    this.prefix = perception + "/";
    this.outputs = List.copyOf(outputs);
    node.subscribe("/diagnostics", DiagnosticArray.TYPE, this::diagnosed);
  }

  static long now() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  /** Subscribes to all outputs. */
  void on() {
    List<Subscription> fresh = new ArrayList<>();
    for (String output : outputs) {
      ImageView view = new ImageView();
      fresh.add(
          node.subscribe(
              prefix + output,
              Image.TYPE,
              (body, arrivalNanos) -> came(output, view.over(body).stampNanos())));
    }
    fresh.add(node.subscribe(prefix + "camera_info", CameraInfo.TYPE, this::calibrated));
    synchronized (this) {
      subscriptions = fresh;
      switched.add(now());
    }
  }

  /** Leaves all outputs. */
  void off() {
    List<Subscription> old;
    synchronized (this) {
      old = subscriptions;
      subscriptions = List.of();
      switched.add(now());
    }
    old.forEach(Subscription::close);
    synchronized (this) {
      switched.add(now());
    }
  }

  private synchronized void came(String output, long stampNanos) {
    seen.add(new Seen(output, stampNanos, now()));
    notifyAll();
  }

  private synchronized void calibrated(CameraInfo info) {
    focalOverWidth = info.model().k()[0] / info.model().width();
    notifyAll();
  }

  private synchronized void diagnosed(DiagnosticArray array) {
    array
        .status()
        .forEach(
            status -> {
              Map<String, String> values = new TreeMap<>();
              for (KeyValue each : status.values()) {
                values.put(each.key(), each.value());
              }
              values.put("level", Integer.toString(status.level()));
              values.put("message", status.message());
              diagnostics = values;
              diagnosticsCount++;
            });
    notifyAll();
  }

  /** The newest diagnostics, with {@code level} and {@code message}. */
  synchronized Map<String, String> diagnostics() {
    return diagnostics;
  }

  /** How many diagnostics came so far. */
  synchronized long diagnosticsCount() {
    return diagnosticsCount;
  }

  /** All outputs so far, in the order in which they came. */
  synchronized List<Seen> seen() {
    return List.copyOf(seen);
  }

  synchronized int seenCount() {
    return seen.size();
  }

  /** When it began and ended to listen, nanoseconds since the epoch. */
  synchronized List<Long> switched() {
    return List.copyOf(switched);
  }

  /** Focal length over the width, of the newest calibration of the outputs. */
  synchronized double focalOverWidth() {
    return focalOverWidth;
  }

  /**
   * Waits for an image that was taken after a moment to have come as every output.
   *
   * @param stampNanos the moment, since the epoch
   * @return when, nanoseconds since the epoch; 0 where it did not within the limit
   */
  synchronized long awaitOutputsAfter(long stampNanos, long limitMillis)
      throws InterruptedException {
    int from = seen.size();
    while (from > 0 && seen.get(from - 1).stampNanos() > stampNanos) {
      from--;
    }
    Map<Long, Integer> count = new HashMap<>();
    long end = System.nanoTime() + limitMillis * 1_000_000;
    while (true) {
      for (; from < seen.size(); from++) {
        Seen each = seen.get(from);
        if (each.stampNanos() > stampNanos
            && count.merge(each.stampNanos(), 1, Integer::sum) == outputs.size()) {
          return each.arrivalNanos();
        }
      }
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return 0;
      }
      wait(left);
    }
  }

  /** Waits for something to hold of it; false where it does not within the limit. */
  synchronized boolean await(Predicate<Listener> holds, long limitMillis)
      throws InterruptedException {
    long end = System.nanoTime() + limitMillis * 1_000_000;
    while (!holds.test(this)) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  @Override
  public void close() {
    node.close();
  }
}
