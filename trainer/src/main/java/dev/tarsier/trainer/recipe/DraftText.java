package dev.tarsier.trainer.recipe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A recipe as text with a reason for each choice. Everything here is a first guess for a person to
 * change; what is written is what {@link RecipeDraft} found. One thread.
 */
final class DraftText {
  /** What a network sees at most, in pixels: as much as small robots have time for. */
  private static final int PIXELS = 320 * 240;

  /** Sizes that halve evenly as often as decoders do it. */
  private static final int GRID = 8;

  private static final int COLUMNS = 88;
  private static final int SMALLEST = 32;
  private static final int BATCH = 8;

  /**
   * Steps for each frame that is learned from, and how many a training has at least and at most.
   */
  private static final int STEPS_A_FRAME = 15;

  private static final int FEWEST_STEPS = 600;
  private static final int MOST_STEPS = 6000;
  private static final int MOST_EPOCHS = 300;
  private static final int VALIDATIONS = 20;

  /** A class of a smaller share of the labelled pixels is rare. */
  private static final double RARE = 0.01;

  private final DraftPlace place;
  private final DraftFrames frames;
  private final DraftClasses classes;
  private final DraftSplit split;
  private final DraftWeights weights;
  private final String name;
  private final StringBuilder text = new StringBuilder();

  /**
   * A text.
   *
   * @param name of the recipe
   * @param classes null where there are no labels
   */
  DraftText(
      String name,
      DraftPlace place,
      DraftFrames frames,
      DraftClasses classes,
      DraftSplit split,
      DraftWeights weights) {
    this.name = name;
    this.place = place;
    this.frames = frames;
    this.classes = classes;
    this.split = split;
    this.weights = weights;
  }

  /** Labels that are learned from. */
  long labelled() {
    return DraftFrames.labelled(split.train());
  }

  private long measured() {
    return DraftFrames.measured(split.train());
  }

  /** Frames that a teacher that sees depth could label. */
  long unlabelledWithDepth() {
    return split.train().stream().filter(each -> each.measured() && !each.labelled()).count();
  }

  /** Whether so many frames have depth and no labels that a teacher is worth its training. */
  boolean hasTeacher() {
    return wantsTeacher() && !teacherWouldBeginAnew();
  }

  private boolean wantsTeacher() {
    return labelled() > 1 && 2 * unlabelledWithDepth() >= labelled();
  }

  /** What a network that begins anew says is worse than what its student knows already. */
  private boolean teacherWouldBeginAnew() {
    return weights.whole() != null && weights.encoder() == null;
  }

  private boolean learnsDistance() {
    return measured() > 0;
  }

  /** The network's input, height and width: the images' shape, made smaller. */
  static int[] size(int width, int height) {
    double by = Math.min(1, Math.sqrt((double) PIXELS / ((double) width * height)));
    return new int[] {onGrid(by * height), onGrid(by * width)};
  }

  private static int onGrid(double pixels) {
    return Math.max(SMALLEST, (int) Math.round(pixels / GRID) * GRID);
  }

  /** Passes over some frames that make enough steps. */
  static int epochs(long frames, int batch, boolean goesOn) {
    long steps = Math.max(FEWEST_STEPS, Math.min(MOST_STEPS, STEPS_A_FRAME * frames));
    long each = Math.max(1, frames / batch);
    return (int) Math.max(1, Math.min(MOST_EPOCHS, (goesOn ? steps / 2 : steps) / each));
  }

  private int batch() {
    long fewest = hasTeacher() || !learnsDistance() ? labelled() : split.train().size();
    return (int) Math.max(1, Math.min(BATCH, fewest));
  }

  /** What is said of the frames of a list. */
  private String data(String which, String more) {
    return "{%s, split: %s%s}"
        .formatted(
            place.section(),
            split.own() ? place.written(RecipeDraft.list(place.recipe(), which)) : which,
            more);
  }

