package dev.tarsier.trainer.cli;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.ros.doctor.Check;
import dev.tarsier.ros.doctor.Finding;
import dev.tarsier.ros.doctor.Surroundings;
import dev.tarsier.ros.doctor.Verdict;
import dev.tarsier.trainer.network.ConvolutionCheck;
import dev.tarsier.trainer.network.Device;
import dev.tarsier.trainer.network.InstructionSet;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.task.ClassSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What training needs beyond perceiving; found by the doctor as a service. */
public final class TrainingCheck implements Check {
  private static final String GROUP = "Training";

  /** Where the shipped recipe looks for data. */
  private static final String DATA = "TARSIER_DATA";

  private static final String RECIPE = "trainer/recipes/indoor-edge-v3.yaml says how it is used";

  /** What trains where a recipe says nothing else, at the size and batch of the quick recipe. */
  private static final LayerGraph NETWORK = Recipe.TRAINING.network().graph(ClassSet.NYU_13);

  private static final List<ConvolutionCheck.Use> USES =
      List.of(new ConvolutionCheck.Use(8, new Size(120, 160), true));

  private final ConvolutionCheck check;

  /** Made by the service loader. */
  public TrainingCheck() {
    this(new ConvolutionCheck());
  }

  TrainingCheck(ConvolutionCheck check) {
    this.check = check;
  }

  @Override
  public int order() {
    return 40;
  }

  @Override
  public List<Finding> examine(Surroundings surroundings) {
    List<Finding> findings = new ArrayList<>();
    Finding pyTorch = pyTorch(surroundings.variable(Device.VARIABLE).orElse("cpu"));
    findings.add(pyTorch);
    if (pyTorch.verdict() == Verdict.OK) {
      try (NDManager manager = PyTorch.newBaseManager()) {
        findings.add(convolutions(check.run(NETWORK, USES, manager, (done, total) -> {})));
      }
    }
    Path data =
        surroundings
            .variable(DATA)
            .map(Path::of)
            .orElse(surroundings.home().resolve("../shared/data"))
            .normalize();
    findings.add(
        folder(
            "encoder weights",
            data.resolve("weights"),
            "training that starts from ImageNet instead of from nothing",
            "put MobileNetV2 weights as safetensors there, or set " + DATA + "; " + RECIPE));
    findings.add(
        folder(
            "NYUDv2",
            data.resolve("nyuv2"),
            "training on real rooms; rendered rooms need no data",
            "put the data set there, or set " + DATA + "; " + RECIPE));
    return findings;
  }

  private static Finding pyTorch(String device) {
    try (NDManager manager = PyTorch.newBaseManager()) {
      float sum = manager.ones(new Shape(2, 3)).sum().getFloat();
      if (sum != 6) {
        throw new IllegalStateException("2 x 3 ones sum to " + sum);
      }
      Device used;
      try {
        used = PyTorch.resolve(Device.of(device));
      } catch (IllegalArgumentException | IllegalStateException e) {
        return Finding.broken(
            GROUP,
            "PyTorch",
            "%s: %s".formatted(Device.VARIABLE, e.getMessage()),
            "training; perceiving does not use PyTorch",
            "unset " + Device.VARIABLE + " to train on the CPU");
      }
      Engine engine = Engine.getInstance();
      return Finding.ok(
          GROUP,
          engine.getEngineName(),
          "%s through DJL %s; trainings use the device %s"
              .formatted(engine.getVersion(), Engine.getDjlVersion(), used));
    } catch (RuntimeException | LinkageError e) {
      return Finding.missing(
          GROUP,
          "PyTorch",
          "does not load: " + e.toString().lines().findFirst().orElse(""),
          "tarsier train; perceiving needs none",
          "there are libraries for Linux on x86-64 with glibc 2.28 or newer");
    }
  }

  /** Each training checks its own network again, at its own size and batch. */
  static Finding convolutions(ConvolutionCheck.Result result) {
    String instructions = "instructions: " + InstructionSet.describe();
    if (!result.sound()) {
      return Finding.broken(
          GROUP,
          "convolutions",
          result.fault() + "; " + instructions,
          "training, which refuses to start; perceiving does not use PyTorch",
          ConvolutionCheck.Result.wayOut());
    }
    return Finding.ok(
        GROUP,
        "convolutions",
        result.convolutions() == 0
            ? "one thread; " + instructions
            : String.format(
                Locale.ROOT,
                "%d of %s come out alike with %d threads and with one (within %.0e); %s",
                result.convolutions(),
                result.network(),
                result.threads(),
                ConvolutionCheck.TOLERANCE,
                instructions));
  }

  private static Finding folder(String name, Path folder, String purpose, String remedy) {
    return Files.isDirectory(folder)
        ? Finding.ok(GROUP, name, folder.toString())
        : Finding.missing(GROUP, name, folder + " is not there", purpose, remedy);
  }
}
