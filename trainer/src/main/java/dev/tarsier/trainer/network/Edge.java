package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Add;
import dev.tarsier.trainer.network.Layer.BatchNorm;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.GlobalAveragePool;
import dev.tarsier.trainer.network.Layer.Interpolation;
import dev.tarsier.trainer.network.Layer.ResizeLike;
import dev.tarsier.trainer.network.Layer.Upsample;
import java.util.List;

/**
 * The network for small computers: a light encoder such as MobileNetV2, a light decoder with skip
 * features, a head for each task.
 *
 * <pre>
 *   image [N,3,H,W] RGB 0..255
 *     │ normalise
 *   encoder  /4 ───── /8 ───── /16 ───── /32        of MobileNetV2 features.3, .6, .13, .17
 *            │1×1     │1×1     │1×1      │1×1 + mean over the image
 *   decoder  + ◀─×2── + ◀─×2── + ◀─×2─── ┘          depthwise-separable 3×3 after each sum
 *            ├─ head: separable 3×3, 1×1 ─×2─▶ [N,C,H/2,W/2], such as logits
 *            └─ head: separable 3×3, 1×1, sigmoid · most ─×2─▶ [N,1,H/2,W/2], such as metres
 * </pre>
 *
 * <p>A network that sees more than the image has, with {@link Fusion#FEATURES}, a second encoder of
 * the same form, whose features are added to the image's at all four taps; with {@link
 * Fusion#INPUT} further channels of the one encoder.
 *
 * <p>Feature maps to look at: {@code mid} ends the encoder, {@code last} the decoder.
 *
 * <p>H and W may be anything from 32 up; multiples of 4 give outputs of exactly half the size. The
 * decoder is fed by bilinear resizing to the size of the skip feature, so odd sizes are no trouble.
 *
 * @param encoder which, and whose weights it is made for: decides normalisation and padding
 * @param encoderWidth multiplier of the encoder's channels; pre-trained weights are for 1.0
 * @param decoderWidth channels of the decoder; two thirds of it at the finest scale
 * @param outputStride outputs are so much smaller than the image: 2; 0 says the same
 */
public record Edge(
    PublishedEncoder encoder, double encoderWidth, int decoderWidth, int outputStride)
    implements Architecture {
  /** Checks the settings. */
  public Edge {
    if (!(encoderWidth >= 0.1 && encoderWidth <= 4)) {
      throw new IllegalArgumentException("encoder_width must be 0.1 to 4, got " + encoderWidth);
    }
    if (decoderWidth < 8 || decoderWidth > 1024) {
      throw new IllegalArgumentException("decoder_width must be 8 to 1024, got " + decoderWidth);
    }
    if (outputStride != 0 && outputStride != 2) {
      throw new IllegalArgumentException("output_stride of edge must be 2, got " + outputStride);
    }
  }

  /** Torchvision's MobileNetV2 at full width, a decoder of 96 channels. */
  public Edge() {
    this(PublishedEncoder.TORCHVISION, 1, 96, 0);
  }

  /** The same with another encoder and decoder. */
  public Edge(PublishedEncoder encoder, double encoderWidth, int decoderWidth) {
    this(encoder, encoderWidth, decoderWidth, 0);
  }

  @Override
  public String kind() {
    return "edge";
  }

  @Override
  public LayerGraph graph(Ports ports) {
    return new Making(this, LayerGraph.named("edge")).of(ports);
  }

  @Override
  public WeightNames published(String prefix) {
    return encoder.published(prefix);
  }

  @Override
  public String firstConvolution() {
    return encoder.firstConvolution();
  }

  private record Making(Edge options, LayerGraph.Builder graph) {
    private LayerGraph of(Ports ports) {
      PublishedEncoder encoder = options.encoder();
      List<String> taps =
          List.copyOf(
              ports
                  .encode(
                      graph,
                      encoder.normalisation(),
                      (prefix, from) -> encoder.addTo(graph, prefix, from, options.encoderWidth()))
                  .values());
      int wide = options.decoderWidth();
      String at = lateral("decoder.lateral32", taps.get(3), wide);
      at = graph.add("decoder.sum32", new Add(), at, imageContext(at));
      at = separable("decoder.block32", at, wide);
      at = merge(16, at, taps.get(2));
      at = separable("decoder.block16.0", at, wide);
      at = separable("decoder.block16.1", at, wide);
      at = merge(8, at, taps.get(1));
      at = separable("decoder.block8.0", at, wide);
      at = separable("decoder.block8.1", at, fineWidth());
      at = merge(4, at, taps.get(0));
      at = separable("decoder.block4", at, fineWidth());
      graph.tap("mid", taps.get(3)).tap("last", at);

      for (Ports.Head head : ports.heads()) {
        String said = head.ranged(graph, head.prefix(), head(head, at));
        Upsample up = new Upsample(Interpolation.BILINEAR, 2);
        graph.output(head.task(), head.isMap() ? graph.add(head.prefix() + ".up", up, said) : said);
      }
      return graph.build();
    }

    /** Channels at /4, where each costs four times what it costs at /8. */
    private int fineWidth() {
      return Math.max(8, options.decoderWidth() * 2 / 3);
    }

    private String lateral(String name, String from, int out) {
      String at = graph.add(name + ".0", Conv.pointwise(graph.channels(from), out, false), from);
      return graph.add(name + ".1", BatchNorm.of(out), at);
    }

    /** What the whole picture shows, to be added to every place of it. */
    private String imageContext(String from) {
      int width = options.decoderWidth();
      String at = graph.add("decoder.context.pool", new GlobalAveragePool(), from);
      at = graph.add("decoder.context.0", Conv.pointwise(width, width, true), at);
      at = graph.add("decoder.context.1", Activation.RELU, at);
      return graph.add("decoder.context.2", Conv.pointwise(width, width, true), at);
    }

    private String merge(int stride, String coarse, String skip) {
      String side = lateral("decoder.lateral" + stride, skip, graph.channels(coarse));
      String up =
          graph.add("decoder.up" + stride, new ResizeLike(Interpolation.BILINEAR), coarse, side);
      String at = graph.add("decoder.sum" + stride, new Add(), side, up);
      return graph.add("decoder.relu" + stride, Activation.RELU, at);
    }

    private String separable(String name, String from, int out) {
      int in = graph.channels(from);
      String at = graph.add(name + ".0", Conv.depthwise(in, 1), from);
      at = graph.add(name + ".1", BatchNorm.of(in), at);
      at = graph.add(name + ".2", Activation.RELU, at);
      at = graph.add(name + ".3", Conv.pointwise(in, out, false), at);
      at = graph.add(name + ".4", BatchNorm.of(out), at);
      return graph.add(name + ".5", Activation.RELU, at);
    }

    private String head(Ports.Head head, String from) {
      String at = separable(head.prefix() + ".block", from, fineWidth());
      return graph.add(head.last(), Conv.pointwise(graph.channels(at), head.channels(), true), at);
    }
  }
}
