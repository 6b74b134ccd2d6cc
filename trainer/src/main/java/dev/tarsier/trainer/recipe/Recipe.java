package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.Setting;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.pseudolabel.PseudoLabelOptions;
import dev.tarsier.trainer.quantisation.Int8Options;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.ClassesSaid;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * What a recipe file says: the whole chain from data to bundle. Keys are the components' names in
 * snake_case; {@code docs/recipes.md} lists them.
 *
 * <p>A file may have a section {@code common} besides, with what teacher and student have in
 * common: its values stand where the two say nothing. What is said nowhere has the value of {@link
 * #TRAINING}, {@link #PSEUDO_LABELS} or {@link #EXPORT}.
 *
 * @param name of the run and of its bundle: letters, digits, dot, dash and underscore
 * @param seed of all that is random; an ensemble's teachers have this one and those after it, where
 *     their section says no other
 * @param classes which classes there are: a known set's, or a user's own; of images also those that
 *     its data sets tell apart
 * @param teacher the network that sees more than the robot will; null for none
 * @param teachers networks that someone else trained and that label beside it, or alone
 * @param pseudoLabels what the teacher is asked to label; null for nothing
 * @param student the network that ships; null for none
 * @param export its bundle
 * @param evaluation what the finished networks are judged on besides
 */
public record Recipe(
    String name,
    long seed,
    ClassSet classes,
    Training teacher,
    // Only where there are some: recipes that say nothing of them keep their hashes.
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<OnnxSection> teachers,
    PseudoLabelOptions pseudoLabels,
    Training student,
    Export export,
    Evaluation evaluation) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /** Checks that the sections fit together. */
  public Recipe {
    if (name == null || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name must be letters, digits, dots, dashes and underscores, got '%s'".formatted(name));
    }
    teachers = teachers == null ? List.of() : List.copyOf(teachers);
    RecipeChecks.others(teachers, pseudoLabels, student);
    if (teacher == null && student == null) {
      throw new IllegalArgumentException("a recipe needs a student, a teacher, or both");
    }
    classes = ImageClasses.of(classes, teacher, pseudoLabels, student, evaluation);
    RecipeChecks.heads("teacher", teacher, classes);
    RecipeChecks.heads("student", student, classes);
    RecipeChecks.teacher(teacher, teachers, pseudoLabels);
    RecipeChecks.pseudoLabels(pseudoLabels, teacher, student);
    RecipeChecks.student(student, pseudoLabels, export);
    RecipeChecks.plain("evaluation.data", evaluation.data());
    RecipeChecks.depthUnit("teacher", teacher, pseudoLabels, evaluation);
    RecipeChecks.depthUnit("student", student, pseudoLabels, evaluation);
    RecipeChecks.use(teacher, student, pseudoLabels, export);
    RecipeChecks.models(teacher, export);
  }

  /**
   * The camera of all that the student learns from, for images of a size in pixels; none where the
   * data does not say, or says several.
   *
   * @param paths finds calibrations that data sets name
   */
  Optional<Intrinsics> camera(PathResolver paths, int width, int height) {
    List<Optional<Intrinsics>> cameras =
        shown().stream().map(each -> each.camera(paths, width, height)).distinct().toList();
    return cameras.size() == 1 ? cameras.get(0) : Optional.empty();
  }

  /** The data sets whose images the student is shown, with their own labels or a teacher's. */
  List<DataSet> shown() {
    List<DataSet> all = new ArrayList<>(student.allData());
    all.removeIf(PseudoLabelled.class::isInstance);
    if (pseudoLabels != null) {
      all.addAll(pseudoLabels.data());
    }
    return all.stream().distinct().toList();
  }

  /**
   * How many steps the trainings of this recipe have, by what they are. Trainings of two recipes
   * whose keys are equal are one and the same. Of a fine-tuning over data of unknown length it is
   * not known, and said to be 0.
   */
  public Map<Object, Long> steps() {
    Map<Object, Long> steps = new LinkedHashMap<>();
    trainings().values().forEach(each -> steps.put(each.key(), each.steps()));
    return steps;
  }

  /**
   * One training of a recipe.
   *
   * @param key equal for trainings that are one and the same
   * @param steps of it; 0 where they are not known
   */
  public record Planned(Object key, long steps) {}

  /** The trainings of this recipe by their stage's name, in their order. */
  public Map<String, Planned> trainings() {
    return Chain.trainings(this);
  }

  /** The seeds of the teachers that it trains, in their order; empty where it trains none. */
  public List<Long> teacherSeeds() {
    if (teacher == null || !teacher.trained().isEmpty()) {
      return List.of();
    }
    long first = teacher.firstSeed() == 0 ? seed : teacher.firstSeed();
    return LongStream.range(first, first + teacher.ensemble()).boxed().toList();
  }

  /** The hash of what it means, which comments and layout do not change. */
  String sha256() {
    return Canonical.sha256(Canonical.tree(this));
  }

  /** The same with a teacher of another kind. */
  Recipe withTeacher(Training other) {
    return new Recipe(
        name, seed, classes, other, teachers, pseudoLabels, student, export, evaluation);
  }

  /**
   * What is written for use outside the trainer.
   *
   * @param enabled whether the student's bundle is written
   * @param version of the bundle
   * @param goldenFrames rendered frames it carries for the self-test, 1 to 16
   * @param teachers whether each teacher is written as a plain ONNX file, to label with elsewhere
   * @param int8 how the bundle gets an int8 network besides; null for none
   */
  public record Export(
      boolean enabled,
      String version,
      int goldenFrames,
      boolean teachers,
      // Only where it is asked for: recipes that say nothing of it keep their hashes.
      @JsonInclude(JsonInclude.Include.NON_NULL) Int8Options int8) {
    /** Checks the range. */
    public Export {
      if (version == null || version.isBlank()) {
        throw new IllegalArgumentException("version must not be empty");
      }
      if (goldenFrames < 1 || goldenFrames > 16) {
        throw new IllegalArgumentException("golden_frames must be 1 to 16, got " + goldenFrames);
      }
    }
  }

  /**
   * Data sets that finished networks are judged on for the record; nothing is chosen by them.
   *
   * @param data the data sets, besides those of validation
   */
  public record Evaluation(List<DataSet> data) {
    /** Copies. */
    public Evaluation {
      data = List.copyOf(data);
    }
  }

  /** What sections mean where they say nothing. */
  private record Defaults(Training training, PseudoLabelOptions pseudoLabels, Export export) {
    private static Defaults read() {
      try (InputStream yaml = Recipe.class.getResourceAsStream("defaults.yaml")) {
        String text = new String(yaml.readAllBytes(), StandardCharsets.UTF_8);
        return StrictYaml.parse(text, "defaults.yaml", Defaults.class);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final Defaults DEFAULTS = Defaults.read();

  /** A training where a recipe says nothing. It has no data: that is for the recipe to say. */
  public static final Training TRAINING = DEFAULTS.training();

  /** Pseudo-labels where a recipe says nothing: hard ones, each frame seen once (methods §1). */
  static final PseudoLabelOptions PSEUDO_LABELS = DEFAULTS.pseudoLabels();

  /** A bundle where a recipe says nothing. */
  public static final Export EXPORT = DEFAULTS.export();

  /** A recipe's file: a recipe, and what its trainings have in common. */
  record Document(
      String name,
      long seed,
      ClassesSaid classes,
      Training common,
      TeacherSaid teacher,
      List<OnnxSection> teachers,
      PseudoLabelOptions pseudoLabels,
      Training student,
      Export export,
      Evaluation evaluation) {
    /** Fits together, once {@code common} is known; checked where that is so. */
    Recipe recipe(PathResolver paths) {
      return new Recipe(
          name,
          seed,
          classes == null ? null : classes.read(paths),
          teacher == null ? null : teacher.training(),
          others(),
          pseudoLabels,
          student,
          export,
          evaluation);
    }

    /** One alone may be the section {@code teacher} itself. */
    private List<OnnxSection> others() {
      List<OnnxSection> all = new ArrayList<>();
      if (teacher != null && teacher.onnx() != null) {
        all.add(teacher.onnx());
      }
      all.addAll(teachers == null ? List.of() : teachers);
      return all;
    }

    static Document over(Training training, JsonNode given) {
      return new Document(
          "unnamed",
          1,
          ClassesSaid.of(ClassSet.NYU_13),
          training,
          given.hasNonNull("teacher") && !TeacherSaid.isOnnx(given.path("teacher"))
              ? new TeacherSaid(training, null)
              : null,
          List.of(),
          given.hasNonNull("pseudo_labels") ? PSEUDO_LABELS : null,
          given.hasNonNull("student") ? training : null,
          EXPORT,
          new Evaluation(List.of()));
    }
  }

  /** A recipe's file of which only {@code common} is looked at: the rest needs it to make sense. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Common(Training common) {
    static Training of(String yaml, String source, List<Setting> settings) {
      return StrictYaml.parse(yaml, source, settings, new Common(TRAINING)).common();
    }
  }

  /**
   * Reads a recipe.
   *
   * @throws ConfigException if it cannot be read, or says what no recipe can say; the message names
   *     file, line and key
   */
  public static Recipe read(Path file) {
    return read(file, List.of());
  }

  /**
   * As {@link #read(Path)}, with values that count instead of the file's.
   *
   * @param settings such as {@code student.epochs=20}. Not modified.
   */
  public static Recipe read(Path file, List<Setting> settings) {
    try {
      return parse(Files.readString(file, StandardCharsets.UTF_8), file.toString(), settings);
    } catch (NoSuchFileException e) {
      throw new ConfigException("%s: there is no such file".formatted(file), e);
    } catch (IOException e) {
      throw new ConfigException("%s: cannot be read: %s".formatted(file, e), e);
    }
  }

  /**
   * As {@link #read}, from text.
   *
   * @param source what to call the text in messages, such as its file name
   */
  public static Recipe parse(String yaml, String source) {
    return parse(yaml, source, List.of());
  }

  /**
   * The student's network in a recipe's file. Its classes need not be there, as beside the record
   * of a run.
   *
   * @return none where it has no student
   * @throws ConfigException as {@link #read(Path)}
   */
  static Optional<Network> studentsNetwork(Path file) {
    try {
      Document document =
          document(Files.readString(file, StandardCharsets.UTF_8), file.toString(), List.of());
      return Optional.ofNullable(document.student()).map(Training::network);
    } catch (IOException e) {
      throw new ConfigException("%s: cannot be read: %s".formatted(file, e), e);
    }
  }

  private static Document document(String yaml, String source, List<Setting> settings) {
    JsonNode given = StrictYaml.parse(yaml, source, settings, JsonNode.class);
    Training common = given.hasNonNull("common") ? Common.of(yaml, source, settings) : TRAINING;
    return StrictYaml.parse(yaml, source, settings, Document.over(common, given));
  }

  private static Recipe parse(String yaml, String source, List<Setting> settings) {
    Document document = document(yaml, source, settings);
    try {
      return document.recipe(new PathResolver(Path.of(source), System.getenv()));
    } catch (IllegalArgumentException e) {
      throw new ConfigException(source + ": " + e.getMessage(), e);
    }
  }

  /** This recipe as YAML that says everything; {@link #parse} reads it back. */
  public String yaml() {
    return StrictYaml.write(this);
  }
}
