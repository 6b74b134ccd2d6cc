package dev.tarsier.trainer.dataset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Which frames of a list are used, or may show their labels or their depth: all of them, so many
 * that a seed draws, or those that a file names.
 *
 * <p>Draws from the same frames with the same seed are nested: the 200 are among the 300.
 *
 * @param count how many; null for all, or as many as the file names
 * @param seed of the draw
 * @param list a text file with the name of a frame on each line; null for none
 */
public record FrameChoice(Integer count, long seed, Path list) {
  /**
   * Some of a data set's frames: so many that a seed draws, or those that a file names.
   *
   * @param count how many; draws with the same seed are nested
   * @param seed of the draw; 1 when absent
   * @param list a text file with the name of a frame on each line
   */
  public record Options(Integer count, Long seed, String list) {
    /** Checks that it is one or the other. */
    public Options {
      seed = seed == null ? 1 : seed;
      if ((count == null) == (list == null)) {
        throw new IllegalArgumentException(
            "some frames are {count: N, seed: S} or {list: FILE}, one of the two");
      }
    }
  }

  /** All frames. */
  public static final FrameChoice ALL = new FrameChoice(null, 0, null);

  /** Checks that it is one or the other. */
  public FrameChoice {
    if (count != null && list != null) {
      throw new IllegalArgumentException(
          "frames are drawn or listed, got both %d and %s".formatted(count, list));
    }
    if (count != null && count < 0) {
      throw new IllegalArgumentException("count must be >= 0, got " + count);
    }
  }

  /** So many, drawn by a seed. */
  public static FrameChoice drawn(int count, long seed) {
    return new FrameChoice(count, seed, null);
  }

  /** Those that a text file names. */
  public static FrameChoice listed(Path list) {
    return new FrameChoice(null, 0, list);
  }

  /**
   * A frame that is used, and what of it may be seen.
   *
   * @param name of the frame
   * @param labelled whether its labels may be
   * @param withDepth whether its depth may be
   */
  record Chosen(String name, boolean labelled, boolean withDepth) {}

  /**
   * The frames that three choices leave.
   *
   * @param all names of all frames. Not modified.
   * @param frames which are used
   * @param labelled which of those may show their labels
   * @param withDepth which of those may show their depth
   * @param what the frames are, for messages
   * @return at least one, in the order of {@code all}
   * @throws DataException if there are too few or none, or a file names one that is not there
   */
  static List<Chosen> select(
      List<String> all,
      FrameChoice frames,
      FrameChoice labelled,
      FrameChoice withDepth,
      String what) {
    List<String> names = frames.of(all, what);
    if (names.isEmpty()) {
      throw new DataException("%s has no frames".formatted(what));
    }
    Set<String> showLabels = new HashSet<>(labelled.of(names, what));
    Set<String> showDepth = new HashSet<>(withDepth.of(names, what));
    return names.stream()
        .map(name -> new Chosen(name, showLabels.contains(name), showDepth.contains(name)))
        .toList();
  }

  /**
   * The frames chosen.
   *
   * @param frames names of all frames. Not modified.
   * @param what they are, for messages
   * @return some of the names, in the order in which {@code frames} has them
   * @throws DataException if there are too few, or the file names one that is not there
   */
  public List<String> of(List<String> frames, String what) {
    if (list != null) {
      return listed(frames, what);
    }
    if (count == null) {
      return List.copyOf(frames);
    }
    if (count > frames.size()) {
      throw new DataException(
          "%s has %d frames, %d were asked for".formatted(what, frames.size(), count));
    }
    int[] order = new int[frames.size()];
    SplittableRandom random = new SplittableRandom(Seeds.mix(seed, frames.size()));
    for (int i = 0; i < order.length; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    boolean[] taken = new boolean[order.length];
    for (int i = 0; i < count; i++) {
      taken[order[i]] = true;
    }
    List<String> chosen = new ArrayList<>(count);
    for (int i = 0; i < taken.length; i++) {
      if (taken[i]) {
        chosen.add(frames.get(i));
      }
    }
    return List.copyOf(chosen);
  }

  /** A remark for each file that names frames more than once, which changes nothing. */
  static List<String> repeated(FrameChoice... choices) {
    return Stream.of(choices)
        .map(FrameChoice::list)
        .filter(Objects::nonNull)
        .distinct()
        .map(list -> Listing.repeated(list.toString(), names(list)))
        .flatMap(Optional::stream)
        .toList();
  }

  private List<String> listed(List<String> frames, String what) {
    Set<String> there = new HashSet<>(frames);
    List<String> names = names(list);
    Set<String> named = new HashSet<>(names);
    for (String name : names) {
      if (!there.contains(name)) {
        throw new DataException(
            "%s names frame '%s', which %s has not".formatted(list, name, what));
      }
    }
    return frames.stream().filter(named::contains).toList();
  }

  /**
   * The names in a list.
   *
   * @throws DataException if the file is missing or names none
   */
  static List<String> names(Path list) {
    List<String> names =
        Listing.text(ImageFile.bytes(list))
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .toList();
    if (names.isEmpty()) {
      throw new DataException("%s names no frame".formatted(list));
    }
    return names;
  }
}
