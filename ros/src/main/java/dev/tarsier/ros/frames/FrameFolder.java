package dev.tarsier.ros.frames;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.ros.replay.ReplayException;
import dev.tarsier.ros.truth.ImageStream.Content;
import dev.tarsier.ros.truth.Truth;
import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder that frames go to. It says by which request it was made, so that the same request goes
 * on where it was broken off and another one does not mix its frames in. One owner thread.
 */
final class FrameFolder {
  static final String IMAGES = "rgb";
  static final String SPLITS = "splits";

  /** What was asked for, and whether all of it is there. */
  static final String RECORD = "export.json";

  private static final String COMPLETE = "complete";
  private static final String REQUEST = "request";
  private static final double MILLIMETRES = 1000;

  /** The largest count that is no cameras' mark for too far. */
  private static final int FARTHEST = 65_534;

  private final Path root;
  private final ObjectNode request;
  private final boolean complete;
  private final boolean begun;

  private FrameFolder(Path root, ObjectNode request, boolean begun, boolean complete) {
    this.root = root;
    this.request = request;
    this.begun = begun;
    this.complete = complete;
  }

  /**
   * Looks at the folder. Writes nothing.
   *
   * @param request what decides which frames come and how
   * @throws ReplayException when something else is there
   */
  static FrameFolder of(Path root, ObjectNode request) throws IOException, ReplayException {
    Path record = root.resolve(RECORD);
    if (Files.isRegularFile(record)) {
      JsonNode there = Json.read(record);
      if (!there.path(REQUEST).equals(Json.parse(request.toString()))) {
        throw new ReplayException(
            "--out %s holds frames of another export (%s says which); choose another folder, or remove this one"
                .formatted(root, record));
      }
      return new FrameFolder(root, request, true, there.path(COMPLETE).asBoolean());
    }
    if (Files.exists(root) && !isEmptyFolder(root)) {
      throw new ReplayException(
          "--out %s is there already and was not made by this command; choose another folder"
              .formatted(root));
    }
    return new FrameFolder(root, request, false, false);
  }

  private static boolean isEmptyFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }

  /** Whether all that was asked for is there. */
  boolean complete() {
    return complete;
  }

  /** Whether an export was begun here before. */
  boolean begun() {
    return begun;
  }

  void begin() throws IOException {
    writeRecord(false, 0);
  }

  void finish(int frames) throws IOException {
    writeRecord(true, frames);
  }

  private void writeRecord(boolean isComplete, int frames) throws IOException {
    ObjectNode record = Json.object();
    record.put(COMPLETE, isComplete);
    if (isComplete) {
      record.put("frames", frames);
    }
    record.set(REQUEST, request);
    Json.write(root.resolve(RECORD), record);
  }

  /** Where an image goes. */
  private Path image(RecordedFrame frame, boolean jpeg) {
    return root.resolve(IMAGES).resolve(frame.name() + (jpeg ? ".jpg" : ".png"));
  }

  private Path plane(RecordedFrame frame, Content content) {
    return root.resolve(content.role()).resolve(frame.name() + ".png");
  }

  /**
   * Whether the image is there from an export that was broken off; it is written last. Power cuts
   * leave empty files.
   */
  boolean has(RecordedFrame frame) throws IOException {
    if (!begun) {
      return false;
    }
    for (boolean jpeg : new boolean[] {true, false}) {
      Path file = image(frame, jpeg);
      if (Files.exists(file) && Files.size(file) > 0) {
        return true;
      }
    }
    return false;
  }

  /** Keeps an image. */
  void write(RecordedFrame frame, byte[] file, boolean jpeg) throws IOException {
    WholeFile.writeOneOfMany(image(frame, jpeg), file);
  }

  /**
   * Keeps depth as 16 bits in millimetres, 0 unknown, of the image's size: each pixel the nearest
   * one's, holes stay holes.
   */
  void writeDepth(RecordedFrame frame, Truth depth, int width, int height) throws IOException {
    short[] counts = new short[width * height];
    for (int i = 0; i < counts.length; i++) {
      float metres =
          depth.metres()[Sampling.nearest(i, width, height, depth.width(), depth.height())];
      long count = Float.isNaN(metres) ? 0 : Math.round(metres * MILLIMETRES);
      counts[i] = count > FARTHEST ? 0 : (short) count;
    }
    WholeFile.writeOneOfMany(
        plane(frame, Content.DEEP), EncodedImage.png(EncodedImage.gray(width, height, counts)));
  }

  /** Keeps class ids as they are, of the image's size. */
  void writeLabels(RecordedFrame frame, Truth labels, int width, int height) throws IOException {
    byte[] ids = new byte[width * height];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = labels.ids()[Sampling.nearest(i, width, height, labels.width(), labels.height())];
    }
    WholeFile.writeOneOfMany(
        plane(frame, Content.SHALLOW), EncodedImage.png(EncodedImage.gray(width, height, ids)));
  }

  /** Writes a list of frames, a name a line. */
  void writeList(String split, List<String> names) throws IOException {
    WholeFile.write(root.resolve(SPLITS).resolve(split + ".txt"), String.join("\n", names) + "\n");
  }

  /** A file in the folder. */
  Path resolve(String name) {
    return root.resolve(name);
  }
}
