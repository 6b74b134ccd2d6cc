package dev.tarsier.ros.node;

import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.PublisherState;
import dev.tarsier.ros.port.RosException;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.MetricMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what is wrong with the camera and says the way out: nothing arrives, two cameras on one
 * topic, a picture that stands still, a calibration that is none or of another camera than the
 * training's. What holds is a condition of the health; the console has it once, and once that it is
 * over. The master is asked only while nothing arrives, every ten seconds. One thread.
 */
final class CameraWatch {
  private static final Logger LOG = LoggerFactory.getLogger(CameraWatch.class);
  private static final long SILENCE_NANOS = 5_000_000_000L;
  private static final long ASK_NANOS = 10_000_000_000L;
  private static final long CALIBRATION_NANOS = 3_000_000_000L;

  /** Focal lengths that differ by less are taken for equal; replay's rule too. */
  private static final double FOCAL_TOLERANCE = 0.05;

  private static final int LOOKS_TO_BE_SURE = 2;
  private static final int TOPICS_NAMED = 3;
  private static final int MOST_ANNOUNCED = 50;
  private static final String PACKED = "/compressed";

  private final String nodeName;

  /** What drivers call images that are not colour. */
  private static final Pattern NO_COLOUR =
      Pattern.compile("depth|disparity|infra|thermal|confidence|(^|[/_])ir([/_]|$)");

  private final PerceptionNode.ImageTopics topics;
  private final BundleManifest manifest;
  private final Conditions conditions;
  private final Supplier<Map<String, String>> publishedTopics;

  private final Map<String, Long> bytesBefore = new HashMap<>();
  private final Map<String, String> holding = new HashMap<>();
  private final Set<String> announced = new HashSet<>();
  private long framesBefore;
  private long lastArrivalNanos;
  private long firstSceneNanos;
  private long askedNanos;
  private String cause = "";
  private Calibration comparedCalibration;
  private String focalDifference = "";
  private boolean silent;
  private int looksWithFrames;
  private int looksWithTwo;
  private int looksWithOne;

  /** Where conditions go: the pipeline's health. */
  interface Conditions {
    void raise(String key, HealthState level, String reason);

    void clear(String key);
  }

  /**
   * What is looked at.
   *
   * @param nowNanos on the monotonic clock
   * @param framesIn images and messages so far
   * @param framesSeen scenes so far, and images that would have become some had anybody wanted them
   * @param publishers of the image topic
   * @param frameIds that alternate now; empty where there is one
   * @param standsStill what the health says of a picture that does not change; empty where it does
   * @param hasCameraInfo whether a camera_info has come in
   * @param calibration of the last image; null where there is none, unless no image could have it
   */
  record Look(
      long nowNanos,
      long framesIn,
      long framesSeen,
      List<PublisherState> publishers,
      List<String> frameIds,
      Optional<String> standsStill,
      boolean hasCameraInfo,
      Calibration calibration) {}

  /**
   * A watch.
   *
   * @param nodeName full name, so that the node's own outputs are not taken for a camera's
   * @param topics that are subscribed to
   * @param manifest of the bundle that perceives
   * @param publishedTopics types by topic, as the master knows them; may throw {@link RosException}
   * @param nowNanos the start
   */
  CameraWatch(
      String nodeName,
      PerceptionNode.ImageTopics topics,
      BundleManifest manifest,
      Conditions conditions,
      Supplier<Map<String, String>> publishedTopics,
      long nowNanos) {
    this.nodeName = nodeName;
    this.topics = topics;
    this.manifest = manifest;
    this.conditions = conditions;
    this.publishedTopics = publishedTopics;
    this.lastArrivalNanos = nowNanos;
  }

  /** Looks; called about once a second. */
  void look(Look look) {
    silence(look);
    twoCameras(look);
    hold("camera_stands_still", HealthState.ERROR, look.standsStill().orElse(""), false);
    calibration(look);
  }

  private void silence(Look look) {
    long now = look.nowNanos();
    boolean fresh = look.framesIn() != framesBefore;
    framesBefore = look.framesIn();
    looksWithFrames = fresh ? looksWithFrames + 1 : 0;
    long silentNanos = now - lastArrivalNanos;
    if (fresh) {
      lastArrivalNanos = now;
    }
    if (silent) {
      if (looksWithFrames >= LOOKS_TO_BE_SURE) {
        silent = false;
        conditions.clear("camera_silent");
        announced.removeIf(text -> text.startsWith(nothing()));
        LOG.info("images arrive on {}", topics.image());
      } else if (now - askedNanos >= ASK_NANOS) {
        nothingArrives(look);
      }
    } else if (!fresh && silentNanos > SILENCE_NANOS) {
      silent = true;
      nothingArrives(look);
    }
  }

  private String nothing() {
    return "nothing arrives on " + topics.image();
  }

