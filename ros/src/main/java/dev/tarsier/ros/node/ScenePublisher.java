package dev.tarsier.ros.node;

import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.port.Output;
import dev.tarsier.ros.port.RosPort;
import dev.tarsier.ros.port.ScaledCamera;
import dev.tarsier.ros.port.Stamp;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.ClassColors;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.pipeline.SceneSink;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.ImageClass;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * Scenes onto topics, one for each head. An output without listeners costs a look at their number;
 * where none has any, no scene is wanted. Called by the perception thread; {@link #camera} and
 * {@link #wanted} may be called by any.
 */
final class ScenePublisher implements SceneSink, AutoCloseable {
  private final RosPort ros;
  private final Set<String> inputs;
  private final boolean lazy;
  private final boolean rectified;
  private final BundleManifest manifest;

  /** By the last part of the topic's name. */
  private final Map<String, Output<?>> outputs = new LinkedHashMap<>();

  private final List<String> withheld = new ArrayList<>();
  private final List<HeadOutput<?>> heads = new ArrayList<>();
  private final Output<ScaledCamera> cameras;
  private final AtomicReference<CameraModel> newest = new AtomicReference<>();

  /** Written by the perception thread; null before an image and a camera_info have come in. */
  private volatile Calibration calibration;

  // only the perception thread
  private CameraModel judged;
  private CameraModel scaled;

  /** Makes what a topic says of a scene. */
  private interface Maker<T> {
    T of(Stamp stamp, Scene scene);
  }

  /** One topic, and how what it says is made. */
  private record HeadOutput<T>(Output<T> output, Maker<T> maker) {
    void publish(Stamp stamp, Scene scene) {
      if (output.wanted()) {
        output.publish(maker.of(stamp, scene));
      }
    }
  }

  /**
   * Advertises the outputs.
   *
   * @param inputs full names of the camera's topics. A node that is named like the camera's
   *     namespace has outputs of the same name; it does not publish there. Not modified.
   * @param rectified whether the images are
   * @param lazy whether scenes are wanted only while somebody listens
   */
  ScenePublisher(RosPort ros, Bundle bundle, Set<String> inputs, boolean rectified, boolean lazy) {
    this.ros = ros;
    this.rectified = rectified;
    this.inputs = Set.copyOf(inputs);
    this.lazy = lazy;
    this.manifest = bundle.manifest();
    for (Head head : manifest.heads()) {
      if (head.kind().isMap()) {
        add(Topic.output(head), ros::maps, (stamp, scene) -> SceneMaps.of(stamp, scene, head));
      }
      if (head.kind() instanceof ImageClass kind) {
        add(
            Topic.output(head),
            ros::texts,
            (stamp, scene) -> SceneClass.json(stamp, kind, scene.plane(head.id())));
      }
      if (head.kind() instanceof ClassMap kind) {
        ClassColors colors = new ClassColors(kind.classes());
        ByteBuffer rgb =
            ByteBuffer.allocateDirect(3 * manifest.outputWidth() * manifest.outputHeight());
        add(
            Topic.outputColor(head),
            ros::maps,
            (stamp, scene) -> {
              rgb.clear();
              colors.render(scene.plane(head.id()).ids(), rgb);
              return SceneMaps.colors(stamp, scene, rgb.flip());
            });
      }
    }
    cameras = output(Topic.OUTPUT_CAMERA_INFO.topicName(), ros::cameras).orElse(null);
    manifest
        .firstKind(ClassMap.class)
        .ifPresent(
            kind -> {
              Output<String> classes = ros.text(Topic.CLASSES.topicName());
              outputs.put(shortName(Topic.CLASSES.topicName()), classes);
              classes.publish(Classes.json(bundle, kind));
            });
  }

  private <T> void add(String topic, Function<String, Output<T>> offered, Maker<T> maker) {
    output(topic, offered).ifPresent(output -> heads.add(new HeadOutput<>(output, maker)));
  }

  /** Empty where the name is the camera's. */
  private <T> Optional<Output<T>> output(String topic, Function<String, Output<T>> offered) {
    String name = ros.resolve(topic);
    if (inputs.contains(name)) {
      withheld.add(name);
      return Optional.empty();
    }
    Output<T> output = offered.apply(topic);
    outputs.put(shortName(topic), output);
    return Optional.of(output);
  }

  private static String shortName(String topic) {
    return topic.startsWith("~") ? topic.substring(1) : topic;
  }

  /** What listeners lost of each output since they did not keep up, by the output's name. */
  Map<String, Long> lost() {
    Map<String, Long> lost = new LinkedHashMap<>();
    outputs.forEach((name, output) -> lost.put(name, output.lost()));
    return lost;
  }

  /** Outputs that are not published because their names are the camera's. */
  List<String> withheld() {
    return List.copyOf(withheld);
  }

  /** Takes the newest camera_info of the camera. */
  void camera(CameraModel model) {
    newest.set(model);
  }

  /** Whether a camera_info has come in. */
  boolean hasCameraInfo() {
    return newest.get() != null;
  }

  /**
   * What the camera_info says of the last image that was perceived. Before an image and a
   * camera_info have come in it is null, unless the camera_info cannot be one of any image.
   */
  Calibration calibration() {
    CameraModel info = newest.get();
    return calibration != null || info == null
        ? calibration
        : Calibration.refusedForAnyImage(info).orElse(null);
  }

  @Override
  public boolean wanted() {
    if (!lazy || (cameras != null && cameras.wanted())) {
      return true;
    }
    for (HeadOutput<?> head : heads) {
      if (head.output().wanted()) {
        return true;
      }
    }
    return false;
  }

  /** The camera is judged also while nobody wants what it sees. */
  @Override
  public void passedOver(Frame frame) {
    if (!frame.encoding().isCompressed()) { // the size of those is known once they are decoded
      judgeCamera(frame.width(), frame.height());
    }
  }

  @Override
  public void accept(Scene scene) {
    Stamp stamp = SceneMaps.stamp(scene);
    for (HeadOutput<?> head : heads) {
      head.publish(stamp, scene);
    }
    judgeCamera(scene.inputWidth(), scene.inputHeight());
    if (scaled != null && cameras != null && cameras.wanted()) {
      cameras.publish(new ScaledCamera(stamp, scaled));
    }
  }

  /** A camera says the same with each image: it is judged and scaled when it says something new. */
  @SuppressWarnings("ReferenceEquality") // the same object needs no second look
  private void judgeCamera(int imageWidth, int imageHeight) {
    CameraModel info = newest.get();
    Calibration before = calibration;
    boolean sameImage =
        before != null && before.imageWidth() == imageWidth && before.imageHeight() == imageHeight;
    if (info == null || (sameImage && info == judged)) {
      return;
    }
    judged = info;
    if (sameImage && before.isOf(info)) {
      return;
    }
    Calibration its = Calibration.of(info, imageWidth, imageHeight, rectified);
    scaled = its.usable() ? its.scaledTo(manifest.outputWidth(), manifest.outputHeight()) : null;
    calibration = its;
  }

  /** What the ids of a class map mean, as the topic says it. */
  private record Classes(
      String schema,
      String bundle,
      String version,
      String modelSha256,
      int ignoreId,
      List<ClassLabel> classes) {
    static String json(Bundle bundle, ClassMap kind) {
      BundleManifest manifest = bundle.manifest();
      return Json.SNAKE_CASE
          .tree(
              new Classes(
                  "tarsier.classes/1",
                  manifest.name(),
                  manifest.version(),
                  bundle.modelSha256(),
                  kind.ignoreId(),
                  kind.classes()))
          .toString();
    }
  }

  @Override
  public void close() {
    outputs.values().forEach(Output::close);
  }
}
