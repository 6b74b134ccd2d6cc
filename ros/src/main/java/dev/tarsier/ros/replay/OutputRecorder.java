package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.node.SceneClass;
import dev.tarsier.ros.node.SceneMaps;
import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.Stamp;
import dev.tarsier.ros.ros1.adapter.Ros1Messages;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.ImageClass;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;

/** Hashes what was perceived, and writes it to a bag where one is asked for. One owner thread. */
final class OutputRecorder implements AutoCloseable {
  private static final String NODE = "/tarsier_perception/";

  private final MessageDigest outputs = Sha256.digest();
  private final BagWriter bag;

  /**
   * @param file the bag to write; empty for none
   * @throws IOException when it cannot be made
   */
  OutputRecorder(Optional<Path> file) throws IOException {
    this.bag = file.isPresent() ? new BagWriter(file.get(), BagCompression.NONE) : null;
  }

  /**
   * Takes a scene.
   *
   * @param scene Not modified.
   * @param calibration of the camera's image; empty where it is not known
   */
  void add(long receiveNanos, Scene scene, Optional<Calibration> calibration) throws IOException {
    scene.heads().forEach(head -> outputs.update(scene.plane(head.id()).bytes()));
    if (bag == null) {
      return;
    }
    Stamp stamp = SceneMaps.stamp(scene);
    for (Head head : scene.heads()) {
      if (head.kind().isMap()) {
        bag.write(
            NODE + head.id(), receiveNanos, Ros1Messages.image(SceneMaps.of(stamp, scene, head)));
      }
      if (head.kind() instanceof ImageClass kind) {
        bag.write(
            NODE + head.id(),
            receiveNanos,
            Ros1Messages.text(SceneClass.json(stamp, kind, scene.plane(head.id()))));
      }
    }
    if (calibration.isPresent()) {
      bag.write(
          NODE + "camera_info",
          receiveNanos,
          Ros1Messages.cameraInfo(SceneMaps.camera(stamp, scene, calibration.get())));
    }
  }

  /** Completes the bag. */
  void finish() throws IOException {
    if (bag != null) {
      bag.close();
    }
  }

  /** Hash of all outputs; this object hashes from nothing again. */
  String sha256() {
    return Sha256.hex(outputs.digest());
  }

  /** Removes a bag that could not be written as a whole, for half of it would pass for one. */
  @Override
  public void close() throws IOException {
    if (bag == null) {
      return;
    }
    if (bag.failed()) {
      bag.discard();
    } else {
      bag.close();
    }
  }
}
