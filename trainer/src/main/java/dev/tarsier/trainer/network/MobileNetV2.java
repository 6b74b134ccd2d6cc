package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Add;
import dev.tarsier.trainer.network.Layer.BatchNorm;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.Normalise;
import dev.tarsier.trainer.network.Layer.Padding;
import dev.tarsier.trainer.network.Layer.Zeros;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The feature layers of MobileNetV2 (Sandler et al., CVPR 2018) with torchvision's names ({@code
 * features.0.0.weight} and so on), for use as an encoder.
 */
public final class MobileNetV2 {
  /** Expansion, channels, repeats, stride: table 2 of the paper. */
  private static final int[][] STAGES = {
    {1, 16, 1, 1},
    {6, 24, 2, 2},
    {6, 32, 3, 2},
    {6, 64, 4, 2},
    {6, 96, 3, 1},
    {6, 160, 3, 2},
    {6, 320, 1, 1}
  };

  /** Where pre-trained weights come from, which decides normalisation and padding. */
  public enum Origin {
    /**
     * torchvision and the ONNX model zoo: ImageNet's mean and deviation, padding 1 on all sides.
     */
    TORCHVISION,
    /**
     * TensorFlow: {@code x / 127.5 − 1}; 3×3 convolutions of stride 2 pad at the right and the
     * bottom only.
     */
    TENSORFLOW;

    /** The normalisation these weights expect, for RGB of 0..255. */
    public Normalise normalisation() {
      return this == TENSORFLOW
          ? new Normalise(List.of(127.5, 127.5, 127.5), List.of(127.5, 127.5, 127.5))
          : new Normalise(
              List.of(0.485 * 255, 0.456 * 255, 0.406 * 255),
              List.of(0.229 * 255, 0.224 * 255, 0.225 * 255));
    }
  }

  private final LayerGraph.Builder graph;
  private final String prefix;
  private final Origin origin;
  private final double width;

  private MobileNetV2(LayerGraph.Builder graph, String prefix, Origin origin, double width) {
    this.graph = graph;
    this.prefix = prefix;
    this.origin = origin;
    this.width = width;
  }

  /**
   * Adds the layers {@code features.0} to {@code features.<last>}.
   *
   * @param graph to add to. Modified.
   * @param prefix before each name, such as {@code "encoder."}, or empty
   * @param from the normalised image, 3 channels or more
   * @param origin of the weights
   * @param width multiplier of all channels; pre-trained weights are for 1.0
   * @param last 17 (stride 32, 320 channels) or 18 (1280 channels)
   * @return the name of each block's output by block number, 0 to last
   */
  public static Map<Integer, String> addTo(
      LayerGraph.Builder graph, String prefix, String from, Origin origin, double width, int last) {
    if (last < 1 || last > 18) {
      throw new IllegalArgumentException("last must be 1 to 18, got " + last);
    }
    if (!(width > 0)) {
      throw new IllegalArgumentException("width must be > 0, got " + width);
    }
    return new MobileNetV2(graph, prefix, origin, width).add(from, last);
  }

  private Map<Integer, String> add(String from, int last) {
    Map<Integer, String> blocks = new TreeMap<>();
    String at = convNormAct(prefix + "features.0", from, scaled(32), 3, 2, 1);
    blocks.put(0, at);
    int index = 1;
    for (int[] stage : STAGES) {
      for (int repeat = 0; repeat < stage[2] && index <= last; repeat++) {
        at = block(index, at, stage[0], scaled(stage[1]), repeat == 0 ? stage[3] : 1);
        blocks.put(index++, at);
      }
    }
    if (last == 18) {
      int channels = width > 1 ? scaled(1280) : 1280;
      blocks.put(18, convNormAct(prefix + "features.18", at, channels, 1, 1, 1));
    }
    return blocks;
  }

  private String block(int index, String from, int expansion, int out, int stride) {
    String name = prefix + "features." + index;
    int in = graph.channels(from);
    int hidden = in * expansion;
    String at = from;
    int part = 0;
    if (expansion != 1) {
      at = convNormAct(name + ".conv." + part++, at, hidden, 1, 1, 1);
    }
    at = convNormAct(name + ".conv." + part++, at, hidden, 3, stride, hidden);
    at = graph.add(name + ".conv." + part++, Conv.pointwise(hidden, out, false), at);
    at = graph.add(name + ".conv." + part, BatchNorm.of(out), at);
    return stride == 1 && in == out ? graph.add(name, new Add(), from, at) : at;
  }

  private String convNormAct(
      String name, String from, int out, int kernel, int stride, int groups) {
    Padding padding =
        stride == 2 && origin == Origin.TENSORFLOW ? new Zeros(0, 0, 1, 1) : Padding.of(kernel / 2);
    int in = graph.channels(from);
    String at =
        graph.add(name + ".0", new Conv(in, out, kernel, stride, padding, 1, groups, false), from);
    at = graph.add(name + ".1", BatchNorm.of(out), at);
    return graph.add(name + ".2", Activation.RELU6, at);
  }

  private int scaled(int channels) {
    return divisibleBy8(channels * width);
  }

  /** The next multiple of 8, never below 90 %: torchvision's {@code _make_divisible}. */
  static int divisibleBy8(double channels) {
    int rounded = Math.max(8, (int) (channels + 4) / 8 * 8);
    return rounded < 0.9 * channels ? rounded + 8 : rounded;
  }
}
