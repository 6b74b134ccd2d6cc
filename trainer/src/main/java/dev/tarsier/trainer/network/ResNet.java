package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Add;
import dev.tarsier.trainer.network.Layer.BatchNorm;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.MaxPool;
import dev.tarsier.trainer.network.Layer.Padding;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * ResNet (He et al., CVPR 2016) without its classifier, with torchvision's names ({@code
 * layer1.0.conv1.weight} and so on), for use as an encoder; and its blocks, for other networks.
 */
final class ResNet {
  /** The layer that sees the input, relative to the prefix. */
  static final String FIRST_CONVOLUTION = "conv1";

  private static final int STEM_CHANNELS = 64;

  /** How many blocks its four layers have: table 1 of the paper. */
  private static final Map<Integer, int[]> BLOCKS =
      Map.of(
          18, new int[] {2, 2, 2, 2},
          34, new int[] {3, 4, 6, 3},
          50, new int[] {3, 4, 6, 3});

  /** From this depth on, blocks are bottlenecks. */
  private static final int BOTTLENECKS = 50;

  private ResNet() {}

  /** The depths that there are. */
  static List<Integer> depths() {
    return BLOCKS.keySet().stream().sorted().toList();
  }

  /**
   * Adds the feature layers.
   *
   * @param graph to add to. Modified.
   * @param prefix before each name, such as {@code "encoder."}
   * @param from the normalised input; published weights are for 3 channels
   * @param depth one of {@link #depths}
   * @param width of all channels; published weights are for 1
   * @return the feature maps at strides 2, 4, 8, 16 and 32, by stride
   */
  static Map<Integer, String> addTo(
      LayerGraph.Builder graph, String prefix, String from, int depth, WidthFactor width) {
    int channels = width.of(STEM_CHANNELS);
    String at = convNorm(graph, prefix + FIRST_CONVOLUTION, prefix + "bn1", from, channels, 7, 2);
    at = graph.add(prefix + "relu", Activation.RELU, at);
    Map<Integer, String> taps = new TreeMap<>();
    taps.put(2, at);
    at = graph.add(prefix + "maxpool", new MaxPool(3, 2, 1), at);
    int[] blocks = BLOCKS.get(depth);
    for (int layer = 0; layer < blocks.length; layer++) {
      for (int block = 0; block < blocks[layer]; block++) {
        String name = "%slayer%d.%d".formatted(prefix, layer + 1, block);
        int stride = layer > 0 && block == 0 ? 2 : 1;
        int wide = width.of(STEM_CHANNELS << layer);
        at =
            depth >= BOTTLENECKS
                ? bottleneck(graph, name, at, wide, stride)
                : basicBlock(graph, name, at, wide, stride);
      }
      taps.put(4 << layer, at);
    }
    return taps;
  }

  /**
   * Two 3×3 convolutions with batch normalisation beside a shortcut, which is a 1×1 convolution
   * with batch normalisation where channels or size change.
   *
   * @return its result, rectified
   */
  static String basicBlock(
      LayerGraph.Builder graph, String name, String from, int out, int stride) {
    String at = convNorm(graph, name + ".conv1", name + ".bn1", from, out, 3, stride);
    at = graph.add(name + ".relu1", Activation.RELU, at);
    at = convNorm(graph, name + ".conv2", name + ".bn2", at, out, 3, 1);
    return residual(graph, name, from, at, stride);
  }

  /**
   * The same with 1×1, 3×3 and 1×1 convolutions, the last to four times as many channels.
   *
   * @return its result, rectified
   */
  static String bottleneck(
      LayerGraph.Builder graph, String name, String from, int width, int stride) {
    String at = convNorm(graph, name + ".conv1", name + ".bn1", from, width, 1, 1);
    at = graph.add(name + ".relu1", Activation.RELU, at);
    at = convNorm(graph, name + ".conv2", name + ".bn2", at, width, 3, stride);
    at = graph.add(name + ".relu2", Activation.RELU, at);
    at = convNorm(graph, name + ".conv3", name + ".bn3", at, 4 * width, 1, 1);
    return residual(graph, name, from, at, stride);
  }

  private static String residual(
      LayerGraph.Builder graph, String name, String from, String at, int stride) {
    String shortcut = from;
    int out = graph.channels(at);
    if (stride > 1 || graph.channels(from) != out) {
      String down = name + ".downsample";
      shortcut = convNorm(graph, down + ".0", down + ".1", from, out, 1, stride);
    }
    String sum = graph.add(name + ".sum", new Add(), at, shortcut);
    return graph.add(name + ".relu", Activation.RELU, sum);
  }

  /** A convolution that keeps the size at stride 1, and batch normalisation. */
  static String convNorm(
      LayerGraph.Builder graph,
      String conv,
      String norm,
      String from,
      int out,
      int kernel,
      int stride) {
    Padding padding = Padding.of(kernel / 2);
    int in = graph.channels(from);
    String at = graph.add(conv, new Conv(in, out, kernel, stride, padding, 1, 1, false), from);
    return graph.add(norm, BatchNorm.of(out), at);
  }
}
