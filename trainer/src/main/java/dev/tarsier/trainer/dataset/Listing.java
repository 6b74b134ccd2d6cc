package dev.tarsier.trainer.dataset;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Lists of frames in messages. */
public final class Listing {
  private static final int SHOWN = 5;
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private Listing() {}

  /**
   * The first few names, and how many more there are: {@code 0003, 0007, 0012, 0013, 0018 and 12
   * more}.
   *
   * @param names Not modified.
   */
  public static String of(List<String> names) {
    String first = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return names.size() <= SHOWN ? first : first + " and " + (names.size() - SHOWN) + " more";
  }

  /**
   * The text of a list of names: UTF-8, with or without the mark of byte order that some editors
   * put in front.
   *
   * @param file Not modified.
   */
  public static String text(byte[] file) {
    String text = new String(file, StandardCharsets.UTF_8);
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }

  /**
   * Says which names a list of frames has more than once.
   *
   * @param list what to call the list
   * @param names Not modified.
   * @return nothing where each is there once
   */
  public static Optional<String> repeated(String list, List<String> names) {
    Set<String> seen = new HashSet<>();
    List<String> again = names.stream().filter(name -> !seen.add(name)).distinct().toList();
    return again.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s names %s more than once; each is used once: %s"
                .formatted(
                    list, again.size() == 1 ? "1 frame" : again.size() + " frames", of(again)));
  }
}
