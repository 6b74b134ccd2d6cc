package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProvenSession;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.Scores;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.PixelLoss;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Scores a bundle, whoever trained it, on data that a recipe names, by the measures that trainings
 * and replay have. Classes are told apart by their names, so a bundle may number them otherwise. A
 * head that has no truth there is not scored, and said.
 */
public final class BundleScore {
  private final Recipe recipe;
  private final Bundle bundle;
  private final PrintedRun printed;
  private final List<String> notes = new ArrayList<>();

  private BundleScore(Recipe recipe, Bundle bundle, PrintedRun printed) {
    this.recipe = recipe;
    this.bundle = bundle;
    this.printed = printed;
  }

  /**
   * What came of it, as JSON has it.
   *
   * @param schema {@code tarsier.score/1}
   * @param bundle its name
   * @param version of its content
   * @param modelSha256 of its network
   * @param precision of its network
   * @param recipe the file, with the section
   * @param data figures of each data set
   * @param notes what a reader must know to read them rightly
   */
  public record Outcome(
      String schema,
      String bundle,
      String version,
      String modelSha256,
      String precision,
      String recipe,
      List<Figures> data,
      List<String> notes) {
    /** Copies the lists. */
    public Outcome {
      data = List.copyOf(data);
      notes = List.copyOf(notes);
    }
  }

  /**
   * Scores.
   *
   * @param bundle that is scored. Not modified.
   * @param file the recipe's, by which its data is found
   * @param recipe what the file says
   * @param section of the recipe; null for {@code evaluation}, or validation where there is none
   * @param options how the network is run
   * @param out where progress is told
   * @param terminal whether a progress bar can be drawn there
   * @throws ConfigException if there is no such section, or nothing in it can be scored
   * @throws BundleException if the bundle does not give its golden frames
   */
  public static Outcome run(
      Bundle bundle,
      Path file,
      Recipe recipe,
      String section,
      SessionOptions options,
      PrintStream out,
      boolean terminal)
      throws BundleException, InferenceException {
    try (PrintedRun printed = new PrintedRun(out, terminal)) {
      return new BundleScore(recipe, bundle, printed).run(file, section, options);
    }
  }

  private Outcome run(Path file, String wanted, SessionOptions options)
      throws BundleException, InferenceException {
    Map<String, Supplier<List<DataSet>>> sections = sections();
    String section = wanted == null ? usual(file, sections) : wanted;
    Supplier<List<DataSet>> data = sections.get(section);
    if (data == null) {
      throw new ConfigException(
          "%s has no section %s with data; it has %s"
              .formatted(file, section, String.join(", ", sections.keySet())));
    }
    List<DataSet> sets = new ArrayList<>(data.get());
    sets.removeIf(PseudoLabelled.class::isInstance);
    BundleManifest.Input input = bundle.manifest().input();
    Network network =
        (recipe.student() == null ? recipe.teacher() : recipe.student())
            .network()
            .resized(input.height(), input.width());
    List<OpenedData> opened =
        new DataSetRegistry(new PathResolver(file, System.getenv()))
            .open(sets, network, recipe.classes(), printed::note);
    if (opened.isEmpty()) {
      throw new ConfigException(
          "section %s of %s has no data that is there".formatted(section, file));
    }
    List<Judge> judges = new ArrayList<>();
    for (Head head : bundle.manifest().heads()) {
      judge(head).ifPresent(judges::add);
    }
    if (judges.isEmpty()) {
      throw new ConfigException(
          "%s gives %s, and no data of a recipe has truth for that"
              .formatted(
                  bundle.manifest().name(),
                  bundle.manifest().heads().stream().map(Head::id).toList()));
    }
    List<Figures> figures = new ArrayList<>();
    ProvenSession proven =
        ProvenSession.open(
            bundle,
            options,
            InferenceEngine.usual(),
            ProvenSession.Building.NOW,
            ProvenSession.BuildListener.NONE);
    try (InferenceSession session = proven.session()) {
      for (OpenedData each : opened) {
        figures.add(score(session, each, judges, section));
        tellWhetherItLearnedFrom(each.source());
      }
    }
    if (figures.stream().allMatch(each -> each.values().isEmpty())) {
      throw new ConfigException(
          "nothing could be scored: section %s of %s has no truth for %s"
              .formatted(section, file, judges.stream().map(Task::id).toList()));
    }
    return new Outcome(
        "tarsier.score/1",
        bundle.manifest().name(),
        bundle.manifest().version(),
        bundle.modelSha256(),
        bundle.precision().id(),
        file + ":" + section,
        figures,
        notes);
  }

