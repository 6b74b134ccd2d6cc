package dev.tarsier.trainer.dataset;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which frames of a data set are used, or may show their labels or their depth: so many that a seed
 * draws, one of several parts into which it deals them, or those that a file names. Where there is
 * no choice, all are.
 *
 * <p>Draws from the same frames with the same seed are nested: the 200 are among the 300. Parts
 * with the same seed share no frame, and together are all frames; they differ by one frame in size
 * at most.
 *
 * @param count how many; null where it is a part, or a file names them
 * @param seed of the draw; 1 when absent
 * @param list a text file with the name of a frame on each line; null for a draw
 * @param part such as {@code 1/2}, the first of two halves; null for no part
 */
public record FrameChoice(
    Integer count,
    Long seed,
    String list,
    // Only where it is one: what recipes say without it is hashed as before.
    @JsonInclude(JsonInclude.Include.NON_NULL) String part) {
  private static final Pattern PART = Pattern.compile("([1-9][0-9]{0,3})/([1-9][0-9]{0,3})");

  /** Checks that it is one of the three. */
  public FrameChoice {
    seed = seed == null ? 1 : seed;
    if (Stream.of(count, list, part).filter(Objects::nonNull).count() != 1) {
      throw new IllegalArgumentException(
          "some frames are {count: N, seed: S}, {part: 1/2, seed: S} or {list: FILE}, one of the"
              + " three");
    }
    if (count != null && count < 0) {
      throw new IllegalArgumentException("count must be >= 0, got " + count);
    }
    if (part != null) {
      Matcher numbers = PART.matcher(part);
      if (!numbers.matches() || number(numbers, 1) > number(numbers, 2)) {
        throw new IllegalArgumentException(
            "part must be such as 1/2 or 2/2, the first or the second half, got '%s'"
                .formatted(part));
      }
    }
  }

  private static int number(Matcher numbers, int group) {
    return Integer.parseInt(numbers.group(group));
  }

  /** What a data set's name says of it: which part of its frames there is; most often nothing. */
  public static String inName(FrameChoice choice) {
    return choice == null || choice.part == null ? "" : " (part %s)".formatted(choice.part);
  }

  /**
   * A frame that is used, and what of it may be seen.
   *
   * @param name of the frame
   * @param labelled whether its labels may be
   * @param withDepth whether its depth may be
   */
  public record Chosen(String name, boolean labelled, boolean withDepth) {}

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
  public static List<Chosen> select(
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
    long first = 0;
    long end = count == null ? 0 : count;
    if (part != null) {
      Matcher numbers = PART.matcher(part);
      numbers.matches();
      long all = frames.size();
      first = (number(numbers, 1) - 1) * all / number(numbers, 2);
      end = number(numbers, 1) * all / number(numbers, 2);
    }
    if (end > frames.size() || (part != null && end == first)) {
      throw new DataException(
          "%s has %d frames, %s asked for"
              .formatted(
                  what, frames.size(), part == null ? count + " were" : "part " + part + " was"));
    }
    return Arrays.stream(Seeds.shuffled(frames.size(), seed, frames.size()))
        .skip(first)
        .limit(end - first)
        .sorted()
        .mapToObj(frames::get)
        .toList();
  }

  /**
   * A remark for each file that names frames more than once, which changes nothing.
   *
   * @param choices null where there is none
   */
  public static List<String> repeated(FrameChoice... choices) {
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
