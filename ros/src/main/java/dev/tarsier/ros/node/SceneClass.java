package dev.tarsier.ros.node;

import dev.tarsier.ros.port.Stamp;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.Plane;
import java.nio.FloatBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a head says of an image as a whole, as a topic says it: ROS has no message for it in its
 * common packages, so it is JSON.
 *
 * @param schema of this JSON
 * @param stampNanos when the image was taken, since the epoch
 * @param frameId the camera's coordinate frame
 * @param classes the most probable ones, the first is the head's answer
 */
public record SceneClass(String schema, long stampNanos, String frameId, List<Ranked> classes) {
  private static final String SCHEMA = "tarsier.image_class/1";
  private static final int MOST = 5;

  /** Copies the list. */
  public SceneClass {
    classes = List.copyOf(classes);
  }

  /**
   * A class.
   *
   * @param id in the bundle
   * @param name in the bundle
   * @param probability 0 to 1
   */
  public record Ranked(int id, String name, float probability) {}

  /**
   * The JSON.
   *
   * @param kind of the head
   * @param said by the head, float32 [classes]. Not modified.
   */
  public static String json(Stamp stamp, ImageClass kind, Plane said) {
    FloatBuffer scores = said.values();
    List<Ranked> best =
        IntStream.range(0, kind.classes().size())
            .boxed()
            .sorted(Comparator.comparing(id -> -scores.get(id)))
            .limit(MOST)
            .map(id -> new Ranked(id, kind.classes().get(id).name(), scores.get(id)))
            .toList();
    return Json.SNAKE_CASE
        .tree(new SceneClass(SCHEMA, stamp.nanos(), stamp.frameId(), best))
        .toString();
  }
}