  private void nothingArrives(Look look) {
    askedNanos = look.nowNanos();
    try {
      cause = cause(publishedTopics.get(), look.publishers());
    } catch (RosException e) {
      cause = e.getMessage();
    }
    String reason = nothing() + ": " + cause;
    conditions.raise("camera_silent", HealthState.STALE, reason);
    announceOnce(HealthState.DEGRADED, reason);
  }

  /** Why nothing arrives, and the way out. */
  private String cause(Map<String, String> published, List<PublisherState> publishers) {
    String wanted = topics.compressed() ? Topic.IMAGE_COMPRESSED.type() : Topic.IMAGE.type();
    String type = published.get(topics.image());
    if (type == null) {
      return nobodyPublishes(published);
    }
    if (!type.equals(wanted) && !type.equals("*")) {
      if (type.equals(Topic.IMAGE_COMPRESSED.type())) {
        return "it is published as %s, not as %s; 'rosrun topic_tools relay %s %s%s' and set compressed:=true"
            .formatted(type, wanted, topics.image(), topics.image(), PACKED);
      }
      return "it is published as %s, not as %s; %s".formatted(type, wanted, otherImages(published));
    }
    String senders =
        publishers.stream()
            .filter(PublisherState::connected)
            .map(PublisherState::publisher)
            .collect(Collectors.joining(", "));
    if (!senders.isEmpty()) {
      return senders
          + " is connected and sends nothing; is the camera plugged in, and its driver well?";
    }
    String failures =
        publishers.stream()
            .filter(each -> !each.failure().isEmpty())
            .map(each -> each.publisher() + " (" + each.failure() + ")")
            .collect(Collectors.joining(", "));
    return "its publisher is registered and not reached%s; does it run ('rosnode cleanup' removes what does not), and is ROS_HOSTNAME or ROS_IP right on its machine?"
        .formatted(failures.isEmpty() ? "" : ": " + failures);
  }

  private String nobodyPublishes(Map<String, String> published) {
    String base = base();
    if (!topics.compressed()
        && Topic.IMAGE_COMPRESSED.type().equals(published.get(base + PACKED))) {
      return "only %s%s is published; set compressed:=true".formatted(base, PACKED);
    }
    if (topics.compressed() && Topic.IMAGE.type().equals(published.get(base))) {
      return "only %s is published; set compressed:=false".formatted(base);
    }
    Optional<Map.Entry<String, String>> transport =
        published.entrySet().stream()
            .filter(each -> each.getKey().startsWith(base + "/"))
            .filter(each -> each.getKey().indexOf('/', base.length() + 1) < 0)
            .findFirst();
    if (transport.isPresent()) {
      String topic = transport.get().getKey();
      return "only %s (%s) is published, which is not read; publish %s raw or compressed, such as by 'rosrun image_transport republish %s in:=%s raw out:=%s_raw' and image:=%s_raw"
          .formatted(
              topic,
              transport.get().getValue(),
              base,
              topic.substring(base.length() + 1),
              base,
              base,
              base);
    }
    return "nobody publishes it; " + otherImages(published);
  }

  private String base() {
    String image = topics.image();
    return image.endsWith(PACKED) ? image.substring(0, image.length() - PACKED.length()) : image;
  }

  /** Whether a node like this one publishes it: its classes stand beside it. */
  private static boolean isOfPerception(String topic, Map<String, String> published) {
    String node = topic.substring(0, topic.lastIndexOf('/') + 1);
    return published.containsKey(node + Topic.CLASSES.topicName().substring(1));
  }

  private String otherImages(Map<String, String> published) {
    List<String> images = new ArrayList<>();
    published.forEach(
        (topic, type) -> {
          boolean image =
              type.equals(Topic.IMAGE.type()) || type.equals(Topic.IMAGE_COMPRESSED.type());
          if (image
              && !topic.startsWith(nodeName + "/")
              && !topic.equals(topics.image())
              && !isOfPerception(topic, published)
              && !NO_COLOUR.matcher(topic).find()) {
            images.add(topic);
          }
        });
    if (images.isEmpty()) {
      return "nobody publishes other images either: is the camera's driver running?";
    }
    String nearest =
        NearestName.of(topics.image(), images)
            .orElse(images.stream().sorted().findFirst().orElseThrow());
    images.remove(nearest);
    images.sort(null);
    images.add(0, nearest);
    return "there are images on %s%s; remap with image:=%s"
        .formatted(
            String.join(", ", images.subList(0, Math.min(TOPICS_NAMED, images.size()))),
            images.size() > TOPICS_NAMED
                ? " and %d more topics".formatted(images.size() - TOPICS_NAMED)
                : "",
            nearest);
  }