  /** Figures on what a network learned from are too good, and do not look it. */
  private void tellWhetherItLearnedFrom(SampleSource data) {
    List<BundleManifest.DataSet> used = bundle.manifest().provenance().dataSets();
    if (used.stream()
        .anyMatch(
            each ->
                data.sha256().equals(each.sha256()) && Figures.VALIDATION.equals(each.split()))) {
      return;
    }
    String taught =
        used.stream()
            .filter(each -> each.split() != null && each.split().endsWith("training"))
            .map(BundleManifest.DataSet::name)
            .filter(each -> family(each).equals(family(data.name())))
            .distinct()
            .collect(Collectors.joining(", "));
    if (!taught.isEmpty()) {
      notes.add(
          "%s: this bundle learned from %s; on frames that are among those its figures are too good"
              .formatted(data.name(), taught));
    }
  }

  /** What is before the split of a data set, which may share frames with another one. */
  private static String family(String name) {
    int slash = name.lastIndexOf('/');
    return slash < 0 ? name : name.substring(0, slash);
  }

  /** What of a recipe is data, by the name that it has there. */
  private Map<String, Supplier<List<DataSet>>> sections() {
    Map<String, Supplier<List<DataSet>>> sections = new LinkedHashMap<>();
    if (!recipe.evaluation().data().isEmpty()) {
      sections.put("evaluation", () -> recipe.evaluation().data());
    }
    Map<String, Training> trainings = new LinkedHashMap<>();
    trainings.put("student", recipe.student());
    trainings.put("teacher", recipe.teacher());
    trainings.forEach(
        (name, training) -> {
          if (training != null) {
            sections.put(name + ".validation", () -> training.validation().data());
            sections.put(name + ".data", training::allData);
          }
        });
    if (recipe.pseudoLabels() != null) {
      sections.put("pseudo_labels", () -> recipe.pseudoLabels().data());
    }
    return sections;
  }

  private static String usual(Path file, Map<String, Supplier<List<DataSet>>> sections) {
    return sections.entrySet().stream()
        .filter(each -> !each.getValue().get().isEmpty())
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(() -> new ConfigException(file + " names no data"));
  }

  /**
   * A head of the bundle with the truth that data has for it.
   *
   * @param head with the ids of the truth
   * @param task says what is known of a frame
   * @param ids the truth's id of each of the bundle's; null where they are the same
   */
  private record Judge(Head head, Task task, int[] ids) implements Task {
    @Override
    public Map<String, PixelLoss> losses() {
      return Map.of(); // nothing is learned
    }

    @Override
    public Plane target(Known known) {
      return task.target(known);
    }

    /** With the truth's ids. */
    Plane renumbered(Plane given) {
      if (ids == null) {
        return given;
      }
      byte[] others = new byte[given.ids().limit()];
      for (int i = 0; i < others.length; i++) {
        others[i] = (byte) ids[Byte.toUnsignedInt(given.ids().get(i))];
      }
      return Plane.ofIds(others, given.width(), given.height());
    }
  }

