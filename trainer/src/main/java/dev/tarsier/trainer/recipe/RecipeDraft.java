package dev.tarsier.trainer.recipe;

import dev.tarsier.ros.cli.ShellWord;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a first recipe for frames that are there: looks at them as a training would, chooses, says
 * why in comments, and names the commands that come next. One thread.
 */
public final class RecipeDraft {
  /**
   * What the user says.
   *
   * @param bags recordings that the frames are of, to name in the commands that come next
   * @param frames the folder of the frames; null for that of the labels
   * @param labels a folder or a file that an annotation tool wrote; null for what lies with the
   *     frames
   * @param classes a file of classes, a tool's file of names, or a known set; null for what the
   *     labels name
   * @param from a bundle or a run to go on from; null for none
   * @param out the recipe's file
   * @param force whether a recipe that is there may be replaced
   */
  public record Request(
      List<Path> bags,
      Path frames,
      Path labels,
      Path classes,
      String from,
      Path out,
      boolean force) {
    /** Copies. */
    public Request {
      bags = List.copyOf(bags);
    }
  }

  /** Classes of the network of a recipe without labels, which it does not tell apart. */
  private static final ClassSet NO_CLASSES = ClassSet.NYU_13;

  /** Metres. Most time-of-flight, stereo and structured light of robots ends before. */
  private static final float USUAL_REACH = 15;

  private final Request request;
  private final PrintStream out;
  private final List<String> unknown = new ArrayList<>();

  private RecipeDraft(Request request, PrintStream out) {
    this.request = request;
    this.out = out;
  }

  /**
   * Looks at the frames, writes the recipe and what goes with it, and tells of it.
   *
   * @param out where it is told
   * @param terminal whether a progress bar can be drawn there
   * @throws ConfigException if something is not as the user says, or would be overwritten
   * @throws DataException if the frames cannot be used; the message names files and counts
   * @throws IOException if a file cannot be written
   */
  public static void run(Request request, PrintStream out, boolean terminal) throws IOException {
    new RecipeDraft(request, out).run(terminal);
  }

  /** Where a list of frames is written that goes with a recipe. */
  static Path list(Path recipe, String which) {
    return recipe.resolveSibling(stem(recipe) + "-" + which + ".txt");
  }

  /** A file's name without its extension. */
  static String stem(Path file) {
    return DataFile.withoutExtension(file.getFileName().toString());
  }

  private void run(boolean terminal) throws IOException {
    if (!request.out().toString().matches("(?i).*\\.ya?ml")) {
      throw new ConfigException("--out must end in .yaml, got %s".formatted(request.out()));
    }
    requireFree(List.of(request.out()), request.force());
    DraftPlace place = DraftPlace.of(request);
    DraftClasses classes;
    DraftFrames frames;
    try (PrintedRun printed = new PrintedRun(out, terminal)) {
      classes = DraftClasses.of(request.classes(), place).orElse(null);
      frames = read(place, classes, printed);
      if (classes != null && classes.needsBackground(frames)) {
        double before = frames.part().labelledShare();
        classes = classes.withBackground(place);
        frames = read(place, classes, printed);
        unknown.add(
            String.format(
                Locale.ROOT,
                "whether what no label covers, %.0f %% of the labelled frames, is a class: %s has"
                    + " it as background; if nobody looked at it, take that line out",
                100 * (1 - before),
                DraftClasses.FILE));
      }
    }
    if (classes != null && frames.labelled() == 0) {
      classes = null;
    }
    if (classes == null && frames.measured() == 0) {
      throw new DataException(
          "%s has %d images, but neither labels nor depth; label some frames and give --labels"
              .formatted(place.root(), frames.all().size()));
    }
    DraftSplit split = DraftSplit.of(frames, place);
    DraftWeights weights = DraftWeights.of(request.from(), place);
    String name = place.title();
    DraftText text = new DraftText(name, place, frames, classes, split, weights);
    write(text.text(), classes, split);
    tell(name, place, frames, classes, split, weights, text);
  }

  private static DraftFrames read(DraftPlace place, DraftClasses classes, PrintedRun printed) {
    return DraftFrames.read(place, classes == null ? NO_CLASSES : classes.set(), printed);
  }

  private static void requireFree(List<Path> files, boolean force) {
    for (Path each : files) {
      if (Files.exists(each) && !force) {
        throw new ConfigException(
            "%s is there already; choose another name with --out, or replace it with --force"
                .formatted(each));
      }
    }
  }

  /** Nothing is written unless all can be, and the recipe is one. */
  private void write(String text, DraftClasses classes, DraftSplit split) throws IOException {
    Map<Path, String> files = new LinkedHashMap<>();
    if (split.own()) {
      files.put(list(request.out(), "train"), DraftSplit.text(split.train()));
      files.put(list(request.out(), "val"), DraftSplit.text(split.val()));
    }
    requireFree(List.copyOf(files.keySet()), request.force());
    if (classes != null && classes.file() != null) {
      if (Files.exists(classes.file())) {
        throw new ConfigException(
            "%s is there already; give it with --classes %s, or move it away"
                .formatted(classes.file(), classes.file()));
      }
      files.put(classes.file(), classes.text());
    }
    Path folder = request.out().toAbsolutePath().getParent();
    Files.createDirectories(folder);
    for (Map.Entry<Path, String> each : files.entrySet()) {
      WholeFile.write(each.getKey(), each.getValue());
      out.printf("Written: %s%n", each.getKey());
    }
    Recipe.parse(text, request.out().toString()); // a recipe that cannot be read is not written
    WholeFile.write(request.out(), text);
    out.printf("Written: %s%n", request.out());
  }