  private void twoCameras(Look look) {
    List<String> senders = new ArrayList<>();
    for (PublisherState each : look.publishers()) {
      Long before = bytesBefore.put(each.publisher(), each.receivedBytes());
      if (each.receivedBytes() > (before == null ? 0 : before)) {
        senders.add(each.publisher());
      }
    }
    if (bytesBefore.size() > look.publishers().size()) {
      bytesBefore
          .keySet()
          .retainAll(look.publishers().stream().map(PublisherState::publisher).toList());
    }
    boolean two = senders.size() > 1;
    looksWithTwo = two ? looksWithTwo + 1 : 0;
    looksWithOne = two ? 0 : looksWithOne + 1;
    boolean alternates = look.frameIds().size() > 1;
    String key = "two_cameras";
    if (looksWithTwo >= LOOKS_TO_BE_SURE || alternates) {
      senders.sort(null);
      String reason =
          "images of more than one camera come on %s%s%s; remap image:= to one camera, or stop the other"
              .formatted(
                  topics.image(),
                  two ? ", from " + String.join(" and ", senders) : "",
                  alternates
                      ? ", frame_ids '%s'".formatted(String.join("' and '", look.frameIds()))
                      : "");
      hold(key, HealthState.DEGRADED, reason, true);
    } else if (looksWithOne >= SILENCE_NANOS / 1_000_000_000L) {
      hold(key, HealthState.DEGRADED, "", true);
    }
  }

  private void calibration(Look look) {
    if (look.framesSeen() > 0 && firstSceneNanos == 0) {
      firstSceneNanos = look.nowNanos();
    }
    Calibration calibration = look.calibration();
    String info = "";
    String focal = "";
    if (calibration == null) {
      boolean waited =
          firstSceneNanos != 0 && look.nowNanos() - firstSceneNanos >= CALIBRATION_NANOS;
      if (waited && !look.hasCameraInfo()) {
        info =
            "no camera_info on %s%s; publish one beside the images, or name its topic with camera_info:="
                .formatted(topics.cameraInfo(), assumed(": "));
      } else if (!look.hasCameraInfo() && holding.containsKey("camera_info")) {
        return;
      }
    } else if (!calibration.usable()) {
      info = calibration.remark() + "; no ~camera_info is published" + assumed(", ");
    } else {
      if (!calibration.remark().isEmpty()) {
        announceOnce(HealthState.DEGRADED, calibration.remark());
      }
      if (!calibration.equals(comparedCalibration)) { // formatting each second would be garbage
        comparedCalibration = calibration;
        focalDifference = focalLength(calibration);
      }
      focal = focalDifference;
    }
    hold("camera_info", HealthState.DEGRADED, info, true);
    hold("focal_length", HealthState.DEGRADED, focal, true);
  }

  private String assumed(String before) {
    BundleManifest.Intrinsics trained = manifest.intrinsics();
    if (manifest.firstHead(MetricMap.class).isEmpty()) {
      return "";
    }
    String metric = manifest.firstHead(MetricMap.class).get().id();
    return before
        + (trained == null
            ? metric + " scale assumes the training camera's focal length"
            : String.format(
                Locale.ROOT,
                "%s scale assumes the training camera's focal length of %.1f px at %dx%d",
                metric,
                trained.fx(),
                manifest.input().width(),
                manifest.input().height()));
  }

  private String focalLength(Calibration calibration) {
    Optional<Double> ratio = focalRatio(manifest, calibration);
    if (ratio.isEmpty() || Math.abs(ratio.get() - 1) <= FOCAL_TOLERANCE) {
      return "";
    }
    double trained = manifest.intrinsics().fx();
    return String.format(
        Locale.ROOT,
        "the camera's focal length is %.1f px at %dx%d, the training camera's %.1f px: %s may be"
            + " off by a factor of %.2f (true distance = published x %.2f); train with this camera's"
            + " images, or scale",
        trained * ratio.get(),
        manifest.input().width(),
        manifest.input().height(),
        trained,
        manifest.firstHead(MetricMap.class).orElseThrow().id(),
        ratio.get(),
        ratio.get());
  }

  /** The factor that depth may be off by; empty where it is not known, or there is no depth. */
  static Optional<Double> focalRatio(BundleManifest manifest, Calibration calibration) {
    return calibration == null
            || !calibration.usable()
            || manifest.intrinsics() == null
            || manifest.firstHead(MetricMap.class).isEmpty()
        ? Optional.empty()
        : Optional.of(calibration.focalRatio(manifest.intrinsics().fx(), manifest.input().width()));
  }

  /** Says a condition when it begins or becomes another, and when it is over. */
  private void hold(String key, HealthState level, String reason, boolean raise) {
    if (reason.isEmpty()) {
      String before = holding.remove(key);
      if (before != null) {
        announced.remove(before);
        conditions.clear(key);
        LOG.info("over: {}", before);
      }
      return;
    }
    if (raise) {
      conditions.raise(key, level, reason);
    }
    // What grows from look to look, such as a duration, is not said anew.
    if (raise || !holding.containsKey(key)) {
      if (!reason.equals(holding.put(key, reason))) {
        announceOnce(level, reason);
      }
    }
  }

  private void announceOnce(HealthState level, String text) {
    if (announced.size() < MOST_ANNOUNCED && announced.add(text)) {
      if (level == HealthState.ERROR) {
        LOG.error("{}", text);
      } else {
        LOG.warn("{}", text);
      }
    }
  }
}
