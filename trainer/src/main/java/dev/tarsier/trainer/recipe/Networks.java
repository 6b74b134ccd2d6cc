package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.EdgeOptions;
import dev.tarsier.trainer.network.Extra;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.MtiNet;
import dev.tarsier.trainer.network.MtiOptions;
import java.io.IOException;
import java.nio.file.Path;

/** Makes the networks that recipes name. */
final class Networks {
  private Networks() {}

  /** A network's layers. */
  static LayerGraph graph(Recipe.Network network, ClassSet classes) {
    return switch (network.kind()) {
      case EDGE -> Edge.of(edge(network, classes));
      case MTI_HRNET18 -> MtiNet.of(mti(network, classes));
    };
  }

  /**
   * Starts a network's encoders from weights learned elsewhere.
   *
   * @return how many tensors were loaded
   * @throws IOException if the file cannot be read or does not fit
   */
  static int load(GraphModule module, Recipe.Network network, ClassSet classes, Path file)
      throws IOException {
    return switch (network.kind()) {
      case EDGE -> Edge.loadEncoders(module, file, edge(network, classes));
      case MTI_HRNET18 -> MtiNet.loadEncoders(module, file, mti(network, classes));
    };
  }

  private static EdgeOptions edge(Recipe.Network network, ClassSet classes) {
    return new EdgeOptions(
        network.has(Recipe.Network.Head.CLASSES) ? classes.size() : 0,
        network.has(Recipe.Network.Head.DEPTH),
        network.encoder(),
        network.encoderWidth(),
        network.decoderWidth(),
        network.maxDepthMetres(),
        network.extra(),
        network.fusion(),
        network.extra() == Extra.LABELS ? classes.size() : 0);
  }

  private static MtiOptions mti(Recipe.Network network, ClassSet classes) {
    return new MtiOptions(
        network.has(Recipe.Network.Head.CLASSES) ? classes.size() : 0,
        network.has(Recipe.Network.Head.DEPTH),
        network.maxDepthMetres(),
        network.outputStride() == 0 ? 1 : network.outputStride(),
        network.extra(),
        network.fusion(),
        network.extra() == Extra.LABELS ? classes.size() : 0);
  }
}
