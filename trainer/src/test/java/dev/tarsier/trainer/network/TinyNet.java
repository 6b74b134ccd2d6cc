package dev.tarsier.trainer.network;

import java.util.Map;

/**
 * An architecture that the product does not have, registered beside those that it has: two
 * convolutions and a head for each task.
 *
 * @param channels of the first convolution
 */
public record TinyNet(int channels) implements Architecture {
  /** With its default. */
  public TinyNet() {
    this(8);
  }

  @Override
  public String kind() {
    return "tiny";
  }

  @Override
  public LayerGraph graph(Ports ports) {
    LayerGraph.Builder graph = LayerGraph.named("tiny");
    String at =
        ports
            .encode(
                graph,
                HrNet.NORMALISATION,
                (prefix, from) -> Map.of(0, encoder(graph, prefix, from)))
            .get(0);
    for (Ports.Head head : ports.heads()) {
      Layer.Conv last = Layer.Conv.pointwise(channels, head.channels(), true);
      String raw = graph.add(head.last(), last, at);
      graph.output(head.task(), head.ranged(graph, head.prefix(), raw));
    }
    return graph.build();
  }

  private String encoder(LayerGraph.Builder graph, String prefix, String from) {
    Layer.Conv conv =
        new Layer.Conv(graph.channels(from), channels, 3, 2, Layer.Padding.of(1), 1, 1, false);
    String at = graph.add(prefix + "first", conv, from);
    at = graph.add(prefix + "norm", Layer.BatchNorm.of(channels), at);
    return graph.add(prefix + "relu", Layer.Activation.RELU, at);
  }

  @Override
  public WeightNames published(String encoder) {
    return WeightNames.prefix("", encoder);
  }

  @Override
  public String firstConvolution() {
    return "first";
  }
}
