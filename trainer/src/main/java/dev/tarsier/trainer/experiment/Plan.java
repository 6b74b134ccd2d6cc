package dev.tarsier.trainer.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.recipe.Network;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A study as a person chose to run it: a recipe for each row and seed.
 *
 * @param study what the file says
 * @param file what it is called in messages
 * @param choice what was chosen
 * @param network which of the study's networks
 * @param seeds in order
 * @param rows those that were chosen, in the order of the study; what variants make of them after
 *     what it says
 * @param cells row by row within a seed, so that whole tables come early
 */
public record Plan(
    Study study,
    String file,
    Choice choice,
    String network,
    List<Long> seeds,
    List<Study.Row> rows,
    List<Cell> cells) {

  /** Copies. */
  public Plan {
    seeds = List.copyOf(seeds);
    rows = List.copyOf(rows);
    cells = List.copyOf(cells);
  }

  /**
   * What the command line changes.
   *
   * @param network one of the study's; null for its first
   * @param classes such as {@code nyu13}; null for the base's
   * @param size of the network's input; null for the base's
   * @param crop what is cut out of it for training; null for the base's
   * @param steps of each training before a row's factor; 0 for the study's
   * @param seeds empty for the study's
   * @param rows names of the study's rows, or of what its variants make of them; empty for all that
   *     the study says
   */
  public record Choice(
      String network,
      String classes,
      Size size,
      Size crop,
      long steps,
      List<Long> seeds,
      List<String> rows) {
    /** Nothing changed. */
    public static final Choice NONE = new Choice(null, null, null, null, 0, List.of(), List.of());

    /** Copies. */
    public Choice {
      seeds = List.copyOf(seeds);
      rows = List.copyOf(rows);
    }
  }

  /**
   * One row's network of one seed.
   *
   * @param row of the study
   * @param seed of all that is random
   * @param recipe what makes it; its student is the row's network
   * @param teachers recipes whose students are to be the recipe's teachers, in that order, where
   *     rows of several kinds teach; else empty, and the recipe trains its teachers itself
   * @param sha256 of what study and choice say of it. Keys that recipes get later do not change it;
   *     whether networks must be trained anew is for their stages to say.
   */
  public record Cell(
      Study.Row row, long seed, Recipe recipe, List<Recipe> teachers, String sha256) {
    /** Copies. */
    public Cell {
      teachers = List.copyOf(teachers);
    }

    /** What its folder is called. */
    public String id() {
      return Plan.id(row, seed);
    }

    /**
     * The recipe with its teachers trained already.
     *
     * @param folders of their trainings, in the order of {@link #teachers}
     */
    Recipe taughtBy(List<Path> folders) {
      ObjectNode tree = StrictYaml.parse(recipe.yaml(), id(), ObjectNode.class);
      ObjectNode teacher = (ObjectNode) tree.path("teacher");
      teacher.remove(List.of("ensemble", "first_seed"));
      ArrayNode trained = teacher.putArray("trained");
      folders.forEach(folder -> trained.add(folder.toAbsolutePath().toString()));
      return Recipe.parse(StrictYaml.write(tree), id());
    }

    /** Steps of all that it needs, by what the trainings are. */
    Map<Object, Long> steps() {
      if (teachers.isEmpty()) {
        return recipe.steps();
      }
      Map<Object, Long> taught = new HashMap<>(recipe.steps());
      Map<Object, Long> steps = new HashMap<>();
      teachers.forEach(each -> steps.putAll(each.steps()));
      taught.keySet().removeAll(steps.keySet());
      // The recipe's own key knows of its first kind of teacher alone.
      taught.forEach((key, count) -> steps.put(List.of(key, row.beside()), count));
      return steps;
    }
  }

  /**
   * Makes the recipes.
   *
   * @param study what the file says
   * @param file what to call it in messages
   * @param choice what is changed
   * @throws IllegalArgumentException if the study has no such network or row; the message names the
   *     nearest
   * @throws dev.tarsier.runtime.config.ConfigException if a row says what no recipe can say
   */
  public static Plan of(Study study, String file, Choice choice) {
    String network =
        choice.network() == null ? study.networks().keySet().iterator().next() : choice.network();
    Study.require(study.networks().keySet(), network, "the study is asked for network");
    Rows all = study.byName();
    Study.Choice chosen = study.networks().get(network);
    Stream<Study.Row> named =
        choice.rows().isEmpty()
            ? study.rows().stream()
            : choice.rows().stream()
                .distinct()
                .map(name -> all.get(name, "the study is asked for row"))
                .sorted(all.inOrder());
    List<Study.Row> rows = named.map(chosen::printed).toList();
    List<Long> seeds =
        choice.seeds().isEmpty() ? study.seeds() : Study.checkedSeeds(choice.seeds());
    long steps = choice.steps() > 0 ? choice.steps() : study.steps();
    Making making = new Making(file, all, base(study, network, choice), chosen, steps);
    List<Cell> cells = new ArrayList<>();
    for (long seed : seeds) {
      for (Study.Row row : rows) {
        ObjectNode tree = making.tree(row, seed);
        Recipe recipe = making.recipe(row, tree);
        List<Recipe> teachers = new ArrayList<>();
        if (!row.beside().isEmpty()) {
          for (ObjectNode teacher : making.teachers(row, recipe.teacherSeeds())) {
            teachers.add(asTrained(row, making.recipe(row, teacher)));
            tree.withArray("teachers").add(teacher);
          }
        }
        cells.add(new Cell(row, seed, recipe, teachers, Canonical.sha256(tree)));
      }
    }
    if (choice.classes() != null
        && study.rows().stream()
            .map(chosen::printed)
            .map(row -> making.recipe(row, making.tree(row, seeds.get(0))))
            .flatMap(Plan::tasks)
            .noneMatch(task -> task.head().kind() instanceof ClassMap)) {
      throw new IllegalArgumentException(
          "classes %s are of no use: no row of %s has a head for classes of pixels; leave them out"
              .formatted(choice.classes(), file));
    }
    return new Plan(study, file, choice, network, seeds, rows, cells);
  }

  /** The same with these rows and seeds, where the study has such rows, in its order. */
  Plan with(Set<String> rowNames, Set<Long> seedNumbers) {
    List<String> names = rowNames.stream().filter(study.byName()::has).toList();
    return of(
        study,
        file,
        new Choice(
            choice.network(),
            choice.classes(),
            choice.size(),
            choice.crop(),
            choice.steps(),
            List.copyOf(seedNumbers),
            names));
  }

  private static ObjectNode base(Study study, String network, Choice choice) {
    ObjectNode base = merged(study.base(), study.networks().get(network).recipe());
    Size crop = choice.crop();
    Common common =
        choice.size() == null && crop == null
            ? null
            : new Common(
                choice.size(),
                crop == null ? null : crop.height(),
                crop == null ? null : crop.width());
    return merged(base, Json.SNAKE_CASE.tree(new Chosen(choice.classes(), common)));
  }

  /** Keys of a recipe that are chosen; null for what is not. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Chosen(String classes, Common common) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Common(Size network, Integer cropHeight, Integer cropWidth) {}

  private static String id(Study.Row row, long seed) {
    return "%s-seed%d".formatted(row.name(), seed);
  }

  /** Teachers of several kinds label as their trainings left them. */
  private static Recipe asTrained(Study.Row row, Recipe teacher) {
    if (teacher.student().logitAdjustment() > 0 || teacher.student().preciseBatchNorm() > 0) {
      throw new IllegalArgumentException(
          ("row %s learns from %s and others beside it, and they label as they were trained;"
                  + " name rows without logit_adjustment and precise_batch_norm")
              .formatted(row.name(), teacher.name()));
    }
    return teacher;
  }

  /**
   * Writes recipes out.
   *
   * @param file what the study is called in messages
   * @param rows of the study
   * @param base what all rows start from
   * @param network which the rows are made with
   * @param steps of a training whose row has the factor 1
   */
  private record Making(String file, Rows rows, ObjectNode base, Study.Choice network, long steps) {

    /**
     * A row's recipe; its teacher is made just as that row makes it, so that it is the same one.
     */
    ObjectNode tree(Study.Row row, long seed) {
      ObjectNode tree = merged(base, row.recipe());
      tree.set("student", training(row));
      if (row.teacher() != null) {
        JsonNode taught = training(teaching(row.teacher()));
        tree.set("teacher", merged(taught, row.recipe().path("teacher")));
      }
      return tree.put("name", id(row, seed)).put("seed", seed);
    }

    private Study.Row teaching(String name) {
      return rows.get(name, "a row is taught by");
    }

    Recipe recipe(Study.Row row, ObjectNode tree) {
      String source = "%s, row %s, written out".formatted(file, row.name());
      return Recipe.parse(StrictYaml.write(tree), source);
    }

    /** Recipes of its teachers: those of one row after the other, over the seeds. */
    List<ObjectNode> teachers(Study.Row row, List<Long> seeds) {
      List<ObjectNode> teachers = new ArrayList<>();
      for (long seed : seeds) {
        ObjectNode tree = tree(teaching(row.teacher()), seed);
        JsonNode changes = row.recipe().path("teacher");
        ObjectNode own = merged(JsonNodeFactory.instance.objectNode(), changes);
        own.remove(List.of("ensemble", "first_seed"));
        tree.set("student", merged(tree.path("student"), own));
        teachers.add(tree);
      }
      for (String name : row.beside()) {
        seeds.forEach(seed -> teachers.add(tree(teaching(name), seed)));
      }
      return teachers;
    }

    /** Epochs do not end a training here: rows with less data would see fewer steps. */
    private ObjectNode training(Study.Row row) {
      long factored = Math.max(1, Math.round(steps * row.stepsFactor()));
      ObjectNode timed =
          JsonNodeFactory.instance
              .objectNode()
              .put("max_steps", factored)
              .put("epochs", Math.toIntExact(factored));
      JsonNode own = merged(base, row.recipe()).path("student");
      JsonNode section = own.path("network");
      boolean branch =
          !section.path("extra").asText("none").equals("none")
              && !section.path("fusion").asText("features").equals("input");
      ObjectNode under = branch ? merged(timed, network.twoBranches()) : timed;
      return merged(under, own);
    }
  }

  /** Sections are merged key by key; all else is replaced whole. */
  static ObjectNode merged(JsonNode under, JsonNode over) {
    ObjectNode merged = under.deepCopy();
    if (over.isObject()) {
      over.properties()
          .forEach(
              entry -> {
                JsonNode before = merged.get(entry.getKey());
                merged.set(
                    entry.getKey(),
                    before != null && before.isObject() && entry.getValue().isObject()
                        ? merged(before, entry.getValue())
                        : entry.getValue().deepCopy());
              });
    }
    return merged;
  }

  /**
   * Steps that are left after a cell. A training that several cells need counts once, and not at
   * all where the cell, or one that is done, has it too.
   *
   * @param now the cell
   * @param later those after it
   * @param done hashes of cells that are done
   */
  long stepsAfter(Cell now, Collection<Cell> later, Set<String> done) {
    Map<Object, Long> steps = new HashMap<>();
    later.stream()
        .filter(cell -> !done.contains(cell.sha256()))
        .forEach(cell -> steps.putAll(cell.steps()));
    cells.stream()
        .filter(cell -> cell.equals(now) || done.contains(cell.sha256()))
        .forEach(cell -> steps.keySet().removeAll(cell.steps().keySet()));
    return steps.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What the table shows: the study's choice, or what its rows' tasks have. */
  public List<Column> columns() {
    if (!study.columns().isEmpty()) {
      return study.columns().stream().map(Column::named).toList();
    }
    Map<String, Head> heads = new LinkedHashMap<>();
    cells.stream()
        .flatMap(cell -> tasks(cell.recipe()))
        .forEach(task -> heads.putIfAbsent(task.id(), task.head()));
    return Column.of(heads.values());
  }

  private static Stream<Task> tasks(Recipe recipe) {
    return recipe.student().network().tasks(recipe.classes()).outputs().stream();
  }

  /** The classes of all rows. */
  public ClassSet classes() {
    return cells.get(0).recipe().classes();
  }

  /** What its folder is called, after what was chosen. */
  public String folderName(String study) {
    Network input = cells.get(0).recipe().student().network();
    String name =
        "%s-%s-%s-%dx%d".formatted(study, network, classes().id(), input.height(), input.width());
    if (choice.crop() != null) {
      name += "-crop-" + choice.crop();
    }
    return choice.steps() > 0 ? name + "-%d-steps".formatted(choice.steps()) : name;
  }

  /**
   * Network and input size, height × width as the option {@code --size} has it, in a few words;
   * also the sizes that other rows end with.
   */
  public String networkLine() {
    String first = size(cells.get(0).recipe().student().network());
    String line = "%s at %s".formatted(network, first);
    String later =
        cells.stream()
            .map(cell -> size(cell.recipe().student().finalNetwork()))
            .filter(size -> !size.equals(first))
            .distinct()
            .collect(Collectors.joining(" or "));
    if (!later.isEmpty()) {
      line += " (%s where a row's note says so)".formatted(later);
    }
    return choice.crop() == null
        ? line
        : "%s, trained on crops of %d×%d"
            .formatted(line, choice.crop().height(), choice.crop().width());
  }

  /** What was chosen in place of the study's own, in a few words; empty for nothing. */
  public String changed() {
    List<String> changed = new ArrayList<>();
    if (choice.classes() != null) {
      changed.add("classes " + choice.classes());
    }
    if (choice.size() != null) {
      changed.add("size %d×%d".formatted(choice.size().height(), choice.size().width()));
    }
    if (choice.crop() != null) {
      changed.add("crops of %d×%d".formatted(choice.crop().height(), choice.crop().width()));
    }
    if (choice.steps() > 0) {
      changed.add(
          String.format(Locale.ROOT, "%,d steps in place of %,d", choice.steps(), study.steps()));
    }
    return String.join(", ", changed);
  }

  private static String size(Network network) {
    return "%d×%d".formatted(network.height(), network.width());
  }
}
