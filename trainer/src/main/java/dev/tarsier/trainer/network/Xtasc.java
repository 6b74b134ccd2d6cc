package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Concat;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.Interpolation;
import dev.tarsier.trainer.network.Layer.ResizeLike;
import java.util.Map;

/**
 * The network of XTasC-Net (Nakano et al., <i>Cross-Task Consistency Learning Framework for
 * Multi-Task Learning</i>): a ResNet encoder and a decoder for each task (methods §4). What its
 * tasks tell each other while it learns is {@link TaskTransfer}.
 *
 * <pre>
 *   image [N,3,H,W] RGB 0..255
 *     │ normalise
 *   encoder  /2 ────── /4 ────── /8 ────── /16 ────── /32         64, 64, 128, 256, 512 channels
 *            │         │         │         │          │
 *   head ◀×2─ ◀─block─×2─ ◀─block─×2─ ◀─block─×2─ ◀─block─×2─ block
 *     └─ 1×1 ─▶ [N,C,H,W], such as logits, or sigmoid · most, such as metres
 * </pre>
 *
 * <p>A block is three times a 3×3 convolution to 128 channels, batch normalisation and ReLU, on the
 * map of the coarser block and the encoder's of the same size; enlarging is bilinear with the
 * corners in place. The last convolution has no bias.
 *
 * <p>Feature maps to look at: {@code mid} ends the encoder, {@code last} each task's own decoder.
 *
 * <p>H and W may be anything from 32 up.
 *
 * @param resnet layers of the encoder: 18, 34 or 50
 * @param widthFactor multiplier of the channels; pre-trained weights are for 1
 */
public record Xtasc(int resnet, double widthFactor) implements Architecture {
  private static final int DECODER_CHANNELS = 128;

  /** Checks the settings. */
  public Xtasc {
    if (!ResNet.depths().contains(resnet)) {
      throw new IllegalArgumentException(
          "resnet must be one of %s, got %d".formatted(ResNet.depths(), resnet));
    }
    new WidthFactor(widthFactor);
  }

  /** As published. */
  public Xtasc() {
    this(34, 1);
  }

  @Override
  public String kind() {
    return "xtasc";
  }

  @Override
  public LayerGraph graph(Ports ports) {
    LayerGraph.Builder graph = LayerGraph.named("xtasc").initialised(Initialisation.HE);
    WidthFactor width = new WidthFactor(widthFactor);
    Map<Integer, String> taps =
        ports.encode(
            graph,
            HrNet.NORMALISATION,
            (prefix, from) -> ResNet.addTo(graph, prefix, from, resnet, width));
    graph.tap("mid", taps.get(32));
    for (Ports.Head head : ports.heads()) {
      String at = decoder(graph, head.prefix(), taps, width.of(DECODER_CHANNELS));
      graph.tap("last", head.task(), at);
      Conv last = Conv.pointwise(graph.channels(at), head.channels(), false);
      at = graph.add(head.last(), last, at);
      graph.output(head.task(), head.ranged(graph, head.prefix(), at));
    }
    return graph.build();
  }

  private static String decoder(
      LayerGraph.Builder graph, String head, Map<Integer, String> taps, int channels) {
    String at = null;
    for (int stride = 32; stride >= 2; stride /= 2) {
      String name = head + ".block" + stride;
      String tap = taps.get(stride);
      at = at == null ? tap : graph.add(name + ".in", new Concat(), at, tap);
      for (int k = 0; k < 3; k++) {
        at = SegNet.block(graph, name + "." + k, at, channels);
      }
      String like = taps.getOrDefault(stride / 2, Ports.IMAGE);
      at = graph.add(name + ".up", new ResizeLike(Interpolation.BILINEAR_ALIGNED), at, like);
    }
    return at;
  }

  /** Torchvision's ResNet; its classifier and torch's batch counters are left out. */
  @Override
  public WeightNames published(String encoder) {
    return WeightNames.prefix("", encoder).ignoring("fc\\..*").ignoring(".*\\.num_batches_tracked");
  }

  @Override
  public String firstConvolution() {
    return ResNet.FIRST_CONVOLUTION;
  }
}
