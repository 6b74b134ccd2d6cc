package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.MaxPool;
import dev.tarsier.trainer.network.Layer.Padding;
import java.util.Map;

/**
 * LeNet-5 (LeCun et al., <i>Gradient-Based Learning Applied to Document Recognition</i>, 1998) with
 * ReLU, max-pooling and a head for each task: says what small images show, such as digits.
 *
 * <pre>
 *   image [N,3,32,32] RGB 0..255
 *     │ normalise
 *   encoder  5×5, 6 ─pool─▶ 5×5, 16 ─pool─▶ 5×5, 120 ─▶ [N,120,1,1]
 *     └─ head: 84 ─▶ logits [N,C,1,1]
 * </pre>
 *
 * <p>Larger images are looked at in windows of 32×32, four pixels apart, and their logits averaged.
 * The feature map to look at, {@code last}, is that which the heads share.
 *
 * @param widthFactor multiplier of the channels
 */
public record LeNet(double widthFactor) implements Architecture {
  private static final int[] CHANNELS = {6, 16, 120};
  private static final int HIDDEN = 84;

  /** Checks the setting. */
  public LeNet {
    new WidthFactor(widthFactor);
  }

  /** As published. */
  public LeNet() {
    this(1);
  }

  @Override
  public String kind() {
    return "lenet";
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if a head says something of each pixel
   */
  @Override
  public LayerGraph graph(Ports ports) {
    LayerGraph.Builder graph = LayerGraph.named("lenet").initialised(Initialisation.HE);
    String shared =
        ports
            .encode(
                graph,
                HrNet.NORMALISATION,
                (prefix, from) -> Map.of(0, encoder(graph, prefix, from)))
            .get(0);
    graph.tap("last", shared);
    int hidden = new WidthFactor(widthFactor).of(HIDDEN);
    for (Ports.Head head : ports.heads()) {
      if (head.isMap()) {
        throw new IllegalArgumentException(
            "network.kind lenet says something of the image as a whole, but its head %s is for each pixel; give network.heads that end in _class, or another kind"
                .formatted(head.task()));
      }
      Conv dense = Conv.pointwise(graph.channels(shared), hidden, true);
      String at = graph.add(head.prefix() + ".0", dense, shared);
      at = graph.add(head.prefix() + ".1", Activation.RELU, at);
      at = graph.add(head.last(), Conv.pointwise(hidden, head.channels(), true), at);
      graph.output(head.task(), head.ranged(graph, head.prefix(), at));
    }
    return graph.build();
  }

  private String encoder(LayerGraph.Builder graph, String prefix, String from) {
    WidthFactor width = new WidthFactor(widthFactor);
    String at = from;
    for (int k = 0; k < CHANNELS.length; k++) {
      String name = prefix + k;
      int out = width.of(CHANNELS[k]);
      Conv conv = new Conv(graph.channels(at), out, 5, 1, Padding.of(0), 1, 1, true);
      at = graph.add(name + ".conv", conv, at);
      at = graph.add(name + ".relu", Activation.RELU, at);
      if (k < CHANNELS.length - 1) {
        at = graph.add(name + ".pool", MaxPool.halving(), at);
      }
    }
    return at;
  }

  @Override
  public String firstConvolution() {
    return "0.conv";
  }
}
