package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.BatchNorm;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.MaxPool;
import dev.tarsier.trainer.network.Layer.Unpool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * SegNet (Badrinarayanan et al., TPAMI 2017) with a head for each task, as KD4MTL has it (methods
 * §2): what is pooled is put back where its maximum was.
 *
 * <pre>
 *   image [N,3,H,W] RGB 0..255
 *     │ normalise
 *   encoder.stage1 ─pool─▶ stage2 ─▶ stage3 ─▶ stage4 ─▶ stage5 ─pool─┐   64, 128, 256, 512, 512
 *        ┆ where             ┆          ┆          ┆          ┆         │
 *   decoder.stage1 ◀unpool─ stage2 ◀─ stage3 ◀─ stage4 ◀─ stage5 ◀unpool┘
 *     ├─ head: 3×3, 1×1 ─▶ [N,C,H,W], such as logits
 *     └─ head: 3×3, 1×1, sigmoid · most ─▶ [N,1,H,W], such as metres
 * </pre>
 *
 * <p>A stage is 2, 2, 3, 3 or 3 times a 3×3 convolution, batch normalisation and ReLU; the first
 * one of a decoder's stage brings the channels to those of the next. A second encoder's features
 * are added where the image's encoder ends. Feature maps to look at: {@code mid} ends the encoder,
 * {@code last} the decoder.
 *
 * <p>H and W may be anything from 32 up; a last row or column that fills no window is pooled by
 * nobody and comes back as 0.
 *
 * @param widthFactor multiplier of the channels
 */
public record SegNet(double widthFactor) implements Architecture {
  /** The layer that sees the input, relative to the prefix. */
  static final String FIRST_CONVOLUTION = "stage1.0.0";

  static final int STAGES = 5;
  private static final int[] CHANNELS = {64, 128, 256, 512, 512};
  private static final int[] CONVOLUTIONS = {2, 2, 3, 3, 3};

  /** Checks the setting. */
  public SegNet {
    new WidthFactor(widthFactor);
  }

  /** As published. */
  public SegNet() {
    this(1);
  }

  @Override
  public String kind() {
    return "segnet";
  }

  @Override
  public LayerGraph graph(Ports ports) {
    LayerGraph.Builder graph = LayerGraph.named("segnet").initialised(Initialisation.XAVIER);
    Trunk trunk = Trunk.addTo(graph, ports, new WidthFactor(widthFactor));
    String last = trunk.decoder().get(STAGES - 1).last();
    graph.tap("mid", trunk.encoder().get(STAGES - 1).pooled()).tap("last", last);
    for (Ports.Head head : ports.heads()) {
      graph.output(head.task(), head(graph, head, last));
    }
    return graph.build();
  }

  @Override
  public String firstConvolution() {
    return FIRST_CONVOLUTION;
  }

  /** A 3×3 convolution without activation, then 1×1 to the output. */
  static String head(LayerGraph.Builder graph, Ports.Head head, String from) {
    int in = graph.channels(from);
    String at = graph.add(head.prefix() + ".0", Conv.same(in, in), from);
    at = graph.add(head.last(), Conv.pointwise(in, head.channels(), true), at);
    return head.ranged(graph, head.prefix(), at);
  }

  /** A 3×3 convolution with a bias, batch normalisation and ReLU. */
  static String block(LayerGraph.Builder graph, String name, String from, int out) {
    String at = graph.add(name + ".0", Conv.same(graph.channels(from), out), from);
    at = graph.add(name + ".1", BatchNorm.of(out), at);
    return graph.add(name + ".2", Activation.RELU, at);
  }

  /**
   * A stage of the encoder.
   *
   * @param first the map that its first convolution makes
   * @param last the map that is pooled
   * @param pooled of half the size
   */
  record Encoded(String first, String last, String pooled) {}

  /**
   * A stage of the decoder.
   *
   * @param unpooled what it begins with
   * @param last what it gives
   */
  record Decoded(String unpooled, String last) {}

  /**
   * Encoder and decoder.
   *
   * @param encoder the image's, finest stage first
   * @param decoder coarsest stage first
   */
  record Trunk(List<Encoded> encoder, List<Decoded> decoder) {
    /** Adds both to a graph. */
    static Trunk addTo(LayerGraph.Builder graph, Ports ports, WidthFactor width) {
      List<Encoded> encoder = new ArrayList<>();
      String at =
          ports
              .encode(
                  graph,
                  HrNet.NORMALISATION,
                  (prefix, from) -> {
                    List<Encoded> stages = encoder(graph, prefix, from, width);
                    if (encoder.isEmpty()) {
                      encoder.addAll(stages);
                    }
                    return Map.of(STAGES, stages.get(STAGES - 1).pooled());
                  })
              .get(STAGES);
      List<Decoded> decoder = new ArrayList<>();
      for (int stage = STAGES; stage >= 1; stage--) {
        String name = "decoder.stage" + stage;
        String last = encoder.get(stage - 1).last();
        String unpooled = graph.add(name + ".unpool", new Unpool(), at, last);
        at = block(graph, name + ".0", unpooled, channels(width, stage - 1));
        at = furtherBlocks(graph, name, at, stage);
        decoder.add(new Decoded(unpooled, at));
      }
      return new Trunk(encoder, decoder);
    }

    /** Channels of a stage, from 1; of 0 as of 1. */
    static int channels(WidthFactor width, int stage) {
      return width.of(CHANNELS[Math.max(0, stage - 1)]);
    }

    private static List<Encoded> encoder(
        LayerGraph.Builder graph, String prefix, String from, WidthFactor width) {
      List<Encoded> stages = new ArrayList<>();
      String at = from;
      for (int stage = 1; stage <= STAGES; stage++) {
        String name = prefix + "stage" + stage;
        String first = block(graph, name + ".0", at, channels(width, stage));
        String last = furtherBlocks(graph, name, first, stage);
        at = graph.add(name + ".pool", MaxPool.halving(), last);
        stages.add(new Encoded(first, last, at));
      }
      return stages;
    }

    private static String furtherBlocks(
        LayerGraph.Builder graph, String name, String first, int stage) {
      String at = first;
      for (int k = 1; k < CONVOLUTIONS[stage - 1]; k++) {
        at = block(graph, name + "." + k, at, graph.channels(at));
      }
      return at;
    }
  }
}
