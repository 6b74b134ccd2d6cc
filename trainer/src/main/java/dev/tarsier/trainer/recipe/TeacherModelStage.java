package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.export.ParityReport;
import dev.tarsier.trainer.export.TeacherExporter;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.StageStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A teacher as a plain ONNX file, {@code teacher.onnx}. */
final class TeacherModelStage {
  private static final int SCHEMA = 2;
  private static final int PARITY_FRAMES = 20;

  private final String name;
  private final Checkpointed teacher;
  private final int batch;
  private final ClassSet classes;
  private final List<OpenedData> validation;

  /**
   * A stage.
   *
   * @param name of the stage in its recipe
   * @param teacher what is written
   * @param batch images at once in its training
   * @param classes which there are
   * @param validation whose frames the file is checked on
   */
  TeacherModelStage(
      String name, Checkpointed teacher, int batch, ClassSet classes, List<OpenedData> validation) {
    this.name = name;
    this.batch = batch;
    this.teacher = teacher;
    this.classes = classes;
    this.validation = List.copyOf(validation);
  }

  /** Which stage this is. */
  StageStore.Stage stage() {
    ObjectNode inputs = Canonical.object();
    inputs.put("schema", SCHEMA).put("kind", "teacher-model").put("classes", classes.id());
    inputs.put("tarsier", ProductVersion.text());
    inputs.set("teacher", teacher.describe());
    return new StageStore.Stage("teacher-model", inputs, Canonical.sha256(inputs));
  }

  /**
   * Writes the file.
   *
   * @param folder the stage's
   */
  ObjectNode run(Path folder, RecipeListener listener) throws IOException, ExportException {
    Path file = folder.resolve("teacher.onnx");
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = teacher.load(base, classes)) {
      ParityReport parity =
          TeacherExporter.export(
              module,
              NetworkTasks.of(teacher.said(), classes),
              new Size(teacher.said().height(), teacher.said().width()),
              batch,
              Map.of("classes", classes.id(), "checkpoint_sha256", teacher.sha256()),
              frames(module),
              file);
      listener.said("%s: %s; %s".formatted(name, file, parity));
      ObjectNode outcome = Canonical.object();
      outcome.put("file", file.getFileName().toString());
      outcome.put("parity", parity.toString());
      return outcome;
    }
  }

  /** Some that have what the teacher sees. */
  private List<Sample> frames(GraphModule module) {
    List<Sample> frames = new ArrayList<>();
    for (OpenedData each : validation) {
      for (int i = 0; i < each.source().size() && frames.size() < PARITY_FRAMES; i++) {
        Sample sample = each.source().get(i);
        if (NetworkFeed.fits(module.graph(), 1, at -> sample)) {
          frames.add(sample);
        }
      }
    }
    return frames;
  }
}
