package dev.tarsier.trainer.dataset;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Which classes a source's labels have. A class without a pixel can neither be learned nor scored:
 * a run says so by name; where there is no class at all, it stops.
 *
 * @param source its name
 * @param classes what is looked for
 * @param labelledFrames frames that have labels
 * @param pixels labelled pixels of each class, by id
 */
public record ClassPresence(
    String source, ClassSet classes, int labelledFrames, List<Long> pixels) {
  /** Copies the counts. */
  public ClassPresence {
    pixels = List.copyOf(pixels);
  }

  /**
   * Counts a source's labels. Reads every frame.
   *
   * @param source the frames. Not modified.
   * @param classes which there may be
   * @throws DataException if a label is out of range; the message names the frame
   */
  public static ClassPresence of(SampleSource source, ClassSet classes) {
    long[] counts = new long[NyuClasses.IGNORE + 1];
    int labelled = 0;
    for (int i = 0; i < source.size(); i++) {
      Sample sample = source.get(i);
      if (sample.labels() == null) {
        continue;
      }
      labelled++;
      for (byte label : sample.labels()) {
        counts[label & 0xff]++;
      }
      for (int id = classes.size(); id < NyuClasses.IGNORE; id++) {
        if (counts[id] > 0) {
          throw new DataException(
              "%s: label %d is out of range; %s has the classes 0 to %d, 255 is ignored"
                  .formatted(sample.name(), id, classes.id(), classes.size() - 1));
        }
      }
    }
    List<Long> pixels = new ArrayList<>(Collections.nCopies(classes.size(), 0L));
    for (int id = 0; id < classes.size(); id++) {
      pixels.set(id, counts[id]);
    }
    return new ClassPresence(source.name(), classes, labelled, pixels);
  }

  /** Names of the classes that no pixel has, in the order of their ids. */
  public List<String> absentClasses() {
    List<String> absent = new ArrayList<>();
    for (int id = 0; id < classes.size(); id++) {
      if (pixels.get(id) == 0) {
        absent.add(classes.names().get(id));
      }
    }
    return absent;
  }

  /** A sentence that names the absent classes; empty where all are present. */
  public String warning() {
    List<String> absent = absentClasses();
    return absent.isEmpty()
        ? ""
        : "%s has no pixel of %s (%d of the %d classes of %s, in %d labelled frames)"
            .formatted(
                source,
                String.join(", ", absent),
                absent.size(),
                classes.size(),
                classes.id(),
                labelledFrames);
  }

  /**
   * Requires a labelled pixel of any class.
   *
   * @throws DataException if there is none
   */
  public ClassPresence requireAny() {
    if (absentClasses().size() == classes.size()) {
      throw new DataException(
          "%s has no labelled pixel of any class of %s (%d frames with labels); check its label"
                  .formatted(source, classes.id(), labelledFrames)
              + " folder and split");
    }
    return this;
  }
}
