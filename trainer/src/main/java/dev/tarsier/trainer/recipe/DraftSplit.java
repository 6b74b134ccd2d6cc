package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.recipe.DraftFrames.Frame;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which of the frames are trained on and which judge: by the lists that are there if they do, else
 * the last of the labelled frames judge, and those just before them are left out.
 *
 * @param train frames that are trained on
 * @param val frames that judge
 * @param own whether the recipe needs lists of its own
 * @param why a sentence
 */
record DraftSplit(List<Frame> train, List<Frame> val, boolean own, String why) {
  private static final double SHARE_TO_JUDGE = 0.2;

  /** As many labelled frames at least, or a fifth of them, must judge for a list to be kept. */
  private static final int ENOUGH_TO_JUDGE = 5;

  private static final long SECOND = 1_000_000_000L;
  private static final long LONGEST_GAP = 5 * SECOND;
  private static final long SHORTEST_GAP = SECOND;

  /**
   * Splits.
   *
   * @throws DataException if there are too few frames for two sides
   */
  static DraftSplit of(DraftFrames frames, DraftPlace place) {
    boolean byLabels = frames.labelled() > 0;
    List<Path> lists = place.lists();
    String left = "";
    if (!lists.isEmpty()) {
      List<Frame> train = listed(frames, lists.get(0));
      List<Frame> val = listed(frames, lists.get(1));
      long learned = known(train, byLabels);
      long judging = known(val, byLabels);
      long all = known(frames.all(), byLabels);
      if (learned > 0 && judging >= Math.min(ENOUGH_TO_JUDGE, Math.max(1, all / 5))) {
        return new DraftSplit(
            train, val, false, "by the lists in %s".formatted(lists.get(0).getParent()));
      }
      left =
          "in %s are %d of the %d %s frames, so the recipe gets lists of its own: "
              .formatted(
                  learned == 0 ? lists.get(0) : lists.get(1),
                  learned == 0 ? learned : judging,
                  all,
                  byLabels ? "labelled" : "measured");
    }
    return cut(frames, byLabels, left);
  }

  private static long known(List<Frame> frames, boolean byLabels) {
    return byLabels ? DraftFrames.labelled(frames) : DraftFrames.measured(frames);
  }

  private static List<Frame> listed(DraftFrames frames, Path list) {
    Set<String> names =
        Listing.text(DataFile.bytes(list))
            .lines()
            .map(String::strip)
            .map(line -> line.substring(line.lastIndexOf('/') + 1))
            .collect(Collectors.toCollection(HashSet::new));
    return frames.all().stream()
        .filter(each -> names.contains(each.name().substring(each.name().lastIndexOf('/') + 1)))
        .toList();
  }

  private static DraftSplit cut(DraftFrames frames, boolean byLabels, String left) {
    List<Frame> all = frames.all();
    List<Integer> deciding =
        java.util.stream.IntStream.range(0, all.size())
            .filter(i -> byLabels ? all.get(i).labelled() : all.get(i).measured())
            .boxed()
            .toList();
    if (deciding.size() < 2) {
      throw new DataException(
          "%d of the %d frames %s; a training needs some to learn from and others to be judged by: %s"
              .formatted(
                  deciding.size(),
                  all.size(),
                  byLabels ? "are labelled" : "have depth",
                  byLabels ? "label more of them" : "take more frames"));
    }
    int judging = (int) Math.max(1, Math.round(SHARE_TO_JUDGE * deciding.size()));
    int first = deciding.get(deciding.size() - judging);
    // Where labels end long before the drive does, what comes later can still teach.
    int last = deciding.get(deciding.size() - 1) + 1;
    List<Frame> val = all.subList(first, last);
    List<Frame> before = new ArrayList<>(all.subList(0, first));
    List<Frame> after = all.subList(last, all.size());
    if (!frames.timed()) {
      before.addAll(after);
      return new DraftSplit(
          before,
          val,
          true,
          left
              + "the last fifth by name judges, for the names are no stamps; where neighbours look"
              + " alike, choose other lists");
    }
    long whole = all.get(all.size() - 1).nanos() - all.get(0).nanos();
    long gap = Math.max(SHORTEST_GAP, Math.min(LONGEST_GAP, whole / 10));
    long end = all.get(first).nanos() - gap;
    long again = all.get(last - 1).nanos() + gap;
    List<Frame> train = new ArrayList<>(before);
    train.removeIf(each -> each.nanos() > end);
    int dropped = before.size() - train.size();
    List<Frame> later = after.stream().filter(each -> each.nanos() >= again).toList();
    train.addAll(later);
    if (known(train, byLabels) == 0) {
      return new DraftSplit(
          before,
          val,
          true,
          left
              + "the last fifth judges, without a gap, for all frames are within a few seconds;"
              + " its score will be too good");
    }
    return new DraftSplit(
        train,
        val,
        true,
        left
            + String.format(
                Locale.ROOT,
                "the last fifth of the %s in time judges, %d frames; %d frames within %.1f s of it"
                    + " are left out, for neighbours look alike",
                byLabels ? "labelled" : "measured",
                val.size(),
                dropped + after.size() - later.size(),
                gap / 1e9));
  }

  /** A list of frames as a file. */
  static String text(List<Frame> frames) {
    return frames.stream().map(each -> each.name() + "\n").collect(Collectors.joining());
  }
}
