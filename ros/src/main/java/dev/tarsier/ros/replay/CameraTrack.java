package dev.tarsier.ros.replay;

import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.ros1.adapter.Ros1Messages;
import dev.tarsier.runtime.model.BundleManifest;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The calibration of the images as the bag tells it, the newest at each time. One owner thread. */
final class CameraTrack {
  private final String topic;
  private final boolean rectified;
  private CameraModel newest;
  private Calibration judged;

  /**
   * @param topic of the messages; null where there is none
   * @param first what the bag says first; recorders write an image before its calibration
   * @param rectified whether the images are
   */
  CameraTrack(String topic, Optional<CameraModel> first, boolean rectified) {
    this.topic = topic;
    this.rectified = rectified;
    this.newest = first.orElse(null);
  }

  /**
   * Takes a message.
   *
   * @param body Not modified.
   * @throws RuntimeException when it is no calibration
   */
  void add(ByteBuffer body) {
    newest = Ros1Messages.cameraModel(body);
  }

  /** What the newest message says of images of a size, usable or not. */
  private Optional<Calibration> newestOf(int width, int height) {
    if (newest == null || width == 0) {
      return Optional.empty();
    }
    if (judged == null
        || judged.imageWidth() != width
        || judged.imageHeight() != height
        || !judged.isOf(newest)) {
      judged = Calibration.of(newest, width, height, rectified);
    }
    return Optional.of(judged);
  }

  /** The calibration of images of a size; empty where none can be used. */
  Optional<Calibration> of(int width, int height) {
    return newestOf(width, height).filter(Calibration::usable);
  }

  /**
   * The camera against the training camera; null where none can be used.
   *
   * @param notes takes what is wrong with the calibration. Modified.
   */
  ReplayReport.CameraFacts facts(
      int imageWidth, int imageHeight, BundleManifest manifest, List<String> notes) {
    Calibration its = newestOf(imageWidth, imageHeight).orElse(null);
    if (its == null) {
      return null;
    }
    if (!its.remark().isEmpty()) {
      notes.add("%s: %s.".formatted(topic, its.remark()));
    }
    if (!its.usable()) {
      return null;
    }
    int width = manifest.input().width();
    Double trained = manifest.intrinsics() == null ? null : manifest.intrinsics().fx();
    return new ReplayReport.CameraFacts(
        imageWidth,
        imageHeight,
        its.fx() * width / imageWidth,
        trained,
        trained == null ? null : its.focalRatio(trained, width));
  }
}
