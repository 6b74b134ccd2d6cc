package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.onnx.ForeignNetwork;
import dev.tarsier.trainer.onnx.ImportException;
import dev.tarsier.trainer.onnx.ImportOptions;
import dev.tarsier.trainer.pseudolabel.OnnxTeacher;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.TaskName;
import dev.tarsier.trainer.task.Tasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The teachers of a recipe that someone else trained, read and tried once.
 *
 * @param byTarget what they say, by the task of the recipe; in the recipe's order
 * @param notes what was found out, for people
 */
record OnnxTeachers(Map<TaskName, List<OnnxTeacher>> byTarget, List<String> notes) {
  /** Where a recipe has none. */
  static final OnnxTeachers NONE = new OnnxTeachers(Map.of(), List.of());

  /** Labels are kept in 16-bit millimetres. */
  private static final double FARTHEST = 65.535;

  /**
   * Reads all.
   *
   * @param paths finds the files
   * @throws DataException if one cannot be used, or more must be said of it; keys are called by
   *     their names
   */
  static OnnxTeachers all(Recipe recipe, PathResolver paths) throws IOException {
    Map<TaskName, List<OnnxTeacher>> byTarget = new LinkedHashMap<>();
    List<String> notes = new ArrayList<>();
    for (OnnxSection section : recipe.teachers()) {
      ForeignNetwork network = read(section, paths);
      String name = network.path().getFileName().toString();
      network.notes().forEach(each -> notes.add(name + ": " + ImportOptions.withKeys(each)));
      notes.add("%s: takes %s".formatted(name, network.takes()));
      for (Head head : network.heads()) {
        notes.add("%s: gives %s: %s".formatted(name, head.id(), network.says(head)));
        TaskName target = target(head);
        requireLearned(recipe, network, target);
        byTarget
            .computeIfAbsent(target, key -> new ArrayList<>())
            .add(
                new OnnxTeacher(
                    network,
                    head,
                    head.kind() instanceof ClassMap
                        ? classes(section, head, recipe.classes(), name, paths, notes)
                        : List.of(),
                    metres(section)));
      }
    }
    return new OnnxTeachers(byTarget, notes);
  }

  /** Those that say a task. */
  List<OnnxTeacher> of(TaskName target) {
    return byTarget.getOrDefault(target, List.of());
  }

  private static double metres(OnnxSection section) {
    return section.maxDepth() == null ? FARTHEST : Math.min(section.maxDepth(), FARTHEST);
  }

  private static ForeignNetwork read(OnnxSection section, PathResolver paths) throws IOException {
    Path file = find("onnx", section.onnx(), paths);
    Path config = section.config() == null ? null : find("config", section.config(), paths);
    try {
      return ForeignNetwork.read(
          file, section.options(names(section, paths), config, metres(section)), section.decode());
    } catch (ImportException | IllegalArgumentException e) {
      throw new DataException("teacher: " + ImportOptions.withKeys(e.getMessage()), e);
    }
  }

  /** A file's path where there is one; else a set's name, or a number. */
  private static String names(OnnxSection section, PathResolver paths) {
    if (section.names() == null) {
      return null;
    }
    String said = section.names().asText();
    return section.names().isInt() ? said : paths.find(said).map(Path::toString).orElse(said);
  }

  private static Path find(String key, String text, PathResolver paths) {
    return paths
        .find(text)
        .orElseThrow(
            () ->
                new DataException(
                    "teacher: %s: %s is not there (looked in %s)"
                        .formatted(key, text, paths.tried(text))));
  }

  private static List<Integer> classes(
      OnnxSection section,
      Head head,
      ClassSet classes,
      String name,
      PathResolver paths,
      List<String> notes)
      throws IOException {
    JsonNode said = section.classes();
    String source = "teacher: classes";
    if (said != null && said.isTextual()) {
      Path file =
          paths
              .find(said.asText())
              .filter(Files::isRegularFile)
              .orElseThrow(
                  () ->
                      new DataException(
                          "teacher: classes: %s is not there (looked in %s); it is a file that maps the network's classes to the recipe's, and what the network's are called is told by names: %s"
                              .formatted(
                                  section.classes().asText(),
                                  paths.tried(section.classes().asText()),
                                  section.classes().asText())));
      source = file.toString();
      try {
        said = StrictYaml.parse(Files.readString(file), source, JsonNode.class);
      } catch (ConfigException e) {
        throw new DataException("teacher: " + e.getMessage(), e);
      }
      if (!said.isObject()) {
        throw new DataException(
            "teacher: %s must map classes, a line such as 'rug: floor' for each".formatted(source));
      }
    }
    List<String> unsaid = new ArrayList<>();
    List<String> names = ForeignNetwork.classes(head);
    List<Integer> ids = ClassMapping.of(names, classes, said, source, unsaid);
    if (!unsaid.isEmpty()) {
      notes.add(
          "%s: %d of its %d classes are none of %s and teach nothing: %s"
              .formatted(name, unsaid.size(), names.size(), classes.id(), Listing.of(unsaid)));
    }
    return ids;
  }

  /** The product's own task that a head is of; depth without a unit becomes metres. */
  private static TaskName target(Head head) {
    boolean classes = head.kind() instanceof ClassMap;
    return Tasks.all().stream()
        .map(TaskName::new)
        .filter(each -> classes ? each.isOfClasses() : each.kind() instanceof MetricMap)
        .findFirst()
        .orElseThrow();
  }

  private static void requireLearned(Recipe recipe, ForeignNetwork network, TaskName target) {
    Optional<Training> student = Optional.ofNullable(recipe.student());
    if (student.isPresent() && !student.get().network().has(target)) {
      throw new DataException(
          "teacher: %s says %s, and the student has no head for it; its heads are %s"
              .formatted(network.path(), target, student.get().network().heads()));
    }
    if (target.kind() instanceof MetricMap && RecipeChecks.inverse(recipe.pseudoLabels().data())) {
      throw new DataException(
          "teacher: %s says %s, which is kept in millimetres, but pseudo_labels.data has depth: inverse; write depth: metres"
              .formatted(network.path(), target));
    }
  }
}
