package dev.tarsier.ros.port;

import java.util.Map;
import java.util.function.Consumer;

/**
 * One node among others, and all that perception knows of it. Names are {@code /global}, {@code
 * relative} to the node's namespace, or {@code ~private}, and are remapped. Any thread may call.
 */
public interface RosPort {
  /** The node's full name, such as {@code /tarsier_perception}. */
  String name();

  /**
   * The full name after namespace and remapping.
   *
   * @param name such as {@code ~depth}
   * @throws RosException where the name is not legal
   */
  String resolve(String name);

  /** The parameters that the node was given. */
  Parameters parameters();

  /** ROS time. */
  RosClock clock();

  /**
   * The types of the topics that somebody publishes, by full name.
   *
   * @throws RosException where nobody can be asked
   */
  Map<String, String> publishedTopics();

  /**
   * Receives a camera's images.
   *
   * @param topic such as {@code image}
   * @param compressed whether they come as files
   * @param handler never called for two images at once
   */
  Input images(String topic, boolean compressed, ImageHandler handler);

  /**
   * Receives a camera's calibration.
   *
   * @param topic such as {@code camera_info}
   * @param handler takes each
   */
  Input calibrations(String topic, Consumer<CameraModel> handler);

  /** Offers maps, of which only the newest waits for a listener that is slow. */
  Output<PixelMap> maps(String topic);

  /** Offers calibrations, of which only the newest waits. */
  Output<ScaledCamera> cameras(String topic);

  /** Offers texts, of which only the newest waits. */
  Output<String> texts(String topic);

  /** Offers a text that is given to each new listener. */
  Output<String> text(String topic);

  /** Offers how the node is. */
  Output<NodeStatus> status(String topic);

  /**
   * Registers an action for when the node ends. It runs once; where the node has ended already it
   * runs at once.
   *
   * @param action must end within a second
   */
  void onShutdown(Runnable action);

  /** Registers who is told where a thread of the node ended that must not. */
  void onFault(FaultListener listener);
}
