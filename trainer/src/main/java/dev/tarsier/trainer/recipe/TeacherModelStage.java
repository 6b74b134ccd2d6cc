package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.export.ParityReport;
import dev.tarsier.trainer.export.TeacherExporter;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.NetworkTasks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A teacher as a plain ONNX file, {@code teacher.onnx}. */
final class TeacherModelStage implements Step<TeacherModelStage.Outcome> {
  private static final String KIND = "teacher-model";
  private static final int SCHEMA = 3;
  private static final int PARITY_FRAMES = 20;

  /**
   * What came of it.
   *
   * @param file its name in the stage's folder
   * @param parity how near ONNX Runtime comes to the network
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Outcome(String file, String parity) {}

  private record Inputs(
      int schema, String kind, ClassSet classes, String tarsier, ObjectNode teacher) {}

  private final String name;
  private final Recipe recipe;
  private final EvaluationStage teacher;

  /**
   * A stage.
   *
   * @param training the teacher's name
   * @param recipe says how many images a training saw at once
   * @param teacher what is written; its validation frames check the file
   */
  TeacherModelStage(String training, Recipe recipe, EvaluationStage teacher) {
    name = training + "-model";
    this.recipe = recipe;
    this.teacher = teacher;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Step<?>> needs() {
    return List.of(teacher);
  }

  @Override
  public Optional<Outcome> make(ChainWalk walk)
      throws IOException, InterruptedException, ExportException {
    TrainingResult of = walk.of(teacher).of();
    Inputs inputs =
        new Inputs(
            SCHEMA, KIND, recipe.classes(), ProductVersion.text(), of.checkpoint().describe());
    return walk.stage(
            name,
            Stage.of(KIND, inputs, Outcome.class),
            folder -> Optional.of(write(of, folder.path(), walk)))
        .map(made -> made.outcome());
  }

  private Outcome write(TrainingResult of, Path folder, ChainWalk walk)
      throws IOException, ExportException {
    NetworkCheckpoint checkpoint = of.checkpoint();
    NetworkTasks tasks = checkpoint.network().tasks(walk.classes());
    Path file = folder.resolve("teacher.onnx");
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = checkpoint.load(base, walk.classes())) {
      ParityReport parity =
          TeacherExporter.export(
              module,
              tasks,
              new Size(checkpoint.network().height(), checkpoint.network().width()),
              recipe.teacher().batch(),
              Map.of("class_set", recipe.classes().id(), "checkpoint_sha256", checkpoint.sha256()),
              frames(tasks, of.validation()),
              file);
      walk.listener().note("%s: %s; %s".formatted(name, file, parity));
      return new Outcome(file.getFileName().toString(), parity.toString());
    }
  }

  /** Some that have what the teacher sees. */
  private static List<Sample> frames(NetworkTasks tasks, List<OpenedData> validation) {
    List<Sample> frames = new ArrayList<>();
    for (OpenedData each : validation) {
      for (int i = 0; i < each.source().size() && frames.size() < PARITY_FRAMES; i++) {
        Sample sample = each.source().get(i);
        if (NetworkFeed.fits(tasks, 1, at -> sample)) {
          frames.add(sample);
        }
      }
    }
    return frames;
  }
}