  private void tell(
      String name,
      DraftPlace place,
      DraftFrames frames,
      DraftClasses classes,
      DraftSplit split,
      DraftWeights weights,
      DraftText text) {
    out.printf("%nFound in %s:%n", place.root());
    out.printf("  images  %d of %s%n", frames.all().size(), frames.part().sizes());
    out.printf("  labels  %s%n", classes == null ? "none" : frames.part().labels());
    out.printf("  depth   %s%n", frames.part().depth());
    out.printf(
        "  camera  %s%n",
        frames.camera() == null
            ? "not known"
            : String.format(
                Locale.ROOT,
                "focal length %.0f of %d pixels",
                frames.camera().fx(),
                frames.width()));
    if (classes != null) {
      int width = classes.set().names().stream().mapToInt(String::length).max().orElse(1);
      for (int id = 0; id < classes.set().size(); id++) {
        out.printf(
            "  %-" + width + "s  %s%n", classes.set().names().get(id), frames.part().share(id));
      }
    }
    out.printf("%nChosen:%n");
    out.printf(
        "  frames  %d to train on (%d labelled), %d to judge by (%d labelled): %s%n",
        split.train().size(),
        text.labelled(),
        split.val().size(),
        DraftFrames.labelled(split.val()),
        split.why());
    out.printf(
        "  way     %s%n",
        text.hasTeacher()
            ? "a teacher that sees depth labels the %d other frames for the student"
                .formatted(text.unlabelledWithDepth())
            : "a student alone");
    out.printf("  start   %s%n", start(weights));
    unknown(place, frames, classes, split, weights);
    if (!unknown.isEmpty()) {
      out.printf("%nNot known:%n");
      unknown.forEach(each -> out.printf("  - %s%n", each));
    }
    next(name);
  }

  private static String start(DraftWeights weights) {
    return weights.whole() != null
        ? "the weights of " + weights.whole()
        : weights.encoder() != null
            ? "the encoder's weights " + weights.encoder()
            : "random weights";
  }

  private void unknown(
      DraftPlace place,
      DraftFrames frames,
      DraftClasses classes,
      DraftSplit split,
      DraftWeights weights) {
    if (place.preset() == null && frames.part().far() > USUAL_REACH) {
      unknown.add(
          String.format(
              Locale.ROOT,
              "whether a count of depth is a millimetre: it was taken for one, and %.1f m is"
                  + " farther than most depth cameras see; if it is not, write the unit into the"
                  + " recipe, such as depth_as: {unit: tum} (docs/data-sets.md#files-of-depth)",
              frames.part().far()));
    }
    if (frames.camera() == null && frames.measured() > 0) {
      unknown.add(
          "the calibration, so the bundle cannot say for which camera its depth is metric; put"
              + " camera.yaml beside the images, or write camera: into the recipe"
              + " (docs/data-sets.md)");
    }
    if (weights.whole() == null && weights.encoder() == null) {
      unknown.add(
          "where an encoder's weights are, so training starts at random; docs/encoders.md says"
              + " where to get them");
    }
    if (classes != null) {
      List<String> unlearned = DraftFrames.absent(split.train(), classes.set());
      if (!unlearned.isEmpty()) {
        unknown.add(
            "what %s %s like: no frame that is trained on shows it; label more, or take it out of"
                    .formatted(
                        String.join(", ", unlearned), unlearned.size() == 1 ? "looks" : "look")
                + " the classes");
      }
      if (classes.file() == null && frames.part().labelledShare() < 0.95) {
        unknown.add(
            String.format(
                Locale.ROOT,
                "what the %.0f %% of the labelled frames are that no class covers; they teach"
                    + " nothing, unless the classes have one called background",
                100 * (1 - frames.part().labelledShare())));
      }
    }
  }

  private void next(String name) {
    String recipe = ShellWord.of(request.out());
    // What was trained on proves nothing.
    List<Path> bags = request.bags();
    String bag = bags.size() > 1 ? ShellWord.of(bags.get(bags.size() - 1)) : "ANOTHER.bag";
    out.printf("%nNext:%n");
    out.printf("  tarsier data check %s%n", recipe);
    out.printf("  tarsier train %s%n", recipe);
    out.printf(
        "  tarsier replay %s --model runs/%s/bundle --out runs/%s/replay%n", bag, name, name);
    out.printf(
        "  roslaunch tarsier perception.launch model:=%s image:=%s%n",
        ShellWord.of(Path.of("runs", name, "bundle").toAbsolutePath()),
        bags.stream().findFirst().flatMap(DraftPlace::colour).orElse("TOPIC"));
  }
}
