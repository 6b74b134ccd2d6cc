package dev.tarsier.ros.replay;

import dev.tarsier.runtime.task.Plane;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.LongToDoubleFunction;

/**
 * Pictures of the worst frames for the report, apart from each other; where nothing is judged, of
 * frames evenly spaced. One owner thread.
 */
final class WorstFrames {
  private final FramePainter painter;
  private final int most;
  private final long images;
  private final boolean judged;

  /** A picture of each stretch of the bag says more than six neighbours. */
  private final int apart;

  private final PriorityQueue<Kept> kept =
      new PriorityQueue<>(Comparator.comparingDouble(Kept::badness));

  private record Kept(
      double badness, int index, long stampNanos, String figures, FramePainter.Sketch sketch) {}

  /**
   * @param most how many, ≥ 0
   * @param images that the bag's index promises
   * @param judged whether there is truth at all
   */
  WorstFrames(FramePainter painter, int most, long images, boolean judged) {
    this.painter = painter;
    this.most = most;
    this.images = images;
    this.judged = judged;
    this.apart = Math.max(1, (int) (images / (4L * Math.max(1, most))));
  }

  /**
   * Takes of a frame what its picture needs if it is to be kept. Only those that are kept to the
   * end are drawn.
   *
   * @param image Not modified.
   * @param truths what belongs to it, by head. Not modified.
   */
  void add(Perceived image, Map<String, Plane> truths, FrameScore score) {
    if (most == 0
        || !(judged
            ? isAmongTheWorst(image.index(), score.badness())
            : isEvenlySpaced(image.index()))) {
      return;
    }
    kept.add(
        new Kept(
            judged ? score.badness() : -image.index(),
            image.index(),
            image.stampNanos(),
            score.toString(),
            painter.sketch(image, truths)));
    if (kept.size() > most) {
      kept.poll();
    }
  }

  /** Also makes room: of two neighbours only the worse is kept. */
  private boolean isAmongTheWorst(int index, double badness) {
    if (badness < 0) {
      return false;
    }
    Optional<Kept> neighbour =
        kept.stream().filter(other -> Math.abs(other.index() - index) < apart).findFirst();
    if (neighbour.isPresent()) {
      return badness > neighbour.get().badness() && kept.remove(neighbour.get());
    }
    return kept.size() < most || badness > kept.peek().badness();
  }

  private boolean isEvenlySpaced(int index) {
    long total = Math.max(1, images);
    return index * (long) most / total != (index - 1) * (long) most / total || index == 0;
  }

  /**
   * Draws those that are kept, the worst first.
   *
   * @param seconds since the first image, by stamp
   */
  List<FramePicture> pictures(LongToDoubleFunction seconds) {
    return kept.stream()
        .sorted(Comparator.comparingDouble(Kept::badness).reversed().thenComparingInt(Kept::index))
        .map(
            each ->
                new FramePicture(
                    String.format(
                        Locale.ROOT,
                        "Frame %d, %.2f s",
                        each.index(),
                        seconds.applyAsDouble(each.stampNanos())),
                    each.figures(),
                    painter.tiles(each.sketch())))
        .toList();
  }
}
