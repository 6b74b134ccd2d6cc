package dev.tarsier.trainer.network;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.annotation.JsonTypeIdResolver;
import dev.tarsier.runtime.config.Kinds;
import dev.tarsier.trainer.network.WeightNames.InputChannels;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A kind of network: how inputs, encoder, decoder and heads are put together, and how published
 * weights fit. It is a record of its settings, which are keys of a recipe's section {@code
 * network}, beside those that all kinds have.
 *
 * <p>An architecture is one file, and one line in {@code
 * META-INF/services/dev.tarsier.trainer.network.Architecture}. Immutable.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.CUSTOM, property = "kind")
@JsonTypeIdResolver(Architecture.Registered.class)
public interface Architecture extends Kinds.Member {
  /**
   * The network for these inputs and heads. Its encoders' names start with {@link
   * Ports#ENCODER_PREFIX} and {@link Ports#EXTRA_ENCODER_PREFIX}, its heads are called as {@link
   * Ports.Head} says, its outputs like their tasks. Outputs that only help to train are called
   * {@code TASK.NUMBER}.
   */
  LayerGraph graph(Ports ports);

  /**
   * How the names of a published encoder's tensors map to an encoder of this network: by default
   * they are its own.
   *
   * @param encoder what the names of its tensors start with
   */
  default WeightNames published(String encoder) {
    return WeightNames.prefix("", encoder);
  }

  /** The convolution that sees an encoder's input, without the encoder's prefix. */
  String firstConvolution();

  /**
   * Starts the encoders from a published encoder's weights. A second encoder starts from the same
   * ones: its first convolution takes the sum of the colours' filters where it sees a measured map,
   * and stays as it is where it sees classes. Where a measured map joins at the input, its filters
   * start as the mean of the colours'; those of classes stay as they are.
   *
   * @param module made from {@link #graph} with these ports. Modified.
   * @param file safetensors with the published names
   * @return how many tensors were loaded
   * @throws IOException if the file cannot be read or does not fit; the message names the tensors
   */
  default int loadEncoders(GraphModule module, Path file, Ports ports) throws IOException {
    Ports.Input extra = ports.extra();
    if (extra == null) {
      return WeightLoader.load(module, file, published(Ports.ENCODER_PREFIX));
    }
    boolean measured = extra.normalisation() != null;
    if (extra.fusion() == Fusion.INPUT) {
      return load(
          module,
          file,
          Ports.ENCODER_PREFIX,
          measured ? InputChannels.MEAN_APPENDED : InputChannels.FIRST_ONES);
    }
    return WeightLoader.load(module, file, published(Ports.ENCODER_PREFIX))
        + load(
            module,
            file,
            Ports.EXTRA_ENCODER_PREFIX,
            measured ? InputChannels.SUMMED : InputChannels.FRESH);
  }

  private int load(GraphModule module, Path file, String encoder, InputChannels rule)
      throws IOException {
    String first = encoder + firstConvolution() + ".weight";
    return WeightLoader.load(module, file, published(encoder).adapting(first, rule));
  }

  /** All architectures that there are. */
  final class Registered extends Kinds<Architecture> {
    /** Finds them. */
    public Registered() {
      super(Architecture.class);
    }
  }
}
