package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.pseudolabel.OnnxTeacher;
import dev.tarsier.trainer.pseudolabel.PseudoLabelManifest;
import dev.tarsier.trainer.pseudolabel.PseudoLabelOptions;
import dev.tarsier.trainer.pseudolabel.PseudoLabeler;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.run.StageFolder;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What the teachers say of one task in the frames of one data set; none where that is optional and
 * absent. Interrupted, it goes on with the frames that are not labelled yet.
 */
final class PseudoLabelStage implements Step<Optional<PseudoLabelStage.Labels>> {
  private static final String KIND = "pseudo-labels";

  /** Raised when the same inputs would no longer give the same labels. */
  private static final int SCHEMA = 3;

  /**
   * Pseudo-labels that are there.
   *
   * @param folder their stage's
   * @param frames what was labelled
   * @param outcome what the stage says of them
   */
  record Labels(Path folder, SampleSource frames, Outcome outcome) {
    /** What the card says of them, and of teachers that someone else trained. */
    List<String> lines() {
      List<String> lines = new ArrayList<>(outcome.others());
      lines.add("pseudo-labels for `%s`: %s".formatted(frames.name(), outcome.summary()));
      return lines;
    }
  }

  /**
   * What the stage says.
   *
   * @param labelsSha256 of all labels
   * @param summary the same for people
   * @param coverage share of pixels that are kept
   * @param meanConfidence of the most probable class; NaN for depth
   * @param perClass by class id; empty for depth
   * @param audit how right they are; null where the truth is not at hand
   * @param fits how depth without a unit fitted; null where none was fitted
   * @param others what teachers there were that someone else trained, for people; empty for none
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Outcome(
      String labelsSha256,
      @JsonProperty("said") String summary,
      double coverage,
      double meanConfidence,
      List<PseudoLabelManifest.PerClass> perClass,
      PseudoLabelManifest.Audit audit,
      // Only where there are some: runs without them are recorded as they were.
      @JsonInclude(JsonInclude.Include.NON_NULL) PseudoLabelManifest.Fits fits,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> others) {
    Outcome {
      others = others == null ? List.of() : List.copyOf(others);
    }

    static Outcome of(PseudoLabelManifest manifest, List<OnnxTeacher> others) {
      return new Outcome(
          manifest.sha256(),
          manifest.inWords(),
          manifest.coverage(),
          manifest.meanConfidence(),
          manifest.perClass(),
          manifest.audit(),
          manifest.fits(),
          others.stream().map(OnnxTeacher::inWords).toList());
    }
  }

  private record Frames(String name, String sha256) {}

  private record Inputs(
      int schema,
      String kind,
      ClassSet classes,
      List<ObjectNode> teachers,
      // Only where there are some: labels without them keep their keys.
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Map<String, Object>> others,
      @JsonInclude(JsonInclude.Include.NON_NULL) Size size,
      Frames frames,
      ObjectNode options) {}

  private final Recipe recipe;
  private final int set;
  private final PseudoLabelOptions options;
  private final List<EvaluationStage> teachers;
  private final List<OnnxTeacher> others;
  private final List<String> notes;
  private final PseudoLabelStage before;
  private boolean isLast = true;

  /**
   * A task to label in a data set.
   *
   * @param recipe says how
   * @param set which of {@code pseudo_labels.data}, from 1
   * @param target what is labelled
   * @param teachers of the same kind that were trained here and say it; may be empty where there
   *     are others
   * @param others that say it
   * @param notes what was found out of others, for people
   * @param before what labels another task of the same frames; these labels join its; null for none
   */
  PseudoLabelStage(
      Recipe recipe,
      int set,
      TaskName target,
      List<EvaluationStage> teachers,
      List<OnnxTeacher> others,
      List<String> notes,
      PseudoLabelStage before) {
    this.recipe = recipe;
    this.set = set;
    this.options = recipe.pseudoLabels().aimedAt(target);
    this.teachers = List.copyOf(teachers);
    this.others = List.copyOf(others);
    this.notes = List.copyOf(notes);
    this.before = before;
    if (before != null) {
      before.isLast = false;
    }
  }