  /** The task of the head's id; else, of classes and depth, the product's own of that kind. */
  private Optional<Judge> judge(Head head) {
    Class<? extends HeadKind> kind =
        head.kind() instanceof RelativeMap ? MetricMap.class : head.kind().getClass();
    Optional<Task> task =
        Tasks.find(head.id())
            .filter(type -> kind.isInstance(type.any().head().kind()))
            .or(
                () ->
                    Tasks.all().stream()
                        .filter(type -> kind.isInstance(type.any().head().kind()))
                        .findFirst())
            .map(this::created);
    if (task.isEmpty()) {
      notes.add("no data has truth for %s; it is not scored".formatted(head.id()));
      return Optional.empty();
    }
    if (head.kind() instanceof ClassMap given
        && task.get().head().kind() instanceof ClassMap known) {
      return Optional.of(new Judge(new Head(head.id(), known), task.get(), ids(given, known)));
    }
    return Optional.of(new Judge(head, task.get(), null));
  }

  private Task created(TaskType type) {
    ClassSet classes = recipe.classes();
    return type.create(new TaskType.Settings(classes, 10));
  }

  /** By name; upper case, spaces, dashes and underscores do not matter. */
  private int[] ids(ClassMap given, ClassMap known) {
    int[] ids = new int[256];
    Arrays.fill(ids, ClassMap.USUAL_IGNORE_ID); // which counts as wrong where something is known
    Map<String, Integer> byName = new LinkedHashMap<>();
    known.classes().forEach(each -> byName.put(plain(each), each.id()));
    List<String> unknown = new ArrayList<>();
    Set<Integer> found = new HashSet<>();
    for (ClassLabel each : given.classes()) {
      Integer id = byName.get(plain(each));
      int merged = recipe.classes().ofName(each.name()); // by what the recipe merges
      if (id == null && merged >= 0 && merged != ClassMap.USUAL_IGNORE_ID) {
        id = merged;
      }
      if (id == null) {
        unknown.add(each.name());
      } else {
        ids[each.id()] = id;
        found.add(id);
      }
    }
    if (unknown.size() == given.classes().size()) {
      throw new ConfigException(
          "no class of %s has the name of one in the recipe, which has %s; the bundle has %s"
              .formatted(
                  bundle.manifest().name(),
                  Listing.of(known.classes().stream().map(ClassLabel::name).toList()),
                  Listing.of(given.classes().stream().map(ClassLabel::name).toList())));
    }
    if (!unknown.isEmpty()) {
      notes.add(
          "the data does not know %s, which the bundle says: wrong where something is known"
              .formatted(Listing.of(unknown)));
    }
    List<String> never =
        known.classes().stream()
            .filter(each -> !found.contains(each.id()))
            .map(ClassLabel::name)
            .toList();
    if (!never.isEmpty()) {
      notes.add(
          "the bundle does not know %s, which the data has: never right"
              .formatted(Listing.of(never)));
    }
    return ids;
  }

  private static String plain(ClassLabel label) {
    return ClassMapping.plain(label.name());
  }

  private Figures score(
      InferenceSession session, OpenedData data, List<Judge> judges, String section)
      throws InferenceException {
    SampleSource source = data.source();
    BundleManifest.Input input = bundle.manifest().input();
    Scores scores = new Scores(List.copyOf(judges), data.protocol());
    for (int i = 0; i < source.size(); i++) {
      Sample sample = source.get(i);
      RgbImage image = new RgbImage(sample.width(), sample.height(), sample.rgb());
      session.input().put(image.stretch(input.width(), input.height()).pixels());
      session.run();
      for (Judge judge : judges) {
        scores.add(judge, sample, judge.renumbered(session.plane(judge.id())));
      }
      printed.worked(source.name(), i + 1L, source.size());
    }
    for (Judge judge : judges) {
      if (scores.values().keySet().stream().noneMatch(each -> each.startsWith(judge.id() + "."))) {
        notes.add("%s has no truth for %s".formatted(source.name(), judge.id()));
      }
    }
    return Figures.of(section, data, scores);
  }
}
