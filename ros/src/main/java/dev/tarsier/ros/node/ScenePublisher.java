package dev.tarsier.ros.node;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.ros.frame.Calibration;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosGraph;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.SceneSink;
import dev.tarsier.runtime.scene.ClassColors;
import dev.tarsier.runtime.scene.Scene;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Scenes onto topics. An output without subscribers costs a look at their number. Called by the
 * perception thread; {@link #cameraInfo} may be called by any.
 */
final class ScenePublisher implements SceneSink, AutoCloseable {
  private final List<Publisher<?>> publishers = new ArrayList<>();
  private final Set<String> inputs;
  private final List<String> withheld = new ArrayList<>();
  private final Publisher<Image> segmentation;
  private final Publisher<Image> segmentationColor;
  private final Publisher<Image> depth;
  private final Publisher<CameraInfo> cameraInfo;
  private final Head classHead;
  private final Head metricHead;
  private final ClassColors colors;
  private final ByteBuffer rgb;
  private final AtomicReference<CameraInfo> newestInfo = new AtomicReference<>();

  /** Written by the perception thread; null before an image and a camera_info have come in. */
  private volatile Calibration calibration;

  // only the perception thread
  private CameraInfo judgedInfo;
  private CameraInfo scaledInfo;

  /**
   * Advertises the outputs.
   *
   * @param inputs full names of the camera's topics. A node that is named like the camera's
   *     namespace has outputs of the same name; it does not publish there. Not modified.
   */
  ScenePublisher(RosGraph graph, Bundle bundle, Set<String> inputs) {
    this.inputs = Set.copyOf(inputs);
    BundleManifest manifest = bundle.manifest();
    classHead = manifest.firstHead(ClassMap.class).orElse(null);
    metricHead = manifest.firstHead(MetricMap.class).orElse(null);
    boolean hasClasses = classHead != null;
    boolean hasDepth = metricHead != null;
    segmentation = hasClasses ? images(graph, Topic.SEGMENTATION) : null;
    segmentationColor = hasClasses ? images(graph, Topic.SEGMENTATION_COLOR) : null;
    depth = hasDepth ? images(graph, Topic.DEPTH) : null;
    cameraInfo =
        free(graph, Topic.OUTPUT_CAMERA_INFO)
            ? kept(
                graph.advertise(
                    Topic.OUTPUT_CAMERA_INFO.topicName(), CameraInfo.TYPE, PublisherOptions.NEWEST))
            : null;
    colors =
        new ClassColors(
            manifest.firstKind(ClassMap.class).map(ClassMap::classes).orElse(List.of()));
    rgb =
        ByteBuffer.allocateDirect(
            hasClasses ? 3 * manifest.outputWidth() * manifest.outputHeight() : 0);
    if (hasClasses) {
      kept(graph.advertise(Topic.CLASSES.topicName(), StringMessage.TYPE, PublisherOptions.LATCHED))
          .publish(new StringMessage(classesJson(bundle)));
    }
  }

  private Publisher<Image> images(RosGraph graph, Topic topic) {
    return free(graph, topic)
        ? kept(graph.advertise(topic.topicName(), Image.TYPE, PublisherOptions.NEWEST))
        : null;
  }

  private boolean free(RosGraph graph, Topic topic) {
    String name = graph.resolve(topic.topicName());
    if (inputs.contains(name)) {
      withheld.add(name);
      return false;
    }
    return true;
  }

  /** Outputs that are not published because their names are the camera's. */
  List<String> withheld() {
    return List.copyOf(withheld);
  }

  private <P extends Publisher<?>> P kept(P publisher) {
    publishers.add(publisher);
    return publisher;
  }

  /** Takes the newest camera_info of the camera. */
  void cameraInfo(CameraInfo newest) {
    newestInfo.set(newest);
  }

  /** Whether a camera_info has come in. */
  boolean hasCameraInfo() {
    return newestInfo.get() != null;
  }

  /**
   * What the camera_info says of the last image that was perceived. Before an image and a
   * camera_info have come in it is null, unless the camera_info cannot be one of any image.
   */
  Calibration calibration() {
    CameraInfo info = newestInfo.get();
    return calibration != null || info == null
        ? calibration
        : Calibration.refusedForAnyImage(info).orElse(null);
  }

  @Override
  public void accept(Scene scene) {
    Header header = null;
    if (wanted(segmentation)) {
      header = SceneMessages.header(scene);
      segmentation.publish(SceneMessages.plane(header, scene, classHead));
    }
    if (wanted(segmentationColor)) {
      header = header == null ? SceneMessages.header(scene) : header;
      rgb.clear();
      colors.render(scene.plane(classHead.id()).ids(), rgb);
      segmentationColor.publish(SceneMessages.colors(header, scene, rgb.flip()));
    }
    if (wanted(depth)) {
      header = header == null ? SceneMessages.header(scene) : header;
      depth.publish(SceneMessages.plane(header, scene, metricHead));
    }
    judgeCameraInfo(scene);
    if (scaledInfo != null && wanted(cameraInfo)) {
      header = header == null ? SceneMessages.header(scene) : header;
      cameraInfo.publish(scaledInfo.withHeader(header));
    }
  }

  /** A camera says the same with each image: it is judged and scaled when it says something new. */
  @SuppressWarnings("ReferenceEquality") // the same object needs no second look
  private void judgeCameraInfo(Scene scene) {
    CameraInfo info = newestInfo.get();
    Calibration before = calibration;
    boolean sameImage =
        before != null
            && before.imageWidth() == scene.inputWidth()
            && before.imageHeight() == scene.inputHeight();
    if (info == null || (sameImage && info == judgedInfo)) {
      return;
    }
    judgedInfo = info;
    if (sameImage && before.isOf(info)) {
      return;
    }
    Calibration judged = Calibration.of(info, scene.inputWidth(), scene.inputHeight());
    scaledInfo =
        judged.usable()
            ? SceneMessages.cameraInfo(SceneMessages.header(scene), scene, judged)
            : null;
    calibration = judged;
  }

  private static boolean wanted(Publisher<?> publisher) {
    return publisher != null && publisher.subscribers() > 0;
  }

  /** What the ids of {@code ~segmentation} mean. */
  static String classesJson(Bundle bundle) {
    BundleManifest manifest = bundle.manifest();
    ObjectNode json = Json.object();
    json.put("schema", "tarsier.classes/1");
    json.put("bundle", manifest.name());
    json.put("version", manifest.version());
    json.put("model_sha256", bundle.modelSha256());
    ClassMap kind = manifest.firstKind(ClassMap.class).orElseThrow();
    json.put("ignore_id", kind.ignoreId());
    ArrayNode classes = json.putArray("classes");
    for (ClassLabel each : kind.classes()) {
      classes.addObject().put("id", each.id()).put("name", each.name()).put("color", each.color());
    }
    return json.toString();
  }

  @Override
  public void close() {
    publishers.forEach(Publisher::close);
  }
}
