package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Add;
import dev.tarsier.trainer.network.Layer.Interpolation;
import dev.tarsier.trainer.network.Layer.Normalise;
import dev.tarsier.trainer.network.Layer.ResizeLike;
import java.util.ArrayList;
import java.util.List;

/**
 * The backbone HRNet-w18-small-v2 (Wang et al., <i>Deep High-Resolution Representation Learning for
 * Visual Recognition</i>, TPAMI 2020), with the names of its authors' code and of timm ({@code
 * stage2.0.branches.0.0.conv1.weight} and so on), so that published weights load by name.
 *
 * <pre>
 *   image ─ conv1, conv2 (each /2) ─ layer1 ─┬─ /4  ▶ stage2 ▶ stage3 ▶ stage4 ─▶  18 channels
 *                                            └─ /8  ▶ stage2 ▶ stage3 ▶ stage4 ─▶  36
 *                                              /16           ▶ stage3 ▶ stage4 ─▶  72
 *                                              /32                    ▶ stage4 ─▶ 144
 * </pre>
 *
 * <p>A stage is a row of modules (1, 3 and 2). In a module every branch runs two basic blocks by
 * itself; then each scale becomes the sum of all of them, brought to its size by 3×3 convolutions
 * of stride 2, or by a 1×1 convolution and bilinear enlarging. Weights published for classification
 * were trained with enlarging by the nearest pixel; dense prediction, here as in MTI-Net, uses the
 * same weights with bilinear enlarging.
 */
public final class HrNet {
  /** Channels of the four feature maps, finest first: at 1/4, 1/8, 1/16 and 1/32 of the image. */
  public static final List<Integer> CHANNELS = List.of(18, 36, 72, 144);

  /** What ImageNet weights expect of RGB of 0..255. */
  public static final Normalise NORMALISATION =
      new Normalise(
          List.of(0.485 * 255, 0.456 * 255, 0.406 * 255),
          List.of(0.229 * 255, 0.224 * 255, 0.225 * 255));

  /** The layer that sees the input, relative to the prefix. */
  static final String FIRST_CONVOLUTION = "conv1";

  private static final int STEM_CHANNELS = 64;
  private static final int BLOCKS = 2;

  /** Modules of stages 2, 3 and 4; stage n has n branches. */
  private static final int[] MODULES = {1, 3, 2};

  private final LayerGraph.Builder graph;
  private final String prefix;

  private HrNet(LayerGraph.Builder graph, String prefix) {
    this.graph = graph;
    this.prefix = prefix;
  }

  /**
   * Adds the backbone.
   *
   * @param graph to add to. Modified.
   * @param prefix before each name, such as {@code "encoder."}, or empty
   * @param from the normalised input; published weights are for 3 channels
   * @return the names of the four feature maps, finest first, of {@link #CHANNELS} channels
   */
  public static List<String> addTo(LayerGraph.Builder graph, String prefix, String from) {
    return new HrNet(graph, prefix).add(from);
  }

  /**
   * How the names of a published file map to this network's: the backbone's are those of the file
   * with a prefix; what only classifies ({@code incre_modules}, {@code downsamp_modules}, {@code
   * final_layer}, {@code classifier}) and torch's batch counters are left out.
   *
   * @param prefix as given to {@link #addTo}
   */
  public static WeightNames publishedNames(String prefix) {
    return WeightNames.prefix("", prefix)
        .ignoring("(incre_modules|downsamp_modules|final_layer|classifier)\\..*")
        .ignoring(".*\\.num_batches_tracked");
  }

  private List<String> add(String from) {
    String at = convNorm(prefix + FIRST_CONVOLUTION, prefix + "bn1", from, STEM_CHANNELS, 3, 2);
    at = graph.add(prefix + "relu1", Activation.RELU, at);
    at = convNorm(prefix + "conv2", prefix + "bn2", at, STEM_CHANNELS, 3, 2);
    at = graph.add(prefix + "relu2", Activation.RELU, at);
    for (int block = 0; block < BLOCKS; block++) {
      at = ResNet.bottleneck(graph, prefix + "layer1." + block, at, STEM_CHANNELS, 1);
    }
    String stem = at;
    String finest = transition("transition1.0", stem, CHANNELS.get(0), 1);
    List<String> branches = new ArrayList<>();
    branches.add(finest);
    for (int scale = 1; scale < CHANNELS.size(); scale++) {
      // A new branch starts from the coarsest one before it; the first from what came before both.
      String above = scale == 1 ? stem : branches.get(scale - 1);
      String name = "transition%d.%d.0".formatted(scale, scale);
      branches.add(transition(name, above, CHANNELS.get(scale), 2));
      for (int module = 0; module < MODULES[scale - 1]; module++) {
        branches = module("%sstage%d.%d".formatted(prefix, scale + 1, module), branches);
      }
    }
    return List.copyOf(branches);
  }

  private String transition(String name, String from, int out, int stride) {
    String at = convNorm(prefix + name + ".0", prefix + name + ".1", from, out, 3, stride);
    return graph.add(prefix + name + ".2", Activation.RELU, at);
  }

  private List<String> module(String name, List<String> from) {
    List<String> own = new ArrayList<>();
    for (int branch = 0; branch < from.size(); branch++) {
      String at = from.get(branch);
      for (int block = 0; block < BLOCKS; block++) {
        String basic = "%s.branches.%d.%d".formatted(name, branch, block);
        at = ResNet.basicBlock(graph, basic, at, graph.channels(at), 1);
      }
      own.add(at);
    }
    List<String> fused = new ArrayList<>();
    for (int to = 0; to < own.size(); to++) {
      String[] parts = new String[own.size()];
      for (int source = 0; source < parts.length; source++) {
        parts[source] =
            brought("%s.fuse_layers.%d.%d".formatted(name, to, source), own, source, to);
      }
      String sum = graph.add("%s.fuse_layers.%d.sum".formatted(name, to), new Add(), parts);
      fused.add(graph.add("%s.fuse_layers.%d.relu".formatted(name, to), Activation.RELU, sum));
    }
    return fused;
  }

  /** One scale's features at the size and with the channels of another scale. */
  private String brought(String name, List<String> own, int source, int to) {
    String at = own.get(source);
    int out = graph.channels(own.get(to));
    if (source > to) {
      at = convNorm(name + ".0", name + ".1", at, out, 1, 1);
      return graph.add(name + ".2", new ResizeLike(Interpolation.BILINEAR), at, own.get(to));
    }
    for (int step = 0; step < to - source; step++) {
      boolean last = step == to - source - 1;
      String part = name + "." + step;
      at = convNorm(part + ".0", part + ".1", at, last ? out : graph.channels(at), 3, 2);
      if (!last) {
        at = graph.add(part + ".2", Activation.RELU, at);
      }
    }
    return at;
  }

  private String convNorm(String conv, String norm, String from, int out, int kernel, int stride) {
    return ResNet.convNorm(graph, conv, norm, from, out, kernel, stride);
  }
}
