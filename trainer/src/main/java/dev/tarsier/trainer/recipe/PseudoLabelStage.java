package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.pseudolabel.PseudoLabelManifest;
import dev.tarsier.trainer.pseudolabel.PseudoLabeler;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.StageFolder;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** What the teachers say of the frames of one data set. Interrupted, it begins again. */
final class PseudoLabelStage {
  /** Raised when the same inputs would no longer give the same labels. */
  private static final int SCHEMA = 3;

  /**
   * Pseudo-labels that are there.
   *
   * @param set which data set of the recipe's list, from 1
   * @param name of the stage
   * @param folder its folder
   * @param frames what was labelled
   * @param outcome what the stage says of them
   */
  record Made(int set, String name, Path folder, SampleSource frames, JsonNode outcome) {
    /**
     * The frames with the labels in place of what they have not.
     *
     * @param shown the same frames as large as they shall be
     */
    SampleSource taught(SampleSource shown, boolean hard) {
      return new TaughtFrames(
          name, folder, frames, shown, outcome.path("labels_sha256").asText(), hard);
    }

    /** What the card says of them. */
    String line() {
      return "pseudo-labels for `%s`: %s".formatted(frames.name(), outcome.path("said").asText());
    }
  }

  private final String name;
  private final Recipe.PseudoLabels said;
  private final ClassSet classes;
  private final List<Checkpointed> teachers;
  private final OpenedData frames;
  private final Supplier<Optional<SampleSource>> truth;

  /**
   * A data set to label.
   *
   * @param name of the stage in its recipe
   * @param said how
   * @param classes which there are
   * @param teachers one or more of the same kind
   * @param frames what is labelled
   * @param truth the same frames with all labels, where they are at hand
   */
  PseudoLabelStage(
      String name,
      Recipe.PseudoLabels said,
      ClassSet classes,
      List<Checkpointed> teachers,
      OpenedData frames,
      Supplier<Optional<SampleSource>> truth) {
    this.name = name;
    this.said = said;
    this.classes = classes;
    this.teachers = List.copyOf(teachers);
    this.frames = frames;
    this.truth = truth;
  }

  /** Which stage this is. */
  StageStore.Stage stage() {
    ObjectNode inputs = Canonical.object();
    inputs.put("schema", SCHEMA).put("kind", "pseudo-labels").put("classes", classes.id());
    ArrayNode all = inputs.putArray("teachers");
    teachers.forEach(each -> all.add(each.describe()));
    inputs
        .putObject("frames")
        .put("name", frames.source().name())
        .put("sha256", frames.source().sha256());
    inputs.set("options", Canonical.without(Canonical.tree(said), Set.of("data")));
    return new StageStore.Stage("pseudo-labels", inputs, Canonical.sha256(inputs));
  }

  /** Labels all frames; none when it was stopped. */
  Optional<ObjectNode> run(StageFolder folder, StopSignal stop, RecipeListener listener)
      throws IOException, InterruptedException {
    folder.clear();
    Preparation.of(List.of(frames), listener);
    List<GraphModule> modules = new ArrayList<>();
    try (NDManager base = PyTorch.newBaseManager()) {
      for (Checkpointed each : teachers) {
        modules.add(each.load(base, classes));
      }
      Recipe.Network network = teachers.get(0).said();
      Optional<PseudoLabelManifest> manifest =
          PseudoLabeler.write(
              modules,
              teachers.stream().map(Checkpointed::sha256).toList(),
              base,
              new PseudoLabeler.Job(
                  frames.source(),
                  truth.get().orElse(null),
                  network.height(),
                  network.width(),
                  classes),
              said.options(),
              folder.path(),
              (done, total) -> listener.worked(name, done, total),
              stop);
      manifest.ifPresent(made -> say(made, listener));
      return manifest.map(PseudoLabelStage::outcome);
    } finally {
      modules.forEach(GraphModule::close);
    }
  }

  private void say(PseudoLabelManifest made, RecipeListener listener) {
    listener.said(name + ": " + made.inWords());
    if (made.keptNothing() && !said.soft()) {
      listener.said(
          ("%s: the teacher is nowhere surer than τ = %s, so it teaches nothing;"
                  + " lower pseudo_labels.threshold, or train it longer")
              .formatted(name, said.threshold()));
    }
  }

  private static ObjectNode outcome(PseudoLabelManifest manifest) {
    ObjectNode outcome = Canonical.object();
    outcome.put("labels_sha256", manifest.sha256());
    outcome.put("said", manifest.inWords());
    outcome.put("coverage", manifest.coverage());
    outcome.put("mean_confidence", manifest.meanConfidence());
    outcome.set("per_class", Canonical.tree(manifest.perClass()));
    outcome.set("audit", Canonical.tree(manifest.audit()));
    return outcome;
  }

  /** The labels of a finished stage. */
  Made made(int set, Path folder, JsonNode outcome) {
    return new Made(set, name, folder, frames.source(), outcome);
  }
}
