package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.dataset.Augmentation;
import dev.tarsier.trainer.network.MobileNetV2.Origin;
import dev.tarsier.trainer.training.Adam;
import dev.tarsier.trainer.training.Losses;
import dev.tarsier.trainer.training.Schedule;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a recipe file says. Keys are the components' names in snake_case; a key that is not given
 * has the value of {@link #DEFAULTS}.
 *
 * @param name of the run and of its bundle: letters, digits, dot, dash and underscore
 * @param seed of all that is random
 * @param student the network that ships
 * @param export its bundle
 */
public record Recipe(String name, long seed, Student student, Export export) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /** Checks the name. */
  public Recipe {
    if (name == null || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name must be letters, digits, dots, dashes and underscores, got '%s'".formatted(name));
    }
  }

  /**
   * The student's training.
   *
   * @param network what is trained
   * @param data what it is trained on
   * @param validation what it is judged by
   * @param augmentation how training frames are varied
   * @param losses what is minimised
   * @param classBalance 0 to 1: a class's weight is its share of pixels to the power of minus this,
   *     scaled so that the mean over pixels is 1
   * @param optimiser how weights move
   * @param schedule of the learning rates
   * @param batch frames in a step
   * @param cropHeight of training images; 0 for the network's height
   * @param cropWidth of training images; 0 for the network's width
   * @param epochs passes over the data
   * @param maxSteps at most so many steps; 0 for no limit
   * @param checkpointEverySteps besides the one after each epoch
   * @param loaderThreads that prepare batches
   */
  public record Student(
      Network network,
      List<DataSet> data,
      Validation validation,
      Augmentation augmentation,
      Losses losses,
      double classBalance,
      Optimiser optimiser,
      Schedule schedule,
      int batch,
      int cropHeight,
      int cropWidth,
      int epochs,
      long maxSteps,
      int checkpointEverySteps,
      int loaderThreads) {
    /** Checks the ranges. */
    public Student {
      data = List.copyOf(data);
      if (!(classBalance >= 0 && classBalance <= 1)) {
        throw new IllegalArgumentException("class_balance must be 0 to 1, got " + classBalance);
      }
      if (batch < 1) {
        throw new IllegalArgumentException("batch must be >= 1, got " + batch);
      }
    }
  }

  /**
   * A network.
   *
   * @param kind which
   * @param height of its input, ≥ 32
   * @param width of its input, ≥ 32
   * @param heads {@code classes}, {@code depth} or both
   * @param encoder whose weights the encoder is made for
   * @param encoderWidth multiplier of the encoder's channels
   * @param decoderWidth channels of the decoder
   * @param maxDepthMetres the farthest it can say
   * @param encoderWeights safetensors to start the encoder from; empty to start from nothing
   * @param encoderWeightsOptional whether to start from nothing where that file is absent
   * @param frozen prefixes of layers that do not learn
   */
  public record Network(
      Architecture kind,
      int height,
      int width,
      List<Head> heads,
      Origin encoder,
      double encoderWidth,
      int decoderWidth,
      double maxDepthMetres,
      String encoderWeights,
      boolean encoderWeightsOptional,
      List<String> frozen) {
    /** The networks there are. */
    public enum Architecture {
      /** {@link dev.tarsier.trainer.network.Edge}. */
      EDGE
    }

    /** What a network can say. */
    public enum Head {
      /** A class for each pixel. */
      CLASSES,
      /** Metric depth for each pixel. */
      DEPTH
    }

    /** Checks the sizes. */
    public Network {
      heads = List.copyOf(heads);
      frozen = List.copyOf(frozen);
      if (height < 32 || width < 32) {
        throw new IllegalArgumentException(
            "height and width must be >= 32, got %d and %d".formatted(height, width));
      }
      if (heads.isEmpty()) {
        throw new IllegalArgumentException("heads must be [classes], [depth] or [classes, depth]");
      }
    }
  }

  /**
   * How checkpoints are judged.
   *
   * @param data what they are judged on; none of it may be trained on
   * @param everyEpochs how often
   * @param score weights of the figures of the first data set that is there; the checkpoint with
   *     the highest sum is the best
   */
  public record Validation(List<DataSet> data, int everyEpochs, Map<String, Double> score) {
    /** Copies. */
    public Validation {
      data = List.copyOf(data);
      score = Map.copyOf(score);
      if (everyEpochs < 1) {
        throw new IllegalArgumentException("every_epochs must be >= 1, got " + everyEpochs);
      }
    }
  }

  /**
   * Adam and its groups.
   *
   * @param kind ADAMW or ADAM
   * @param learningRate of all parameters that no group names
   * @param groups other learning rates, by prefix of the parameters' names
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param epsilon added to the root of the second moment
   * @param weightDecay decoupled for ADAMW, in the gradient for ADAM
   * @param clipNorm longest gradient; 0 for no limit
   */
  public record Optimiser(
      Decay kind,
      double learningRate,
      List<Adam.Group> groups,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      double clipNorm) {
    /** The two forms of weight decay. */
    public enum Decay {
      /** Loshchilov and Hutter. */
      ADAMW,
      /** Kingma and Ba. */
      ADAM
    }

    /** Copies. */
    public Optimiser {
      groups = List.copyOf(groups);
    }
  }

  /**
   * The bundle.
   *
   * @param enabled whether one is written
   * @param version of the bundle
   * @param goldenFrames rendered frames it carries for the self-test, 1 to 16
   */
  public record Export(boolean enabled, String version, int goldenFrames) {
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

  /** What holds where a recipe says nothing. It has no data: that is for the recipe to say. */
  public static final Recipe DEFAULTS =
      new Recipe(
          "unnamed",
          1,
          new Student(
              new Network(
                  Network.Architecture.EDGE,
                  240,
                  320,
                  List.of(Network.Head.CLASSES, Network.Head.DEPTH),
                  Origin.TORCHVISION,
                  1,
                  96,
                  10,
                  "",
                  false,
                  List.of()),
              List.of(),
              new Validation(List.of(), 1, Map.of("miou", 1.0, "depth_rmse", -0.25)),
              Augmentation.STANDARD,
              new Losses(1, 1, Losses.Depth.L1),
              0,
              new Optimiser(Optimiser.Decay.ADAMW, 1e-3, List.of(), 0.9, 0.999, 1e-8, 1e-2, 0),
              new Schedule(Schedule.Kind.COSINE, 50, 0, 0.9, 1, 1),
              8,
              0,
              0,
              1,
              0,
              200,
              1),
          new Export(true, "1", 4));

  /**
   * Reads a recipe.
   *
   * @throws dev.tarsier.runtime.config.ConfigException if it cannot be read, or says what no recipe
   *     can say; the message names file, line and key
   */
  public static Recipe read(Path file) {
    return StrictYaml.read(file, DEFAULTS);
  }
}
