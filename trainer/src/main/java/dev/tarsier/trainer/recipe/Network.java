package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.network.Architecture;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.Fusion;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.ExtraInput;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskName;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A network. In a recipe, the architecture's {@code kind} and settings are keys beside the others.
 *
 * @param architecture how it is put together; null for {@link Edge} with its defaults
 * @param height of its input, ≥ 32
 * @param width of its input, ≥ 32
 * @param heads which tasks, such as {@code classes} and {@code depth}
 * @param extra what it is given besides the image; only an image is what a robot has
 * @param fusion where that joins the image
 * @param maxDepthMetres the farthest it can say
 * @param encoderWeights safetensors to start the encoder from; empty to start from nothing
 * @param encoderWeightsOptional whether to start from nothing where that file is absent
 * @param frozen prefixes of layers that do not learn
 * @param weights what has the weights of a whole network to start from: a bundle, a run, a file;
 *     null to start from the encoder's
 */
@JsonSerialize(using = NetworkSection.Writer.class)
@JsonDeserialize(using = NetworkSection.Reader.class)
public record Network(
    @JsonIgnore Architecture architecture,
    int height,
    int width,
    List<TaskName> heads,
    ExtraInput extra,
    Fusion fusion,
    double maxDepthMetres,
    String encoderWeights,
    boolean encoderWeightsOptional,
    List<String> frozen,
    // Only where it is given: recipes that say nothing of it keep their hashes.
    @JsonInclude(JsonInclude.Include.NON_NULL) String weights) {
  /** Checks the sizes. */
  public Network {
    architecture = architecture == null ? new Edge() : architecture;
    heads = List.copyOf(heads);
    frozen = List.copyOf(frozen);
    if (height < 32 || width < 32) {
      throw new IllegalArgumentException(
          "height and width must be >= 32, got %d and %d".formatted(height, width));
    }
    if (heads.isEmpty()) {
      throw new IllegalArgumentException("heads must be one or more of " + Tasks.names());
    }
  }

  /** Whether it does this. */
  public boolean has(TaskName task) {
    return heads.contains(task);
  }

  /** Whether it gives measures, such as depth. */
  boolean givesMeasures() {
    return heads.stream().anyMatch(head -> head.kind() instanceof MetricMap);
  }

  /** Whether it gives measures or sees some. */
  boolean knowsMeasures() {
    return givesMeasures()
        || (!extra.isNone() && extra.type().any().head().kind() instanceof MetricMap);
  }

  /** Its layers. */
  public LayerGraph graph(ClassSet classes) {
    return architecture.graph(ports(classes));
  }

  /** The classes that it tells apart; of images those of its heads alone. */
  ClassSet told(ClassSet classes) {
    Map<String, List<String>> images = new TreeMap<>(classes.images());
    images.keySet().retainAll(heads.stream().map(head -> head.type().id()).toList());
    return classes.withImages(images);
  }

  /** What it sees and says. */
  public Ports ports(ClassSet classes) {
    return tasks(classes).ports(fusion);
  }

  /** What it does. */
  public NetworkTasks tasks(ClassSet classes) {
    TaskType.Settings settings = new TaskType.Settings(classes, maxDepthMetres);
    List<Task> outputs = new ArrayList<>();
    heads.forEach(head -> outputs.add(head.type().create(settings)));
    return new NetworkTasks(outputs, extra.tasks(settings));
  }

  /**
   * Starts its encoders from weights learned elsewhere.
   *
   * @param module of its layers. Modified.
   * @param file safetensors with the published names
   * @return how many tensors were loaded
   * @throws IOException if the file cannot be read or does not fit
   */
  int loadEncoders(GraphModule module, Path file, ClassSet classes) throws IOException {
    return architecture.loadEncoders(module, file, ports(classes));
  }

  /** The same for images of another size. */
  Network resized(int height, int width) {
    return with(architecture, height, width);
  }

  /** The same of another architecture. */
  Network with(Architecture architecture) {
    return with(architecture, height, width);
  }

  /** The same of one task. */
  Network alone(TaskName head) {
    return with(architecture, height, width, List.of(head));
  }

  private Network with(Architecture architecture, int height, int width) {
    return with(architecture, height, width, heads);
  }

  private Network with(Architecture architecture, int height, int width, List<TaskName> heads) {
    return new Network(
        architecture,
        height,
        width,
        heads,
        extra,
        fusion,
        maxDepthMetres,
        encoderWeights,
        encoderWeightsOptional,
        frozen,
        weights);
  }
}
