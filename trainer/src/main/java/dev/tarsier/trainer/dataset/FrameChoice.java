package dev.tarsier.trainer.dataset;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which frames of a data set are used, or may show their labels or their depth: so many that a seed
 * draws, or those that a file names. Where there is no choice, all are.
 *
 * <p>Draws from the same frames with the same seed are nested: the 200 are among the 300.
 *
 * @param count how many; null where a file names them
 * @param seed of the draw; 1 when absent
 * @param list a text file with the name of a frame on each line; null for a draw
 */
public record FrameChoice(Integer count, Long seed, String list) {
  /** Checks that it is one or the other. */
  public FrameChoice {
    seed = seed == null ? 1 : seed;
    if ((count == null) == (list == null)) {
      throw new IllegalArgumentException(
          "some frames are {count: N, seed: S} or {list: FILE}, one of the two");
    }
    if (count != null && count < 0) {
      throw new IllegalArgumentException("count must be >= 0, got " + count);
    }
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
   * The frames that three choices leave, each null for all.
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
    List<String> names = of(frames, all, what);
    if (names.isEmpty()) {
      throw new DataException("%s has no frames".formatted(what));
    }
    Set<String> showLabels = new HashSet<>(of(labelled, names, what));
    Set<String> showDepth = new HashSet<>(of(withDepth, names, what));
    return names.stream()
        .map(name -> new Chosen(name, showLabels.contains(name), showDepth.contains(name)))
        .toList();
  }

  private static List<String> of(FrameChoice choice, List<String> frames, String what) {
    return choice == null ? frames : choice.of(frames, what);
  }

  /**
   * The frames chosen.
   *
   * @param frames names of all frames. Not modified.
   * @param what they are, for messages
   * @return some of the names, in the order in which {@code frames} has them
   * @throws DataException if there are too few, or the file names one that is not there
   */
  List<String> of(List<String> frames, String what) {
    if (list != null) {
      return listed(frames, what);
    }
    if (count > frames.size()) {
      throw new DataException(
          "%s has %d frames, %d were asked for".formatted(what, frames.size(), count));
    }
    return Arrays.stream(Seeds.shuffled(frames.size(), seed, frames.size()))
        .limit(count)
        .sorted()
        .mapToObj(frames::get)
        .toList();
  }

  /**
   * A remark for each file that names frames more than once, which changes nothing.
   *
   * @param choices null where there is none
   */
  static List<String> repeated(FrameChoice... choices) {
    return Stream.of(choices)
        .filter(choice -> choice != null && choice.list != null)
        .map(FrameChoice::list)
        .distinct()
        .map(list -> Listing.repeated(list, names(list)))
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
  private static List<String> names(String list) {
    List<String> names =
        Listing.text(DataFile.bytes(Path.of(list)))
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
