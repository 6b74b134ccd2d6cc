package dev.tarsier.trainer.recipe;

import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.label.LabelFiles;
import dev.tarsier.trainer.dataset.rgbd.RgbdFiles;
import dev.tarsier.trainer.run.PathResolver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where the frames of a recipe that is being drafted lie, and what is written of that in it.
 *
 * @param root the folder of the frames
 * @param preset their layout; null where it has no name
 * @param files what a recipe says of them in place of a layout's name; null where it has one
 * @param labels where labels lie apart from what the layout says; null where they do not
 * @param recipe the recipe's file, from which paths are written
 * @param title what the recipe and its classes are called
 */
record DraftPlace(Path root, String preset, String files, Path labels, Path recipe, String title) {
  /** What YAML takes for a text in any case: nothing that may be a number or a truth value. */
  private static final Pattern PLAIN =
      Pattern.compile(
          "(?!(?i:true|false|yes|no|on|off|null|y|n)$)(\\.{1,2}/|/)?[A-Za-z_][A-Za-z0-9_./-]*|\\.{1,2}");

  /**
   * Finds it by what the user says.
   *
   * @throws ConfigException if it cannot be found; the message says what to do
   */
  static DraftPlace of(RecipeDraft.Request said) {
    Path root = said.frames();
    Path labels = said.labels();
    for (Path each : said.bags()) {
      if (!Files.isRegularFile(each)) {
        throw new ConfigException("--bag %s: there is no such file".formatted(each));
      }
      colour(each);
    }
    if (labels != null && !Files.exists(labels)) {
      throw new ConfigException("--labels %s: there is no such file or folder".formatted(labels));
    }
    if (labels != null && Files.isRegularFile(labels) && LabelFiles.isLabelMap(labels)) {
      throw new ConfigException(
          "--labels %s says what masks mean and has none; give the folder of the masks with --labels"
              .formatted(labels));
    }
    if (root == null && labels != null && RgbdFiles.layoutOf(labels).isPresent()) {
      root = labels;
    }
    if (root == null) {
      throw new ConfigException(
          said.bags().isEmpty()
              ? "say where the frames are with --frames, a folder of images or what tarsier bag"
                  + " export made"
              : "a training reads frames as files: take them out of the recording first, with"
                  + " tarsier bag export %s --every 0.5s --out frames, then give --frames frames"
                      .formatted(
                          said.bags().stream()
                              .map(Path::toString)
                              .collect(Collectors.joining(" "))));
    }
    if (!Files.isDirectory(root)) {
      throw new ConfigException("--frames %s is no folder".formatted(root));
    }
    String preset = RgbdFiles.layoutOf(root).orElse(null);
    if (labels == null && preset == null) {
      labels = RgbdFiles.imagesWithShapes(root).orElse(null);
    }
    boolean own = labels != null && (preset == null || !same(root, labels));
    return new DraftPlace(
        root,
        preset,
        preset == null ? files(root) : null,
        own ? Files.isDirectory(labels) ? RgbdFiles.labelsIn(labels) : labels : null,
        said.out(),
        title(said, root));
  }

  /**
   * The topic of a recording's only colour images.
   *
   * @return none where it has several or none
   * @throws ConfigException if it cannot be read
   */
  static Optional<String> colour(Path bag) {
    try (Recording recording = Recording.open(List.of(bag))) {
      List<String> topics =
          ImageStream.of(recording).stream()
              .filter(
                  each ->
                      each.content() == ImageStream.Content.COLOR
                          || each.content() == ImageStream.Content.COLOR_COMPRESSED)
              .map(ImageStream::topic)
              .toList();
      return topics.size() == 1 ? Optional.of(topics.get(0)) : Optional.empty();
    } catch (IOException e) {
      throw new ConfigException("--bag %s: %s".formatted(bag, e.getMessage()), e);
    }
  }

  /** The recipe's file tells it; if it is called as any, the recording or the folder. */
  private static String title(RecipeDraft.Request said, Path root) {
    String stem = RecipeDraft.stem(said.out());
    Path last = root.toAbsolutePath().normalize().getFileName();
    String text =
        !stem.equals("recipe")
            ? stem
            : !said.bags().isEmpty()
                ? RecipeDraft.stem(said.bags().get(0))
                : last == null ? "" : last.toString();
    String name = text.replaceAll("[^A-Za-z0-9._-]+", "-").replaceFirst("^[^A-Za-z0-9]+", "");
    return name.isEmpty() ? "frames" : name;
  }

  private static String files(Path root) {
    return RgbdFiles.filesIn(root)
        .orElseThrow(
            () ->
                new ConfigException(
                    "--frames %s has no images, nor a layout that is known (docs/data-sets.md#layouts-by-name); name the folder that the images are in"
                        .formatted(root)));
  }

  private static boolean same(Path one, Path other) {
    return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  /** What recipes say of all frames, without braces. */
  String section() {
    return "kind: rgbd, root: %s, %s%s"
        .formatted(
            written(root),
            preset == null ? files : "preset: " + preset,
            labels == null ? "" : ", labels: " + written(labels));
  }

  /** As a recipe says it, from where the recipe lies if that is short. */
  String written(Path path) {
    Path to = path.toAbsolutePath().normalize();
    Path from = recipe.toAbsolutePath().normalize().getParent();
    Path way = from.relativize(to);
    String text = way.startsWith(Path.of("..", "..")) ? to.toString() : way.toString();
    text = text.isEmpty() ? "." : text;
    // Recipes' paths are looked for from the working folder first, which may have the same.
    boolean found = paths().find(text).map(each -> same(each, to)).orElse(!Files.exists(to));
    return scalar(found ? text : to.toString());
  }

  /** A text as YAML has it, in quotation marks where it might be taken for something else. */
  static String scalar(String text) {
    return PLAIN.matcher(text).matches()
        ? text
        : "\"%s\"".formatted(text.replaceAll("([\"\\\\])", "\\\\$1"));
  }

  /** The data set of all frames, as the recipe will name it. */
  DataSet all() {
    return read(section());
  }

  /** The same, to look at its files of labels. */
  RgbdFiles.Options options() {
    return (RgbdFiles.Options) all();
  }

  /** Where recipes' paths are looked for. */
  PathResolver paths() {
    return new PathResolver(recipe, System.getenv());
  }

  private DataSet read(String section) {
    return Recipe.parse("student: {data: [{%s}]}".formatted(section), recipe.toString())
        .student()
        .data()
        .get(0);
  }

  /** Lists of the frames' layout that split them; empty where there are none. */
  List<Path> lists() {
    return preset == null ? List.of() : RgbdFiles.trainAndVal(root);
  }
}
