package dev.tarsier.ros.ros1.adapter;

import dev.tarsier.ros.port.CameraImage;
import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.port.FaultListener;
import dev.tarsier.ros.port.ImageHandler;
import dev.tarsier.ros.port.Input;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.port.NodeStatus;
import dev.tarsier.ros.port.Output;
import dev.tarsier.ros.port.Parameters;
import dev.tarsier.ros.port.PixelMap;
import dev.tarsier.ros.port.PublisherState;
import dev.tarsier.ros.port.RosClock;
import dev.tarsier.ros.port.RosPort;
import dev.tarsier.ros.port.ScaledCamera;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.DiagnosticArray;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.ros.ros1.message.RosMessage;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosGraph;
import dev.tarsier.ros.ros1.transport.Subscription;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A node in ROS 1's graph.
 *
 * @param graph stays its owner's, who closes it
 */
public record Ros1Port(RosGraph graph) implements RosPort {
  private static final PublisherOptions STATUS = PublisherOptions.queue(5);

  @Override
  public String name() {
    return graph.name();
  }

  @Override
  public String resolve(String name) {
    return graph.resolve(name);
  }

  @Override
  public Parameters parameters() {
    return graph.parameters();
  }

  @Override
  public RosClock clock() {
    return graph.clock();
  }

  @Override
  public Map<String, String> publishedTopics() {
    return graph.publishedTopics();
  }

  @Override
  public void onShutdown(Runnable action) {
    graph.onShutdown(action);
  }

  @Override
  public void onFault(FaultListener listener) {
    graph.onFault(listener);
  }

  @Override
  public Input images(String topic, boolean compressed, ImageHandler handler) {
    ImageBodies bodies = new ImageBodies(compressed);
    return new Received(
        graph.subscribe(
            topic,
            bodies.type(),
            (body, arrivalNanos) -> {
              CameraImage image;
              try {
                image = bodies.over(body);
              } catch (MessageFormatException e) {
                handler.onMalformed(e.getMessage());
                return;
              }
              handler.onImage(image, arrivalNanos);
            }));
  }

  @Override
  public Input calibrations(String topic, Consumer<CameraModel> handler) {
    return new Received(
        graph.subscribe(topic, CameraInfo.TYPE, (CameraInfo info) -> handler.accept(info.model())));
  }

  @Override
  public Output<PixelMap> maps(String topic) {
    return sent(topic, Image.TYPE, PublisherOptions.NEWEST, Ros1Messages::image);
  }

  @Override
  public Output<ScaledCamera> cameras(String topic) {
    return sent(topic, CameraInfo.TYPE, PublisherOptions.NEWEST, Ros1Messages::cameraInfo);
  }

  @Override
  public Output<String> texts(String topic) {
    return sent(topic, StringMessage.TYPE, PublisherOptions.NEWEST, Ros1Messages::text);
  }

  @Override
  public Output<String> text(String topic) {
    return sent(topic, StringMessage.TYPE, PublisherOptions.LATCHED, Ros1Messages::text);
  }

  @Override
  public Output<NodeStatus> status(String topic) {
    return sent(topic, DiagnosticArray.TYPE, STATUS, Ros1Messages::diagnostics);
  }

  private <T, M extends RosMessage> Output<T> sent(
      String topic, MessageType<M> type, PublisherOptions options, Function<T, M> message) {
    return new Sent<>(graph.advertise(topic, type, options), message);
  }

  private record Sent<T, M extends RosMessage>(Publisher<M> publisher, Function<T, M> message)
      implements Output<T> {
    @Override
    public boolean wanted() {
      return publisher.subscribers() > 0;
    }

    @Override
    public void publish(T what) {
      publisher.publish(message.apply(what));
    }

    @Override
    public long lost() {
      return publisher.dropped();
    }

    @Override
    public void close() {
      publisher.close();
    }
  }

  private record Received(Subscription subscription) implements Input {
    @Override
    public String topic() {
      return subscription.topic();
    }

    @Override
    public int publishers() {
      return subscription.publishers();
    }

    @Override
    public List<PublisherState> publisherStates() {
      return subscription.publisherStates();
    }

    @Override
    public void close() {
      subscription.close();
    }
  }
}
