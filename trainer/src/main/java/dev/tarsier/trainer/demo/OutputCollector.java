package dev.tarsier.trainer.demo;

import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.transport.RosGraph;
import dev.tarsier.ros.ros1.transport.Subscription;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps what the node publishes, by stamp. Written on the connections' threads, read by any;
 * guarded by its lock.
 */
final class OutputCollector implements AutoCloseable {
  private final List<Subscription> subscriptions = new ArrayList<>();
  private final Map<Long, Outputs> byStamp = new HashMap<>();

  /** What came for one image. */
  static final class Outputs {
    private final Map<Head, Plane> planes = new HashMap<>();
    private long newestArrivalNanos;

    /** What a head says, at the size at which it was published. */
    Plane plane(Head head) {
      return planes.get(head);
    }

    /** When the last part came, on {@link System#nanoTime}. */
    long newestArrivalNanos() {
      return newestArrivalNanos;
    }
  }

  /**
   * Subscribes.
   *
   * @param node full name of the perception node
   * @param heads of its bundle; those that give maps are kept. Not modified.
   */
  OutputCollector(RosGraph graph, String node, Collection<Head> heads) {
    for (Head head : heads) {
      if (head.kind().isMap()) {
        ImageView view = new ImageView();
        subscriptions.add(
            graph.subscribe(
                node + "/" + head.id(),
                Image.TYPE,
                (body, arrivalNanos) -> add(head, view.over(body), arrivalNanos)));
      }
    }
  }

  private synchronized void add(Head head, ImageView view, long arrivalNanos) {
    Outputs outputs = byStamp.computeIfAbsent(view.stampNanos(), stamp -> new Outputs());
    ByteBuffer bytes = ByteBuffer.allocate(view.dataLength()).put(view.data());
    outputs.planes.put(head, Plane.over(head.kind(), view.width(), view.height(), bytes));
    outputs.newestArrivalNanos = Math.max(outputs.newestArrivalNanos, arrivalNanos);
  }

  /** Whether every output topic has its publisher. */
  boolean connected() {
    return subscriptions.stream().allMatch(each -> each.publishers() > 0);
  }

  /** Images for which every output has come. */
  synchronized int complete() {
    return (int) byStamp.values().stream().filter(this::isComplete).count();
  }

  private boolean isComplete(Outputs outputs) {
    return outputs.planes.size() == subscriptions.size();
  }

  /** What came for an image; none unless all of it came. */
  synchronized Optional<Outputs> at(long stampNanos) {
    return Optional.ofNullable(byStamp.get(stampNanos)).filter(this::isComplete);
  }

  @Override
  public void close() {
    subscriptions.forEach(Subscription::close);
  }
}
