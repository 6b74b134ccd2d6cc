package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Add;
import dev.tarsier.trainer.network.Layer.BatchNorm;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.Same;
import java.util.Map;
import java.util.TreeMap;

/**
 * The feature layers of EfficientNet-Lite 0, 1 and 2 with timm's names ({@code
 * blocks.1.0.conv_pw.weight} and so on), for use as an encoder: EfficientNet (Tan and Le, ICML
 * 2019) without squeeze-excitation and with ReLU6, made by Google for int8 and small accelerators.
 *
 * <p>Padding is TensorFlow's, which differs with the size at hand, and batch normalisation has its
 * epsilon of 1e-3.
 */
final class EfficientNetLite {
  /** The layer that sees the input, relative to the prefix. */
  static final String FIRST_CONVOLUTION = "conv_stem";

  /** Kernel, expansion, channels, repeats, stride of each stage of B0: table 1 of the paper. */
  private static final int[][] STAGES = {
    {3, 1, 16, 1, 1},
    {3, 6, 24, 2, 2},
    {5, 6, 40, 2, 2},
    {3, 6, 80, 3, 2},
    {5, 6, 112, 3, 1},
    {5, 6, 192, 4, 2},
    {3, 6, 320, 1, 1}
  };

  /** By the variant's number: how much wider and deeper than 0 it is. */
  private static final double[] WIDTHS = {1, 1, 1.1};

  private static final double[] DEPTHS = {1, 1.1, 1.2};

  private static final int STEM_CHANNELS = 32;
  private static final double EPSILON = 1e-3;
  private static final double MOMENTUM = 0.1;

  private final LayerGraph.Builder graph;
  private final String prefix;

  private EfficientNetLite(LayerGraph.Builder graph, String prefix) {
    this.graph = graph;
    this.prefix = prefix;
  }

  /**
   * Adds the stem and all stages.
   *
   * @param graph to add to. Modified.
   * @param prefix before each name, such as {@code "encoder."}
   * @param from the normalised input; published weights are for 3 channels
   * @param variant 0, 1 or 2
   * @param width multiplier of all channels; published weights are for 1
   * @return the output of the stem, by −1, and of each stage, by its number
   */
  static Map<Integer, String> addTo(
      LayerGraph.Builder graph, String prefix, String from, int variant, double width) {
    return new EfficientNetLite(graph, prefix).add(from, variant, width);
  }

  private Map<Integer, String> add(String from, int variant, double width) {
    int stem = MobileNetV2.divisibleBy8(STEM_CHANNELS * width); // the same in all variants
    String at = conv(FIRST_CONVOLUTION, from, stem, 3, 2, 1);
    Map<Integer, String> outputs = new TreeMap<>();
    outputs.put(-1, at);
    at = norm("bn1", at);
    at = graph.add(prefix + "relu", Activation.RELU6, at);
    for (int number = 0; number < STAGES.length; number++) {
      int[] stage = STAGES[number];
      boolean inner = number > 0 && number < STAGES.length - 1;
      int repeats = inner ? (int) Math.ceil(stage[3] * DEPTHS[variant]) : stage[3];
      int channels = MobileNetV2.divisibleBy8(stage[2] * WIDTHS[variant] * width);
      for (int repeat = 0; repeat < repeats; repeat++) {
        String name = "blocks.%d.%d".formatted(number, repeat);
        at = block(name, at, stage[0], stage[1], channels, repeat == 0 ? stage[4] : 1);
      }
      outputs.put(number, at);
    }
    return outputs;
  }

  private String block(String name, String from, int kernel, int expansion, int out, int stride) {
    int in = graph.channels(from);
    int hidden = in * expansion;
    int norms = 1;
    String at = from;
    if (expansion > 1) {
      at = rectified(name, norms++, conv(name + ".conv_pw", at, hidden, 1, 1, 1));
    }
    at = conv(name + ".conv_dw", at, hidden, kernel, stride, hidden);
    at = rectified(name, norms++, at);
    at = conv(name + (expansion > 1 ? ".conv_pwl" : ".conv_pw"), at, out, 1, 1, 1);
    at = norm(name + ".bn" + norms, at);
    return stride == 1 && in == out ? graph.add(prefix + name, new Add(), from, at) : at;
  }

  private String conv(String name, String from, int out, int kernel, int stride, int groups) {
    int in = graph.channels(from);
    Conv conv = new Conv(in, out, kernel, stride, new Same(), 1, groups, false);
    return graph.add(prefix + name, conv, from);
  }

  private String norm(String name, String from) {
    return graph.add(prefix + name, new BatchNorm(graph.channels(from), EPSILON, MOMENTUM), from);
  }

  private String rectified(String name, int number, String from) {
    String at = norm(name + ".bn" + number, from);
    return graph.add(prefix + name + ".relu" + number, Activation.RELU6, at);
  }
}
