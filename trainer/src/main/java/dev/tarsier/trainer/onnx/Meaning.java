package dev.tarsier.trainer.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What an output says, by the names that {@code --output} has for it. */
enum Meaning {
  /** A score for each class, or ids. */
  CLASSES("scores of classes, or ids", "logits", "ids", "softmax"),
  /** How probable the one class is, 0 to 1. */
  MASK("probability of the one class", "probability", "sigmoid"),
  /** The same before a sigmoid. */
  MASK_LOGITS("logit of the one class"),
  /** Metres. */
  METRIC("depth in metres", "metres", "meters"),
  /** Larger is farther, without a unit. */
  RELATIVE("depth without a unit, larger is farther"),
  /** Larger is nearer, without a unit. */
  DISPARITY("inverse depth without a unit, larger is nearer", "inverse"),
  /** Boxes with coefficients of prototypes. */
  INSTANCES("boxes and mask coefficients of YOLO-seg", "yolo", "yolo-seg");

  private final String words;
  private final String others;

  Meaning(String words, String... others) {
    this.words = words;
    this.others = String.join(" ", others);
  }

  private List<String> names() {
    return List.of((id() + " " + others).strip().split(" "));
  }

  /** As options say it. */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** For people. */
  String words() {
    return words;
  }

  /** The one of a name. */
  static Optional<Meaning> of(String name) {
    String given = name.toLowerCase(Locale.ROOT).replace('_', '-');
    return Arrays.stream(values()).filter(each -> each.names().contains(given)).findFirst();
  }

  /** All names with what they mean, those that mean the same with bars between. */
  static String all() {
    return Arrays.stream(values())
        .map(each -> "%s (%s)".formatted(String.join("|", each.names()), each.words))
        .collect(Collectors.joining(", "));
  }
}
