package dev.tarsier.runtime.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody meant who wrote a name that does not exist. */
public final class NearestName {
  private static final int NONE = Integer.MAX_VALUE;

  private NearestName() {}

  /**
   * The known name with the fewest edits (insertion, deletion, replacement, swap of neighbours)
   * from the written one, upper and lower case, {@code -} and {@code _} taken as equal; none when
   * even the nearest differs in more than about a third of its letters.
   *
   * @param written the name that is not known
   * @param known the names there are. Not modified.
   */
  public static Optional<String> of(String written, Collection<String> known) {
    String wanted = plain(written);
    return known.stream()
        .min(
            Comparator.<String>comparingInt(name -> edits(wanted, plain(name)))
                .thenComparing(Comparator.naturalOrder()))
        .filter(name -> isNear(wanted, plain(name)));
  }

  /**
   * The end of a message about a name that is not known: {@code ; did you mean 'depth'?}; none when
   * no name is near.
   *
   * @param written the name that is not known
   * @param known the names there are. Not modified.
   */
  public static Optional<String> question(String written, Collection<String> known) {
    return of(written, known).map("; did you mean '%s'?"::formatted);
  }

  /**
   * The known name that was surely meant: the written one has a letter or, where it is long, two
   * wrong, or differs in case, separators or the unit at its end. Stricter than {@link #of}, for
   * where an unknown name may well be somebody else's.
   *
   * @param written the name that is not known
   * @param known the names there are. Not modified.
   */
  public static Optional<String> misspelt(String written, Collection<String> known) {
    return known.stream()
        .filter(name -> slips(written, name) < NONE)
        .min(
            Comparator.<String>comparingInt(name -> slips(written, name))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** Edits where they may be slips; {@link #NONE} where there are more. */
  private static int slips(String written, String name) {
    // A slip in the unit, and another unit.
    return Math.min(fewEdits(joined(written), joined(name)), fewEdits(bare(written), bare(name)));
  }

  private static int fewEdits(String wanted, String meant) {
    int longer = Math.max(wanted.length(), meant.length());
    int most = longer < 4 ? 0 : longer < 9 ? 1 : 2;
    int edits = edits(wanted, meant);
    return edits <= most ? edits : NONE;
  }

  private static String joined(String name) {
    return plain(name).replace("_", "");
  }

  /** Without separators, and without a unit at the end. */
  private static String bare(String name) {
    return joined(
        plain(name).replaceFirst("_(millis|milliseconds|ms|s|secs?|seconds|frames)$", ""));
  }

  private static boolean isNear(String wanted, String name) {
    int longer = Math.max(wanted.length(), name.length());
    boolean oneBeginsTheOther =
        Math.min(wanted.length(), name.length()) >= 3
            && (name.startsWith(wanted) || wanted.startsWith(name));
    return oneBeginsTheOther || edits(wanted, name) <= Math.max(1, (longer + 1) / 3);
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replace('-', '_');
  }

  /** Optimal string alignment distance. */
  static int edits(String a, String b) {
    int[] before = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, Math.min(last[j], row[j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
      int[] spare = before;
      before = last;
      last = row;
      row = spare;
    }
    return last[b.length()];
  }
}
