package dev.tarsier.ros.frames;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.ros.bag.BagDamageException;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.replay.BagTopics;
import dev.tarsier.ros.replay.ReplayException;
import dev.tarsier.ros.truth.Calibrations;
import dev.tarsier.ros.truth.ImageStream.Content;
import dev.tarsier.ros.truth.Truth;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Takes frames out of a recording and puts them into a folder. One use, by one thread. */
public final class FrameExport implements AutoCloseable {
  private final ExportOptions options;
  private final Progress progress;
  private final FrameFolder folder;
  private final BagTopics topics;
  private final Recording bag;
  private final FrameReader reader;
  private final List<String> notes = new ArrayList<>();

  /** Why frames were left out, and how often; the first of each kind is told in full. */
  private final Map<String, Integer> leftOut = new TreeMap<>();

  private final List<RecordedFrame> written = new ArrayList<>();
  private int withDepth;
  private int width;
  private int height;

  /** Told how far it is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Takes the state.
     *
     * @param what is being done, in a word
     * @param unit of the counts
     * @param done so many
     * @param total of so many
     */
    void at(String what, String unit, long done, long total);
  }

  /**
   * What came of it.
   *
   * @param alreadyThere whether the folder had it all from before
   * @param taken one line for each topic that was used, and why
   * @param notes what a user should know
   * @param frames how many are in the folder
   * @param withDepth how many of them have depth
   * @param split the lists that were written; empty where there is none
   * @param damage why not all of the recording could be read; empty for whole bags
   */
  public record Result(
      boolean alreadyThere,
      List<String> taken,
      List<String> notes,
      int frames,
      int withDepth,
      Optional<Split> split,
      String damage) {}

  private FrameExport(
      ExportOptions options,
      Progress progress,
      FrameFolder folder,
      BagTopics topics,
      Recording bag) {
    this.options = options;
    this.progress = progress;
    this.folder = folder;
    this.topics = topics;
    this.bag = bag;
    this.reader = new FrameReader(topics);
    notes.addAll(topics.notes());
  }

  /**
   * Exports.
   *
   * @throws ReplayException when it cannot be done as asked; nothing is written then, but where a
   *     split was demanded and all frames of a side turn out to be of another size
   * @throws BundleException when the bundle is refused
   * @throws InferenceException when no accepted provider works
   * @throws IOException when a file is no bag, or the folder cannot be written
   */
  public static Result run(ExportOptions options, Progress progress)
      throws ReplayException, BundleException, InferenceException, IOException {
    try (Recording bag = Recording.open(options.bags())) {
      FrameFolder folder = FrameFolder.of(options.out(), request(options));
      if (folder.complete()) {
        return new Result(true, List.of(), List.of(), 0, 0, Optional.empty(), "");
      }
      BagTopics topics = BagTopics.find(bag, options.topics(), List.of());
      try (FrameExport export = new FrameExport(options, progress, folder, topics, bag)) {
        return export.run();
      }
    }
  }

  /** All that decides which frames come and how. */
  private static ObjectNode request(ExportOptions options) throws IOException, BundleException {
    ObjectNode request = Json.object();
    ArrayNode bags = request.putArray("bags");
    for (Path file : options.bags()) {
      bags.addObject()
          .put("name", file.getFileName().toString())
          .put("bytes", Files.size(file))
          .put("changed", Files.getLastModifiedTime(file).toMillis());
    }
    options.topics().image().ifPresent(topic -> request.put("image", topic));
    options.topics().depth().ifPresent(topic -> request.put(Content.DEEP.role(), topic));
    options.topics().labels().ifPresent(topic -> request.put(Content.SHALLOW.role(), topic));
    options.topics().cameraInfo().ifPresent(topic -> request.put("camera_info", topic));
    options.topics().depthUnit().ifPresent(unit -> request.put("depth_unit", unit));
    request.put("aligned", options.topics().depthAligned());
    request.put("every_seconds", options.everyNanos() / 1e9);
    request.put("tolerance_ms", options.toleranceMillis());
    request.put("split", options.split().share());
    request.put("split_by", options.split().by().name());
    request.put("gap_seconds", options.split().gapNanos() / 1e9);
    options.jpegQuality().ifPresent(quality -> request.put("jpeg", quality));
    if (options.uncertain().isPresent()) {
      Path bundle = options.uncertain().get().bundle();
      request.put("uncertain", options.uncertain().get().frames());
      request.put("bundle", bundle.toAbsolutePath().normalize().toString());
      // Another network at the same place chooses other frames.
      request.put("model", BundleManifest.read(bundle).model().sha256());
    }
    return request;
  }

  private Result run() throws ReplayException, BundleException, InferenceException, IOException {
    FrameIndex index =
        FrameIndex.read(
            bag,
            topics,
            options.toleranceMillis(),
            (done, total) -> progress.at("read", "messages", done, total));
    notes.addAll(index.notes());
    if (index.frames().isEmpty()) {
      throw new ReplayException(
          "%s has no image that can be read on %s%s"
              .formatted(
                  bag.name(),
                  topics.image().topic(),
                  index.damage().isEmpty() ? "" : ": " + index.damage()));
    }
    List<RecordedFrame> chosen = index.every(options.everyNanos());
    Split.Sides sides =
        Split.sides(index.frames(), options.bags(), topics.image().topic(), options.split());
    boolean splits = options.split().share() < 1;
    if (splits && options.uncertain().isEmpty() && !sides.of(chosen).hasBothSides()) {
      String why = Split.none(index.frames(), options.split());
      if (options.split().demanded()) {
        throw new ReplayException(why);
      }
      notes.add("No split: " + why + ".");
    }
    Optional<Doubts> doubts = Optional.empty();
    if (options.uncertain().isPresent()) {
      Doubts found =
          Doubts.of(
              options.uncertain().get(),
              chosen,
              reader,
              (done, total) -> progress.at("perceive", "frames", done, total));
      notes.addAll(found.notes());
      chosen = found.chosen();
      doubts = Optional.of(found);
    }
    folder.begin();
    for (int i = 0; i < chosen.size(); i++) {
      write(chosen.get(i));
      progress.at("export", "frames", i + 1L, chosen.size());
    }
    leftOut.forEach(
        (why, count) ->
            notes.add(
                "%d frame%s left out: %s.".formatted(count, count == 1 ? " was" : "s were", why)));
    if (written.isEmpty()) {
      throw new ReplayException(
          "none of %d frames could be written: %s"
              .formatted(chosen.size(), String.join("; ", leftOut.keySet())));
    }
    if (doubts.isPresent()) {
      doubts.get().write(folder.resolve(Doubts.FILE));
    }
    writeCalibration();
    Optional<Split> split = Optional.of(sides.of(written)).filter(Split::hasBothSides);
    if (splits && split.isEmpty() && sides.of(chosen).hasBothSides()) {
      String why =
          "all frames of one side were left out (%s)"
              .formatted(String.join("; ", leftOut.keySet()));
      if (options.split().demanded()) {
        throw new ReplayException(
            "%s; remove %s and export the bags apart, or without --split"
                .formatted(why, options.out()));
      }
      notes.add("No split: " + why + ".");
    }
    folder.writeList("all", written.stream().map(RecordedFrame::name).toList());
    if (splits && split.isPresent()) {
      folder.writeList("train", split.get().train());
      folder.writeList("val", split.get().val());
    }
    folder.finish(written.size());
    return new Result(
        false, topics.taken(), notes, written.size(), withDepth, split, index.damage());
  }

  /** Depth and labels first: an image that is there tells that all of its frame is. */
  private void write(RecordedFrame frame) throws IOException {
    try {
      if (folder.has(frame) && width > 0) {
        withDepth += frame.hasDepth() ? 1 : 0;
        written.add(frame);
        return;
      }
      FrameReader.Picture picture = reader.picture(frame);
      int w = picture.rgb().width();
      int h = picture.rgb().height();
      if (width == 0) {
        width = w;
        height = h;
      }
      if (w != width || h != height) {
        leaveOut("images of %dx%d, the first is %dx%d".formatted(w, h, width, height));
        return;
      }
      // beside the depth, whose file takes as long
      CompletableFuture<byte[]> file = CompletableFuture.supplyAsync(() -> file(picture));
      Optional<Truth> depth = truth(frame, Content.DEEP);
      if (depth.isPresent()) {
        folder.writeDepth(frame, depth.get(), width, height);
        withDepth++;
      }
      Optional<Truth> labels = truth(frame, Content.SHALLOW);
      if (labels.isPresent()) {
        folder.writeLabels(frame, labels.get(), width, height);
      }
      folder.write(frame, file.join(), picture.jpeg() != null || options.jpegQuality().isPresent());
      written.add(frame);
    } catch (RejectedFrameException e) {
      leaveOut(e.getMessage());
    } catch (BagDamageException e) {
      leaveOut("the bag is damaged there");
    }
  }

  private byte[] file(FrameReader.Picture picture) {
    return picture.jpeg() != null
        ? picture.jpeg()
        : options.jpegQuality().isPresent()
            ? picture.rgb().jpeg(options.jpegQuality().getAsInt())
            : picture.rgb().png();
  }

  private void leaveOut(String why) {
    leftOut.merge(why, 1, Integer::sum);
  }

  private Optional<Truth> truth(RecordedFrame frame, Content content) throws IOException {
    try {
      return reader.truth(frame, content, width, height);
    } catch (MessageFormatException e) {
      leftOut.merge("only its " + content.role() + ": " + e.getMessage(), 1, Integer::sum);
      return Optional.empty();
    }
  }

  private void writeCalibration() throws IOException {
    Optional<CameraModel> found = Calibrations.first(bag, topics.cameraInfo());
    if (found.isEmpty()) {
      notes.add("There is no calibration of the images, so there is no camera.yaml.");
      return;
    }
    Calibration calibration = Calibration.of(found.get(), width, height);
    if (!calibration.usable()) {
      notes.add("There is no camera.yaml: %s.".formatted(calibration.remark()));
      return;
    }
    if (!calibration.remark().isEmpty()) {
      notes.add(calibration.remark() + ".");
    }
    CalibrationFile.write(
        folder.resolve(CalibrationFile.NAME),
        "from %s of %s".formatted(topics.cameraInfo(), bag.name()),
        topics.image().frameId().isEmpty() ? "camera" : topics.image().frameId(),
        Calibrations.scaled(calibration, topics.image(), width, height));
  }

  @Override
  public void close() {
    reader.close();
  }
}
