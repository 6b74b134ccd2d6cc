package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.task.ClassSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The frames that a recipe is drafted for, each looked at once.
 *
 * @param all by time where all are named by stamps, else by name
 * @param timed whether they are by time
 * @param part what they have, counted
 * @param width of the images, pixels; of the first where they differ
 * @param height of the images, pixels
 * @param camera whose they are; null where nobody says it
 */
record DraftFrames(
    List<Frame> all, boolean timed, DataPart part, int width, int height, Intrinsics camera) {
  /**
   * A frame.
   *
   * @param name as lists of frames name it
   * @param nanos its stamp; 0 where it is not named by one
   * @param labelled whether somebody labelled it
   * @param measured whether it has depth
   * @param classes ids of the classes that it shows
   */
  record Frame(String name, long nanos, boolean labelled, boolean measured, BitSet classes) {}

  /**
   * Reads all frames.
   *
   * @throws DataException if they cannot be used; the message names the files
   */
  static DraftFrames read(DraftPlace place, ClassSet classes, PrintedRun printed) {
    DataSet section = place.all();
    SampleSource source =
        new DataSetRegistry(place.paths())
            .open(List.of(section), Recipe.TRAINING.network(), classes, printed::note)
            .get(0)
            .source();
    DataPart part = new DataPart("all", source, true, classes, List.of());
    List<Frame> frames = new ArrayList<>();
    Sample first = source.get(0);
    for (int i = 0; i < source.size(); i++) {
      Sample sample = source.get(i);
      part.add(i, sample);
      frames.add(frame(place.root(), sample, classes));
      printed.worked("frames", i + 1, source.size());
    }
    boolean timed = frames.stream().allMatch(each -> each.nanos() != 0);
    if (timed) {
      frames.sort((one, other) -> Long.compare(one.nanos(), other.nanos()));
    }
    Optional<Intrinsics> camera = section.camera(place.paths(), first.width(), first.height());
    return new DraftFrames(
        shortNames(frames), timed, part, first.width(), first.height(), camera.orElse(null));
  }

  private static Frame frame(Path root, Sample sample, ClassSet classes) {
    Path image = Path.of(sample.name()).toAbsolutePath().normalize();
    String name =
        DataFile.withoutExtension(root.toAbsolutePath().normalize().relativize(image).toString());
    OptionalLong nanos = DataPart.stamp(last(name));
    byte[] ids = RgbdSample.labels(sample);
    BitSet seen = new BitSet();
    for (byte id : ids == null ? new byte[0] : ids) {
      seen.set(id & 0xff);
    }
    seen.clear(classes.size(), 256);
    return new Frame(name, nanos.orElse(0), ids != null, RgbdSample.depth(sample) != null, seen);
  }

  private static String last(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** Without folders, where they are not needed to tell frames apart. */
  private static List<Frame> shortNames(List<Frame> frames) {
    Set<String> names = new HashSet<>();
    boolean unique = frames.stream().allMatch(each -> names.add(last(each.name())));
    return unique
        ? frames.stream()
            .map(
                each ->
                    new Frame(
                        last(each.name()),
                        each.nanos(),
                        each.labelled(),
                        each.measured(),
                        each.classes()))
            .toList()
        : List.copyOf(frames);
  }

  long labelled() {
    return labelled(all);
  }

  long measured() {
    return measured(all);
  }

  static long labelled(List<Frame> frames) {
    return frames.stream().filter(Frame::labelled).count();
  }

  static long measured(List<Frame> frames) {
    return frames.stream().filter(Frame::measured).count();
  }

  /** Names of the classes that none of some frames shows, though others do. */
  static List<String> absent(List<Frame> frames, ClassSet classes) {
    BitSet seen = new BitSet();
    frames.forEach(each -> seen.or(each.classes()));
    List<String> absent = new ArrayList<>();
    for (int id = 0; id < classes.size(); id++) {
      if (!seen.get(id)) {
        absent.add(classes.names().get(id));
      }
    }
    return absent;
  }
}