  @Override
  public String name() {
    return before == null ? KIND + "-" + set : "%s-%d-%s".formatted(KIND, set, options.target());
  }

  @Override
  public List<Step<?>> needs() {
    return List.copyOf(teachers);
  }

  /** It and what its labels join. */
  List<PseudoLabelStage> joined() {
    List<PseudoLabelStage> all = new ArrayList<>();
    for (PseudoLabelStage each = this; each != null; each = each.before) {
      all.add(0, each);
    }
    return all;
  }

  /** What is labelled. */
  DataSet data() {
    return recipe.pseudoLabels().data().get(set - 1);
  }

  /** Whether a training's data names it, with what comes before it. */
  boolean isNamedBy(DataSet section) {
    return isLast
        && section instanceof PseudoLabelled pseudo
        && (pseudo.set() == 0 || pseudo.set() == set);
  }

  /** The network whose size the labels have. */
  private Network labeller() {
    return (recipe.teacher() == null ? recipe.student() : recipe.teacher()).finalNetwork();
  }

  private Optional<OpenedData> frames(ChainWalk walk) {
    return walk.open(name(), List.of(data()), labeller()).stream().findAny();
  }

  @Override
  public void check(ChainWalk walk) {
    notes.forEach(walk::tell);
    others.forEach(each -> walk.use(DataUse.unknown(Chain.TEACHER + "training", each.file())));
    Optional<OpenedData> frames = frames(walk);
    frames.ifPresent(each -> walk.use(List.of(each), KIND));
    if (isLast && frames.isPresent()) {
      requireAllHeads(frames.get().source());
    }
  }

  /**
   * That something teaches each head of a student that learns from these frames alone: labelling
   * may take hours, and the student's own check comes after it.
   *
   * @throws DataException if neither a teacher says a task nor a frame has it
   */
  private void requireAllHeads(SampleSource frames) {
    Training student = recipe.student();
    if (student == null
        || recipe.pseudoLabels().data().size() > 1
        || !student.allData().stream().allMatch(PseudoLabelled.class::isInstance)) {
      return;
    }
    Set<String> said = new HashSet<>();
    joined().forEach(each -> said.add(each.options.target().toString()));
    for (Task task : student.network().tasks(recipe.classes()).outputs()) {
      if (!said.contains(task.id())
          && !said.contains(task.tensor())
          && IntStream.range(0, frames.size())
              .allMatch(i -> task.target(frames.get(i).known()) == null)) {
        throw new DataException(
            "student: no teacher says %s and no frame of %s has it, but the network has a head for %s; add a teacher or data that has, or leave %s out of network.heads"
                .formatted(task.truth(), frames.name(), task.tensor(), task.tensor()));
      }
    }
  }

  /** That there is nothing to label is known without the teachers. */
  @Override
  public Optional<Optional<Labels>> later(ChainWalk walk) {
    if (frames(walk).isEmpty()) {
      return Optional.of(Optional.empty());
    }
    walk.later(name());
    return Optional.empty();
  }

