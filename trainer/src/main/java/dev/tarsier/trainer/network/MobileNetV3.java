package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Add;
import dev.tarsier.trainer.network.Layer.BatchNorm;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.GlobalAveragePool;
import dev.tarsier.trainer.network.Layer.Multiply;
import dev.tarsier.trainer.network.Layer.Padding;
import java.util.Map;
import java.util.TreeMap;

/**
 * The feature layers of MobileNetV3-Large (Howard et al., ICCV 2019) with torchvision's names
 * ({@code features.4.block.2.fc1.weight} and so on), for use as an encoder. Its batch normalisation
 * has an epsilon of 1e-3.
 */
final class MobileNetV3 {
  /** Kernel, expanded channels, channels, squeeze-excitation, hard-swish, stride: table 1. */
  private static final int[][] BLOCKS = {
    {3, 16, 16, 0, 0, 1},
    {3, 64, 24, 0, 0, 2},
    {3, 72, 24, 0, 0, 1},
    {5, 72, 40, 1, 0, 2},
    {5, 120, 40, 1, 0, 1},
    {5, 120, 40, 1, 0, 1},
    {3, 240, 80, 0, 1, 2},
    {3, 200, 80, 0, 1, 1},
    {3, 184, 80, 0, 1, 1},
    {3, 184, 80, 0, 1, 1},
    {3, 480, 112, 1, 1, 1},
    {3, 672, 112, 1, 1, 1},
    {5, 672, 160, 1, 1, 2},
    {5, 960, 160, 1, 1, 1},
    {5, 960, 160, 1, 1, 1}
  };

  private static final int STEM_CHANNELS = 16;
  private static final int LAST_CHANNELS = 960;
  private static final int LAST = BLOCKS.length + 1;
  private static final int SQUEEZE = 4;
  private static final double EPSILON = 1e-3;
  private static final double MOMENTUM = 0.01;

  private final LayerGraph.Builder graph;
  private final String prefix;
  private final double width;

  private MobileNetV3(LayerGraph.Builder graph, String prefix, double width) {
    this.graph = graph;
    this.prefix = prefix;
    this.width = width;
  }

  /**
   * Adds the layers {@code features.0} to {@code features.<last>}.
   *
   * @param graph to add to. Modified.
   * @param prefix before each name, such as {@code "encoder."}
   * @param from the normalised input; published weights are for 3 channels
   * @param width multiplier of all channels; published weights are for 1
   * @param last 15 (stride 32, 160 channels) or 16 (960 channels)
   * @return the name of each block's output by block number, 0 to last
   */
  static Map<Integer, String> addTo(
      LayerGraph.Builder graph, String prefix, String from, double width, int last) {
    return new MobileNetV3(graph, prefix, width).add(from, last);
  }

  private Map<Integer, String> add(String from, int last) {
    Map<Integer, String> outputs = new TreeMap<>();
    String features = prefix + "features.";
    String at = convNorm(features + 0, from, scaled(STEM_CHANNELS), 3, 2, 1);
    at = graph.add(features + "0.2", Activation.HARD_SWISH, at);
    outputs.put(0, at);
    for (int number = 1; number <= BLOCKS.length; number++) {
      at = block(features + number, at, BLOCKS[number - 1]);
      outputs.put(number, at);
    }
    if (last == LAST) {
      at = convNorm(features + LAST, at, scaled(LAST_CHANNELS), 1, 1, 1);
      outputs.put(LAST, graph.add(features + LAST + ".2", Activation.HARD_SWISH, at));
    }
    return outputs;
  }

  private String block(String name, String from, int[] settings) {
    int in = graph.channels(from);
    int hidden = scaled(settings[1]);
    int out = scaled(settings[2]);
    int stride = settings[5];
    Activation activation = settings[4] == 1 ? Activation.HARD_SWISH : Activation.RELU;
    String block = name + ".block.";
    int part = 0;
    String at = from;
    if (hidden != in) {
      at = convNorm(block + part, at, hidden, 1, 1, 1);
      at = graph.add(block + part++ + ".2", activation, at);
    }
    at = convNorm(block + part, at, hidden, settings[0], stride, hidden);
    at = graph.add(block + part++ + ".2", activation, at);
    if (settings[3] == 1) {
      at = squeezed(block + part++, at);
    }
    at = convNorm(block + part, at, out, 1, 1, 1);
    return stride == 1 && in == out ? graph.add(name, new Add(), from, at) : at;
  }

  /** Squeeze-excitation (Hu et al., CVPR 2018): each channel is weighed by what all say. */
  private String squeezed(String name, String from) {
    int channels = graph.channels(from);
    int few = MobileNetV2.divisibleBy8(channels / (double) SQUEEZE);
    String at = graph.add(name + ".avgpool", new GlobalAveragePool(), from);
    at = graph.add(name + ".fc1", Conv.pointwise(channels, few, true), at);
    at = graph.add(name + ".activation", Activation.RELU, at);
    at = graph.add(name + ".fc2", Conv.pointwise(few, channels, true), at);
    at = graph.add(name + ".scale_activation", Activation.HARD_SIGMOID, at);
    return graph.add(name, new Multiply(), from, at);
  }

  private String convNorm(String name, String from, int out, int kernel, int stride, int groups) {
    int in = graph.channels(from);
    Padding padding = Padding.of(kernel / 2);
    String at =
        graph.add(name + ".0", new Conv(in, out, kernel, stride, padding, 1, groups, false), from);
    return graph.add(name + ".1", new BatchNorm(out, EPSILON, MOMENTUM), at);
  }

  private int scaled(int channels) {
    return MobileNetV2.divisibleBy8(channels * width);
  }
}
