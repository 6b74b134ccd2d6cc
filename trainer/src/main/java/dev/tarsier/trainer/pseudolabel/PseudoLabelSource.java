package dev.tarsier.trainer.pseudolabel;

import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.dataset.SoftLabels;
import java.nio.file.Path;

/**
 * Frames with a teacher's labels in place of those they have not: real labels and real depth stay.
 * Depth of someone else's network fills the holes of a frame's own besides, pixel by pixel. Where
 * the teacher's distribution was kept, every frame has it besides, those with real labels too. All
 * labels are read when it is opened and are then kept in memory.
 */
public final class PseudoLabelSource implements SampleSource {
  private static final float METRES = 1e-3f;
  private static final String NAMED = "+pseudo";

  private final SampleSource frames;
  private final PseudoLabelManifest manifest;
  private final byte[][] labels;
  private final short[][] measures;
  private final SoftLabels[] soft;
  private final boolean hard;

  private PseudoLabelSource(
      SampleSource frames, PseudoLabelManifest manifest, Path folder, boolean hard) {
    this.frames = frames;
    this.manifest = manifest;
    this.hard = hard;
    int size = frames.size();
    boolean classes = manifest.options().target().isOfClasses();
    labels = new byte[size][];
    measures = new short[size][];
    soft = new SoftLabels[size];
    int w = manifest.width();
    int h = manifest.height();
    DataFile.inParallel(
        size,
        i -> {
          PseudoLabelManifest.FrameEntry frame = manifest.frames().get(i);
          String file = frame.file();
          if (!classes) {
            if (manifest.isForHoles() && frame.coverage() == 0) {
              return; // such a frame is as if nobody had labelled it
            }
            measures[i] = LabelPictures.readShorts(folder.resolve(task()).resolve(file), w, h);
            return;
          }
          labels[i] = ids(folder.resolve("labels").resolve(file));
          if (manifest.options().soft()) {
            int count = manifest.classes();
            Path distribution = folder.resolve("soft").resolve(file);
            soft[i] =
                new SoftLabels(count, w, h, LabelPictures.readBytes(distribution, w, count * h));
          }
        });
    manifest.requireFiles(folder);
  }

  /**
   * Reads pseudo-labels.
   *
   * @param folder that a {@link PseudoLabeler} wrote
   * @param frames what it labelled
   * @param hard whether frames without labels get the teacher's class ids; without, they have its
   *     distribution alone. It says nothing for depth.
   * @throws DataException if the labels are of other frames, unfinished or damaged; the message
   *     names the file
   */
  public static PseudoLabelSource open(Path folder, SampleSource frames, boolean hard) {
    return open(folder, frames, frames, hard);
  }

  /**
   * Reads pseudo-labels for frames that were labelled at another size; each pixel has the nearest
   * one's label.
   *
   * @param folder that a {@link PseudoLabeler} wrote
   * @param labelled what it labelled
   * @param frames the same, in the same order and of the same shape, in the size that is wanted
   * @param hard as for {@link #open(Path, SampleSource, boolean)}
   * @throws DataException if the labels are of other frames, unfinished or damaged; the message
   *     names the file
   */
  public static PseudoLabelSource open(
      Path folder, SampleSource labelled, SampleSource frames, boolean hard) {
    PseudoLabelManifest manifest = PseudoLabelManifest.read(folder);
    if (!manifest.data().sha256().equals(labelled.sha256())
        || manifest.frames().size() != frames.size()) {
      throw new DataException(
          "the pseudo-labels in %s are of other frames (%s) than %s; make them again"
              .formatted(folder, manifest.data().name(), labelled.name()));
    }
    return new PseudoLabelSource(frames, manifest, folder, hard);
  }

  private byte[] ids(Path file) {
    byte[] stored = LabelPictures.readBytes(file, manifest.width(), manifest.height());
    for (int i = 0; i < stored.length; i++) {
      int id = stored[i] & 0xff;
      if (id > manifest.classes()) {
        throw new DataException(
            "%s: label %d is out of range; 0 is ignored, 1 to %d are classes"
                .formatted(file, id, manifest.classes()));
      }
      stored[i] = (byte) (id == 0 ? ClassMap.USUAL_IGNORE_ID : id - 1);
    }
    return stored;
  }

  @Override
  public int size() {
    return frames.size();
  }

  @Override
  public Sample get(int index) {
    Sample own = frames.get(index);
    Sample sample = own.withSoft(task(), soft[index]);
    if (own.plane(task()) == null && hard && labels[index] != null) {
      byte[] classes = new byte[own.width() * own.height()];
      for (int i = 0; i < classes.length; i++) {
        classes[i] = labels[index][from(i, own)];
      }
      sample = sample.withIds(task(), classes);
    }
    if (measures[index] != null && (own.plane(task()) == null || manifest.isForHoles())) {
      sample = sample.withValues(task(), metres(index, own, own.values(task())));
    }
    return sample;
  }

  /** What was measured stands; null for nothing. */
  private float[] metres(int index, Sample own, float[] measured) {
    float[] metres = new float[own.width() * own.height()];
    for (int i = 0; i < metres.length; i++) {
      if (measured != null && MetricMap.isKnown(measured[i])) {
        metres[i] = measured[i];
        continue;
      }
      int millimetres = measures[index][from(i, own)] & 0xffff;
      metres[i] = millimetres == 0 ? Float.NaN : millimetres * METRES;
    }
    return metres;
  }

  private String task() {
    return manifest.options().target().type().id();
  }

  /** The nearest pixel of the labels. */
  private int from(int pixel, Sample own) {
    return Sampling.nearest(pixel, own.width(), own.height(), manifest.width(), manifest.height());
  }

  /** What was read. */
  public PseudoLabelManifest manifest() {
    return manifest;
  }

  @Override
  public String name() {
    return name(frames);
  }

  /** What frames with labels are called; the same when they have those of further teachers. */
  public static String name(SampleSource frames) {
    return frames.name().endsWith(NAMED) ? frames.name() : frames.name() + NAMED;
  }

  @Override
  public String sha256() {
    return sha256(frames, manifest.sha256(), hard);
  }

  /**
   * What {@link #sha256()} is, before anything is read.
   *
   * @param frames what was labelled
   * @param labelsSha256 of the manifest
   * @param hard as for {@link #open}
   */
  public static String sha256(SampleSource frames, String labelsSha256, boolean hard) {
    return new ContentHash()
        .add(frames.sha256())
        .add(labelsSha256)
        .add(hard ? "hard" : "soft")
        .hex();
  }
}
