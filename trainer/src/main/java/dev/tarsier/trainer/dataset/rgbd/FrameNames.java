package dev.tarsier.trainer.dataset.rgbd;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Finds the image that labels or depth are of by their names: the same path without extension, or
 * one that ends with the other at a folder. Letters with marks may be written either way (NFC or
 * NFD), and the digits that Label Studio puts in front of uploads may be there or not. Immutable.
 */
final class FrameNames {
  private final List<String> names;
  private final Map<String, Integer> whole = new HashMap<>();
  private final Map<String, List<Integer>> byLast = new LinkedHashMap<>();
  private final Map<String, List<Integer>> byPlain = new HashMap<>();
  private final Map<String, List<Integer>> byUploaded = new HashMap<>();

  /**
   * Names of images.
   *
   * @param names distinct, without extension. Not modified.
   */
  FrameNames(List<String> names) {
    this.names = names.stream().map(FrameNames::normal).toList();
    for (int i = 0; i < this.names.size(); i++) {
      String name = this.names.get(i);
      whole.put(name, i);
      byLast.computeIfAbsent(last(name), each -> new ArrayList<>()).add(i);
      byPlain.computeIfAbsent(plain(last(name)), each -> new ArrayList<>()).add(i);
      byUploaded.computeIfAbsent(plain(uploaded(last(name))), each -> new ArrayList<>()).add(i);
    }
  }

  private static String normal(String name) {
    return Normalizer.normalize(name.replace('\\', '/'), Normalizer.Form.NFC)
        .replaceFirst("^(\\./|/)+", "");
  }

  private static String last(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** Without the eight digits that Label Studio puts in front of what is uploaded. */
  private static String uploaded(String name) {
    return name.replaceFirst("^[0-9a-f]{8}-(?=.)", "");
  }

  /** As programs write names that have to be valid everywhere. */
  private static String plain(String name) {
    return name.strip().replace(' ', '_').replaceAll("(?U)[^-\\w.]", "").toLowerCase(Locale.ROOT);
  }

  /**
   * The image of that name.
   *
   * @param said a name, with or without extension and folders
   * @return its place; −1 where there is none
   * @throws DataException if there are several
   */
  int find(String said) {
    String name = normal(FrameFiles.bare(said));
    Integer same = whole.get(name);
    if (same != null) {
      return same;
    }
    List<Integer> near =
        byLast.getOrDefault(last(name), List.of()).stream()
            .filter(i -> ends(name, names.get(i)) || ends(names.get(i), name))
            .toList();
    if (near.isEmpty() && name.indexOf('/') < 0) {
      near = byPlain.getOrDefault(plain(name), List.of());
    }
    if (near.isEmpty()) {
      near = uploads(name);
    }
    if (near.size() > 1) {
      throw new DataException(
          "'%s' may be of %s; name the folder too"
              .formatted(said, Listing.of(near.stream().map(names::get).toList())));
    }
    return near.isEmpty() ? -1 : near.get(0);
  }

  /** Images whose name is the same but for the digits, which one of the two has and not both. */
  private List<Integer> uploads(String name) {
    String last = last(name);
    boolean has = !uploaded(last).equals(last);
    return byUploaded.getOrDefault(plain(uploaded(last)), List.of()).stream()
        .filter(i -> has == uploaded(last(names.get(i))).equals(last(names.get(i))))
        .filter(i -> has || isBeside(name, names.get(i)))
        .toList();
  }

  /** Whether two names have the same folders, as far as both have any. */
  private static boolean isBeside(String one, String other) {
    String a = one.substring(0, one.lastIndexOf('/') + 1);
    String b = other.substring(0, other.lastIndexOf('/') + 1);
    return a.isEmpty() || b.isEmpty() || a.endsWith(b) || b.endsWith(a);
  }

  private static boolean ends(String longer, String shorter) {
    return longer.endsWith("/" + shorter);
  }
}