  @Override
  public Optional<Optional<Labels>> make(ChainWalk walk)
      throws IOException, InterruptedException, ExportException {
    Optional<OpenedData> opened = frames(walk);
    if (opened.isEmpty()) {
      return Optional.of(Optional.empty());
    }
    SampleSource frames = opened.get().source();
    List<NetworkCheckpoint> networks =
        teachers.stream().map(each -> walk.of(each).of().checkpoint()).toList();
    Inputs inputs =
        new Inputs(
            SCHEMA,
            KIND,
            recipe.classes(),
            networks.stream().map(NetworkCheckpoint::describe).toList(),
            others.stream().map(OnnxTeacher::describe).toList(),
            others.isEmpty() ? null : new Size(labeller().height(), labeller().width()),
            new Frames(frames.name(), frames.sha256()),
            Canonical.without(Canonical.tree(options), Set.of("data")));
    Optional<StageStore.Made<Outcome>> made =
        walk.stage(
            name(),
            Stage.of(KIND, inputs, Outcome.class),
            folder -> label(opened.get(), networks, folder, walk));
    if (made.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(Optional.of(new Labels(made.get().folder(), frames, made.get().outcome())));
  }

  /** Labels all frames; none when it was stopped. */
  private Optional<Outcome> label(
      OpenedData frames, List<NetworkCheckpoint> networks, StageFolder folder, ChainWalk walk)
      throws IOException, InterruptedException {
    Preparation.of(List.of(frames), walk.listener());
    List<GraphModule> modules = new ArrayList<>();
    try (NDManager base = PyTorch.newBaseManager()) {
      for (NetworkCheckpoint each : networks) {
        modules.add(each.load(base, walk.classes()));
      }
      Network network = networks.isEmpty() ? labeller() : networks.get(0).network();
      List<String> hashes =
          new ArrayList<>(networks.stream().map(NetworkCheckpoint::sha256).toList());
      others.forEach(each -> hashes.add(each.network().sha256()));
      Optional<PseudoLabelManifest> manifest =
          PseudoLabeler.write(
              modules,
              hashes,
              base,
              new PseudoLabeler.Job(
                  frames.source(),
                  walk.dataSets().truth(frames.section(), labeller(), walk.classes()).orElse(null),
                  network.height(),
                  network.width(),
                  walk.classes(),
                  networks.isEmpty() ? null : network.tasks(walk.classes()),
                  others),
              options,
              folder.path(),
              (done, total) -> walk.listener().worked(name(), done, total),
              walk.stop());
      manifest.ifPresent(made -> say(made, walk.listener()));
      return manifest.map(made -> Outcome.of(made, others));
    } finally {
      modules.forEach(GraphModule::close);
    }
  }

  private void say(PseudoLabelManifest made, RecipeListener listener) {
    listener.note(name() + ": " + made.inWords());
    if (!made.leftOut().isEmpty()) {
      listener.note(
          "%s: %s of these frames is left out, for it fits none of the teachers': %s"
              .formatted(name(), options.target(), Listing.of(made.leftOut())));
    }
    if (made.keptNothing() && !options.soft()) {
      listener.note(
          ("%s: the teacher is nowhere surer than τ = %s, so it teaches nothing;"
                  + " lower pseudo_labels.threshold, or train it longer")
              .formatted(name(), options.threshold()));
    }
  }

  /**
   * The frames with the labels in place of what they have not.
   *
   * @param by the stage that learns from them
   * @param section how it does
   * @param network that it trains
   */
  Optional<OpenedData> taught(ChainWalk walk, String by, PseudoLabelled section, Network network) {
    return walk.of(this)
        .map(
            labels -> {
              SampleSource frames =
                  before == null
                      ? shown(walk, by, labels.frames(), network)
                      : before.taught(walk, by, section, network).orElseThrow().source();
              return new OpenedData(
                  new LazyPseudoLabelledFrames(
                      name(),
                      labels.folder(),
                      labels.frames(),
                      frames,
                      labels.outcome().labelsSha256(),
                      section.hard()),
                  section);
            });
  }

  /**
   * The labelled frames as large as the network sees them, where they are made to a size; the
   * teacher may have labelled smaller ones.
   */
  private SampleSource shown(ChainWalk walk, String by, SampleSource frames, Network network) {
    Network labeller = labeller();
    if (!data().madeToSize()
        || (network.height() == labeller.height() && network.width() == labeller.width())) {
      return frames;
    }
    if (network.height() * labeller.width() != labeller.height() * network.width()) {
      // A rendered camera of another shape sees another part of the room.
      walk.tell(
          "%s: frames of %s are shown as they were labelled, %dx%d; those of %dx%d would be of another shape"
              .formatted(
                  by,
                  frames.name(),
                  labeller.width(),
                  labeller.height(),
                  network.width(),
                  network.height()));
      return frames;
    }
    return walk.open(by, List.of(data()), network).get(0).source();
  }
}
