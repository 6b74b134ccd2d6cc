package dev.tarsier.trainer.pseudolabel;

import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Adds up over frames how many pixels are kept, how sure they are, and how right. */
final class PseudoLabelCounts {
  private static final byte IGNORE = (byte) ClassMap.USUAL_IGNORE_ID;

  private final long[] named;
  private final long[] kept;
  private final double[] confidence;
  private boolean audited;
  private long keptRight;
  private long keptJudged;
  private long right;
  private long judged;

  /**
   * What was added up so far.
   *
   * @param named pixels by the class that is most probable there
   * @param kept of these, those that are sure enough
   * @param confidence summed over the pixels named
   * @param audited whether there was a truth to compare with
   * @param keptRight kept pixels that are right
   * @param keptJudged kept pixels of which that is known
   * @param right pixels that are right
   * @param judged pixels of which that is known
   */
  record Sums(
      List<Long> named,
      List<Long> kept,
      List<Double> confidence,
      boolean audited,
      long keptRight,
      long keptJudged,
      long right,
      long judged) {}

  PseudoLabelCounts(int classes) {
    named = new long[classes];
    kept = new long[classes];
    confidence = new double[classes];
  }

  Sums sums() {
    return new Sums(
        Arrays.stream(named).boxed().toList(),
        Arrays.stream(kept).boxed().toList(),
        Arrays.stream(confidence).boxed().toList(),
        audited,
        keptRight,
        keptJudged,
        right,
        judged);
  }

  /** Goes on from sums of as many classes. */
  void restore(Sums sums) {
    for (int id = 0; id < named.length; id++) {
      named[id] = sums.named().get(id);
      kept[id] = sums.kept().get(id);
      confidence[id] = sums.confidence().get(id);
    }
    audited = sums.audited();
    keptRight = sums.keptRight();
    keptJudged = sums.keptJudged();
    right = sums.right();
    judged = sums.judged();
  }

  void add(HardLabels labels) {
    for (int i = 0; i < labels.ids().length; i++) {
      int id = labels.ids()[i] & 0xff;
      named[id]++;
      confidence[id] += labels.confidence()[i];
      if (labels.kept()[i] != IGNORE) {
        kept[id]++;
      }
    }
  }

  /** Compares with the truth, at the nearest pixel. */
  void audit(HardLabels labels, int width, int height, Sample truth, String task) {
    if (truth.ids(task) == null) {
      return;
    }
    audited = true;
    for (int i = 0; i < labels.ids().length; i++) {
      byte actual =
          truth.ids(task)[Sampling.nearest(i, width, height, truth.width(), truth.height())];
      if (actual == IGNORE) {
        continue;
      }
      judged++;
      boolean same = labels.ids()[i] == actual;
      right += same ? 1 : 0;
      if (labels.kept()[i] != IGNORE) {
        keptJudged++;
        keptRight += same ? 1 : 0;
      }
    }
  }

  double coverage() {
    return share(sum(kept), sum(named));
  }

  double meanConfidence() {
    double sum = 0;
    for (double each : confidence) {
      sum += each;
    }
    long pixels = sum(named);
    return pixels == 0 ? 0 : sum / pixels;
  }

  List<PseudoLabelManifest.PerClass> perClass() {
    List<PseudoLabelManifest.PerClass> all = new ArrayList<>();
    for (int id = 0; id < named.length; id++) {
      all.add(
          new PseudoLabelManifest.PerClass(
              id,
              named[id],
              kept[id],
              share(kept[id], named[id]),
              named[id] == 0 ? 0 : confidence[id] / named[id]));
    }
    return all;
  }

  /** Null where there was no truth. */
  PseudoLabelManifest.Audit audit() {
    return audited
        ? new PseudoLabelManifest.Audit(share(keptRight, keptJudged), share(right, judged))
        : null;
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  private static long sum(long[] counts) {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }
}
