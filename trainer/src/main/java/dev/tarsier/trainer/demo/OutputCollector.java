package dev.tarsier.trainer.demo;

import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.transport.RosGraph;
import dev.tarsier.ros.ros1.transport.Subscription;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
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

  /** What came for one image; a part that has not come is null. */
  static final class Outputs {
    private int width;
    private int height;
    private ByteBuffer ids;
    private FloatBuffer metres;
    private long newestArrivalNanos;

    int width() {
      return width;
    }

    int height() {
      return height;
    }

    /** Class ids uint8 [height, width]; none where the bundle gives none. */
    Optional<ByteBuffer> ids() {
      return Optional.ofNullable(ids);
    }

    /** Depth float32 [height, width], metres; none where the bundle gives none. */
    Optional<FloatBuffer> metres() {
      return Optional.ofNullable(metres);
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
   */
  OutputCollector(RosGraph graph, String node, boolean classes, boolean depth) {
    if (classes) {
      ImageView view = new ImageView();
      subscriptions.add(
          graph.subscribe(
              node + "/segmentation",
              Image.TYPE,
              (body, arrivalNanos) -> addClasses(view.over(body), arrivalNanos)));
    }
    if (depth) {
      ImageView view = new ImageView();
      subscriptions.add(
          graph.subscribe(
              node + "/depth",
              Image.TYPE,
              (body, arrivalNanos) -> addDepth(view.over(body), arrivalNanos)));
    }
  }

  private synchronized void addClasses(ImageView view, long arrivalNanos) {
    Outputs outputs = outputs(view, arrivalNanos);
    outputs.ids = ByteBuffer.allocate(view.dataLength()).put(view.data()).flip();
  }

  private synchronized void addDepth(ImageView view, long arrivalNanos) {
    Outputs outputs = outputs(view, arrivalNanos);
    FloatBuffer metres = view.data().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    outputs.metres = FloatBuffer.allocate(metres.remaining()).put(metres).flip();
  }

  private Outputs outputs(ImageView view, long arrivalNanos) {
    Outputs outputs = byStamp.computeIfAbsent(view.stampNanos(), stamp -> new Outputs());
    outputs.width = view.width();
    outputs.height = view.height();
    outputs.newestArrivalNanos = Math.max(outputs.newestArrivalNanos, arrivalNanos);
    return outputs;
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
    int parts = (outputs.ids == null ? 0 : 1) + (outputs.metres == null ? 0 : 1);
    return parts == subscriptions.size();
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
