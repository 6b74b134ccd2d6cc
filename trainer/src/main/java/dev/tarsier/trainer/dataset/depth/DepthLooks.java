package dev.tarsier.trainer.dataset.depth;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What the depth of a whole set looks like: what no single file shows. Stateless. */
public final class DepthLooks {
  /** What no room or street has as the median of its depth, metres; as replay holds it. */
  private static final double LEAST_MEDIAN = 0.02;

  private static final double GREATEST_MEDIAN = 200;

  /**
   * By how much near, median and far of a file must all differ from those of the others. A wall in
   * front of the camera moves the median by as much, but hardly all three, and units differ by 5
   * (TUM's and millimetres), 4, 10 or 1000.
   */
  private static final double OTHER_SCALE = 3;

  private DepthLooks() {}

  /**
   * Requires that a set's depth can be depth.
   *
   * @param looks of all files. Not modified.
   * @param rules they were read by
   * @throws DataException when no file has a known pixel, or most have a median that no place has;
   *     the message names the first files and what to change
   */
  public static void require(List<DepthMap.Look> looks, DepthRules rules) {
    List<DepthMap.Look> known = looks.stream().filter(look -> look.known() > 0).toList();
    if (!looks.isEmpty() && known.isEmpty()) {
      throw new DataException(
          "%s: none of the %d depth files has a known pixel: all are holes"
              .formatted(looks.get(0).file(), looks.size()));
    }
    List<DepthMap.Look> odd =
        known.stream()
            .filter(look -> look.median() < LEAST_MEDIAN || look.median() > GREATEST_MEDIAN)
            .toList();
    if (2 * odd.size() > known.size()) {
      DepthMap.Look first = odd.get(0);
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: the median depth would be %.3g m, as in %d of %d files; say what a count is with unit (m, mm, tum, … or metres to a count)%s",
              first.file(),
              first.median(),
              odd.size(),
              known.size(),
              rules.unit() == null ? "" : ", which is %s now".formatted(rules.unit())));
    }
  }

  /**
   * What a user should know of a set's depth, a sentence each: files of holes alone, files that
   * look as if they were of another scale, and files with a median that no place has.
   *
   * @param looks of all files. Not modified.
   */
  public static List<String> remarks(List<DepthMap.Look> looks) {
    List<String> remarks = new ArrayList<>();
    List<DepthMap.Look> holes = looks.stream().filter(look -> look.known() == 0).toList();
    if (!holes.isEmpty()) {
      remarks.add(
          "%d of %d depth files have no known pixel, only holes: %s"
              .formatted(holes.size(), looks.size(), names(holes)));
    }
    List<DepthMap.Look> known = looks.stream().filter(look -> look.known() > 0).toList();
    remarks.addAll(otherScales(known));
    return remarks;
  }

  private static List<String> otherScales(List<DepthMap.Look> known) {
    if (known.size() < 3) {
      return List.of(); // nobody could say which of two is the odd one
    }
    double near = middle(known, DepthMap.Look::near);
    double median = middle(known, DepthMap.Look::median);
    double far = middle(known, DepthMap.Look::far);
    List<String> remarks = new ArrayList<>();
    List<DepthMap.Look> larger =
        known.stream()
            .filter(
                look ->
                    look.near() > OTHER_SCALE * near
                        && look.median() > OTHER_SCALE * median
                        && look.far() > OTHER_SCALE * far)
            .toList();
    List<DepthMap.Look> smaller =
        known.stream()
            .filter(
                look ->
                    look.near() * OTHER_SCALE < near
                        && look.median() * OTHER_SCALE < median
                        && look.far() * OTHER_SCALE < far)
            .toList();
    for (List<DepthMap.Look> odd : List.of(larger, smaller)) {
      if (!odd.isEmpty()) {
        double theirs = middle(odd, DepthMap.Look::median);
        remarks.add(
            String.format(
                Locale.ROOT,
                "%d of %d depth files look as if they were of another scale: their median is %.3g m, that of all %.3g m, %.3g times as much; near and far pixels differ likewise: %s",
                odd.size(),
                known.size(),
                theirs,
                median,
                theirs / median,
                names(odd)));
      }
    }
    return remarks;
  }

  private static double middle(List<DepthMap.Look> looks, ToDoubleFunction<DepthMap.Look> of) {
    double[] sorted = looks.stream().mapToDouble(of).toArray();
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) / 2];
  }

  private static String names(List<DepthMap.Look> looks) {
    return Listing.of(looks.stream().map(look -> look.file().toString()).toList());
  }
}
