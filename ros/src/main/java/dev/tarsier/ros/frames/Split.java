package dev.tarsier.ros.frames;

import dev.tarsier.ros.replay.ReplayException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which frames are to train on and which to validate on, without neighbours on both sides: frames
 * of one moment are nearly the same picture, and validation on them would measure memory. What is
 * nearer to a frame of validation than the gap is in neither list.
 *
 * @param train names, by time
 * @param val names, by time
 * @param unused how many are in neither
 */
public record Split(List<String> train, List<String> val, int unused) {
  /** What sides are made of. */
  public enum By {
    /** The recording's last part in time is validation. */
    TIME,
    /** Whole bags, the last ones, are validation. */
    BAG
  }

  /**
   * How to split.
   *
   * @param by what sides are made of
   * @param share of the images that are to train on, above 0 and below 1; 1 for no split
   * @param gapNanos between the sides, ≥ 0
   * @param demanded whether the user asked for it, so that an empty side is an error
   */
  public record Rule(By by, double share, long gapNanos, boolean demanded) {
    /** Checks the ranges. */
    public Rule {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException(
            "--split must be above 0 and at most 1 (no split), got " + share);
      }
      if (gapNanos < 0) {
        throw new IllegalArgumentException("--gap must not be negative, got " + gapNanos / 1e9);
      }
    }
  }

  /**
   * Where the sides are, from all images of the recording: so two exports of it, such as one every
   * second and one of the least sure frames, share no moment between train and validation.
   */
  static final class Sides {
    private final Rule rule;
    private final long[] validation;
    private final long firstOfTime;
    private final List<Path> bags;

    private Sides(Rule rule, long firstOfTime, List<Path> bags, long[] validation) {
      this.rule = rule;
      this.firstOfTime = firstOfTime;
      this.bags = bags;
      this.validation = validation;
    }

    boolean isValidation(RecordedFrame frame) {
      return rule.by() == By.TIME ? frame.nanos() >= firstOfTime : bags.contains(frame.bag());
    }

    /** Whether it is at least the gap away from all images of validation. */
    boolean isTraining(RecordedFrame frame) {
      if (isValidation(frame)) {
        return false;
      }
      int at = java.util.Arrays.binarySearch(validation, frame.nanos());
      int after = at >= 0 ? at : -at - 1;
      return (after == validation.length || validation[after] - frame.nanos() >= rule.gapNanos())
          && (after == 0 || frame.nanos() - validation[after - 1] >= rule.gapNanos());
    }

    /** Sorts frames to the sides. */
    Split of(List<RecordedFrame> frames) {
      List<String> train = new ArrayList<>();
      List<String> val = new ArrayList<>();
      int unused = 0;
      for (RecordedFrame frame : frames) {
        if (isValidation(frame)) {
          val.add(frame.name());
        } else if (isTraining(frame)) {
          train.add(frame.name());
        } else {
          unused++;
        }
      }
      return new Split(train, val, unused);
    }
  }

  /**
   * Finds the sides.
   *
   * @param all images of the recording, by time
   * @param recorded its bags
   * @param topic of the images
   * @throws ReplayException when whole bags are asked for and images are in one alone
   */
  static Sides sides(List<RecordedFrame> all, List<Path> recorded, String topic, Rule rule)
      throws ReplayException {
    long firstOfTime = Long.MAX_VALUE;
    List<Path> bags = new ArrayList<>();
    if (rule.share() < 1 && rule.by() == By.TIME && !all.isEmpty()) {
      firstOfTime =
          all.get((int) Math.min(all.size() - 1.0, Math.ceil(rule.share() * all.size()))).nanos();
    }
    if (rule.share() < 1 && rule.by() == By.BAG) {
      bags = lastBags(all, recorded, topic, rule.share());
    }
    Sides sides = new Sides(rule, firstOfTime, bags, new long[0]);
    long[] validation =
        all.stream().filter(sides::isValidation).mapToLong(RecordedFrame::nanos).toArray();
    return new Sides(rule, firstOfTime, bags, validation);
  }

  /** The bags behind the place between two of them that is nearest to the share. */
  private static List<Path> lastBags(
      List<RecordedFrame> all, List<Path> recorded, String topic, double share)
      throws ReplayException {
    Map<Path, Integer> counts = new LinkedHashMap<>();
    all.forEach(frame -> counts.merge(frame.bag(), 1, Integer::sum));
    if (counts.size() < 2) {
      String without =
          recorded.stream()
              .filter(bag -> !counts.containsKey(bag))
              .map(Path::toString)
              .collect(Collectors.joining(", "));
      throw new ReplayException(
          "--split-by bag needs images in at least two bags, there is one with them%s; --split-by time cuts one"
              .formatted(
                  without.isEmpty() ? "" : ", and none on %s in %s".formatted(topic, without)));
    }
    List<Path> bags = new ArrayList<>(counts.keySet());
    int best = 1;
    double least = Double.POSITIVE_INFINITY;
    int before = 0;
    for (int i = 1; i < bags.size(); i++) {
      before += counts.get(bags.get(i - 1));
      double off = Math.abs(before - share * all.size());
      if (off < least) {
        least = off;
        best = i;
      }
    }
    return List.copyOf(bags.subList(best, bags.size()));
  }

  boolean hasBothSides() {
    return !train.isEmpty() && !val.isEmpty();
  }

  /** Why there is none, and the way out. */
  static String none(List<RecordedFrame> frames, Rule rule) {
    double seconds =
        frames.isEmpty()
            ? 0
            : (frames.get(frames.size() - 1).nanos() - frames.get(0).nanos()) / 1e9;
    return String.format(
        Locale.ROOT,
        "%d frames of %.1f s cannot be split into %.0f %% and the rest with a gap of %.1f s; choose a shorter --gap, another --split, or --split 1 for none",
        frames.size(),
        seconds,
        100 * rule.share(),
        rule.gapNanos() / 1e9);
  }
}