  private void add(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /** The recipe. */
  String text() {
    head();
    common();
    if (hasTeacher()) {
      teacher();
    }
    student();
    tail();
    return text.toString();
  }

  private void head() {
    add(
        "# Written by tarsier recipe init: %d frames of %s, %d labelled, %d with depth.",
        frames.all().size(), frames.part().sizes(), frames.labelled(), frames.measured());
    add("# All of it may be changed; docs/recipes.md has every key. Values of the moment go");
    add("# without a change: tarsier train FILE --set student.epochs=20");
    add(
        "name: %s   # of the run's folder, runs/%s, and of the bundle",
        DraftPlace.scalar(name), name);
    add("seed: 1");
    if (classes != null) {
      add("classes: %s   # %s", classes.said(), listed(classes.set().names()));
    }
    add("");
  }

  private static String listed(List<String> names) {
    int most = 6;
    return names.size() <= most
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, most)) + " and %d more".formatted(names.size() - most);
  }

  private void common() {
    int[] size = size(frames.width(), frames.height());
    add("common:");
    add("  network:");
    add("    kind: edge");
    add(
        "    # The images are %s. The input has their shape, so that nothing",
        frames.part().sizes());
    add("    # is squeezed. Twice the width and height shows small things, at four times the time");
    add("    # for a step and for an image on the robot.");
    add("    height: %d", size[0]);
    add("    width: %d", size[1]);
    heads();
    for (Map.Entry<String, String> each : weights.keys().entrySet()) {
      add("    %s: %s", each.getKey(), each.getValue());
    }
    if (weights.encoder() != null && (weights.whole() == null || hasTeacher())) {
      add("    # Begins with filters that were learned from a million photos, which is worth more");
      add("    # than any other setting here. Others to choose from: docs/encoders.md");
      add("    encoder_weights: %s", weights.encoder());
    } else if (weights.whole() == null) {
      add("    # No weights of an encoder were found, so it begins at random and needs many more");
      add("    # frames. Get a file (docs/encoders.md), put it into weights/ of the folder that");
      add("    # TARSIER_DATA names, and write:");
      add("    # encoder_weights: ${TARSIER_DATA}/weights/%s", DraftWeights.usualFile());
    }
    judged();
    add("  # Training frames are varied, so that a few places teach others too.");
    add("  augmentation:");
    add("    flip: %s", flip());
    add("    min_scale: 0.65   # shown smaller ...");
    add("    max_scale: 1.6   # ... or magnified");
    add("    brightness: 0.25");
    add("    contrast: 0.25");
    add("    saturation: 0.25");
    add("    gamma: 0.1");
    optimiser();
    add("  schedule: {kind: cosine, warm_up_steps: 50}");
    add("  batch: %d", batch());
    add("  checkpoint_every_steps: 50   # what Ctrl-C or a power cut can cost");
    add("");
  }

  private void heads() {
    if (classes != null && learnsDistance()) {
      add("    heads: [classes, depth]   # what the robot gets");
    } else if (classes != null) {
      add("    # No frame that is trained on has depth, so the robot gets classes alone.");
      add("    heads: [classes]");
    } else {
      add(
          "    # There are no labels, so the robot gets depth alone. Label some frames for classes.");
      add("    heads: [depth]");
    }
    if (learnsDistance()) {
      double far = frames.part().far();
      int most = (int) Math.max(10, Math.ceil(1.2 * far));
      if (weights.maxDepthMetres() >= far) {
        most = (int) Math.ceil(weights.maxDepthMetres());
      }
      add(
          "    # The farthest it can say, in metres. Nearly all depth here is nearer than %.1f m.",
          far);
      add("    max_depth_metres: %d", most);
    }
  }

  private String flip() {
    boolean sided =
        classes != null
            && classes.set().names().stream()
                .anyMatch(each -> each.toLowerCase(Locale.ROOT).matches(".*(left|right).*"));
    return sided
        ? "0   # no mirror images: classes are told apart by left and right"
        : "0.5   # mirror images; 0 where left and right must not be exchanged";
  }

  private void judged() {
    add("  validation:");
    for (String line : lines(capital(split.why()) + ".")) {
      add("    # %s", line);
    }
    add("    data:");
    add("      - %s", data("val", ""));
    add("    every_epochs: %d   # curves.html gets a point each time", everyEpochs());
    add("    # The epoch with the highest sum ships.");
    boolean judgesDistance = learnsDistance() && DraftFrames.measured(split.val()) > 0;
    if (classes == null) {
      add("    score: {depth.rmse: -1}");
    } else {
      add(
          "    score: {segmentation.miou: 1%s",
          judgesDistance ? ", depth.rmse: -0.25}   # 4 cm of error weigh as a point of mIoU" : "}");
    }
  }

  private int everyEpochs() {
    return Math.max(1, studentEpochs() / VALIDATIONS);
  }

  /** A sentence in lines that go on a screen. */
  private static List<String> lines(String sentence) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : sentence.split(" ")) {
      if (line.length() + word.length() > COLUMNS) {
        lines.add(line.toString().strip());
        line.setLength(0);
      }
      line.append(word).append(' ');
    }
    lines.add(line.toString().strip());
    return lines;
  }

  private static String capital(String sentence) {
    return sentence.substring(0, 1).toUpperCase(Locale.ROOT) + sentence.substring(1);
  }

  private void optimiser() {
    add("  optimiser:");
    add("    kind: adamw");
    if (weights.whole() != null) {
      add("    learning_rate: 1.0e-3   # small: it goes on from what was learned");
    } else {
      add("    learning_rate: %s", weights.encoder() == null ? "3.0e-3" : "5.0e-3");
    }
    if (weights.whole() != null || weights.encoder() != null) {
      add("    groups:");
      add(
          "      - {prefix: encoder., learning_rate: %s}   # its filters are good already",
          weights.whole() != null ? "1.0e-4" : "3.0e-4");
    }
    add("    weight_decay: 1.0e-2");
  }

  private void teacher() {
    add(
        "# %d of the frames to train on are labelled, %d more have depth. A teacher that",
        labelled(), unlabelledWithDepth());
    add("# sees depth beside the image learns more from few labels; it labels the other frames");
    add("# where it is sure. Without it (remove teacher and pseudo_labels, and give student.data");
    add("# the list of pseudo_labels) training takes less time.");
    add("teacher:");
    add("  network: {extra: depth, fusion: features}");
    if (weights.encoder() != null) {
      add("  optimiser:");
      add("    groups:");
      add("      - {prefix: encoder., learning_rate: 3.0e-4}");
      add("      - {prefix: extra_encoder., learning_rate: 3.0e-4}");
    }
    add("  data:");
    add("    - %s", data("train", ", only: labelled"));
    add("  epochs: %d", epochs(labelled(), batch(), false));
    add("pseudo_labels:");
    add("  threshold: 0.9   # how sure the teacher must be of a pixel, 0 to 1");
    add("  soft: true       # the student learns how sure the teacher is, too");
    add("  flip: true");
    add("  data:");
    add("    - %s", data("train", ""));
    add("");
  }

  private int studentEpochs() {
    return epochs(
        learnsDistance() ? split.train().size() : labelled(), batch(), weights.whole() != null);
  }

  private void student() {
    add("# The network that runs on the robot. It sees the image alone.");
    add("student:");
    if (weights.whole() != null) {
      add("  # Goes on from these weights; heads for other classes begin anew.");
      add("  network: {weights: %s}", weights.whole());
    }
    add("  data:");
    if (wantsTeacher() && teacherWouldBeginAnew()) {
      add(
          "    # A teacher that sees depth could label the other frames, but would begin at random");
      add("    # here: the file of this encoder's weights is not there (docs/encoders.md).");
    }
    if (hasTeacher()) {
      add(
          "    - {kind: pseudo_labels}   # the frames above, with the teacher's labels where they have none");
    } else {
      boolean labelledAlone = classes != null && !learnsDistance();
      if (labelledAlone && split.train().size() > labelled()) {
        add("    # Frames without labels teach nothing here, for they have no depth either.");
      }
      add("    - %s", data("train", labelledAlone ? ", only: labelled" : ""));
    }
    losses();
    add(
        "  epochs: %d   # %d frames each; more where curves.html still rises at its end",
        studentEpochs(), learnsDistance() ? split.train().size() : labelled());
    add("  precise_batch_norm: 64   # evens out the last batches, at the end");
    rare();
    add("");
  }

  private void losses() {
    if (hasTeacher()) {
      add(
          "  # Classes are taught twice, by labels and by the teacher, so depth weighs as much as both.");
      add("  losses: {classes_weight: 1, soft_weight: 1, depth_weight: 2, depth: berhu}");
    } else if (learnsDistance()) {
      add("  losses: {depth: berhu}   # large errors of depth count by their square");
    }
  }

  private void rare() {
    if (classes == null) {
      return;
    }
    long all = 0;
    for (int id = 0; id < classes.set().size(); id++) {
      all += frames.part().pixels(id);
    }
    for (int id = 0; id < classes.set().size(); id++) {
      if (frames.part().pixels(id) < RARE * all) {
        add(
            "  # logit_adjustment: 0.25   # once common classes are found: may find more of rare ones, such as %s",
            classes.set().names().get(id));
        return;
      }
    }
  }

  private void tail() {
    add("# Judged for the record, at the end; nothing is chosen by it. Another recording, say:");
    add("# evaluation:");
    add("#   data:");
    add("#     - {kind: rgbd, root: frames-of-another-drive, preset: frames}");
    add("");
    add("export:");
    add("  version: \"1\"");
    add("  # A second network in 8-bit integers, for robots without a GPU. It is refused,");
    add("  # and with it the bundle, where it loses too much, so it comes afterwards:");
    add("  #   tarsier quantize runs/%s/bundle --recipe FILE", name);
    add("  # int8: {}");
  }
}
