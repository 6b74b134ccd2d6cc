package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Add;
import dev.tarsier.trainer.network.Layer.BatchNorm;
import dev.tarsier.trainer.network.Layer.Concat;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.GlobalAveragePool;
import dev.tarsier.trainer.network.Layer.Interpolation;
import dev.tarsier.trainer.network.Layer.Multiply;
import dev.tarsier.trainer.network.Layer.Padding;
import dev.tarsier.trainer.network.Layer.ResizeLike;
import dev.tarsier.trainer.network.Layer.TaskSoftmax;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The network of the paper that the product follows: MTI-Net (Vandenhende et al., <i>MTI-Net:
 * Multi-Scale Task Interaction Networks for Multi-Task Learning</i>, ECCV 2020) on {@link HrNet},
 * with the Feature Fusion Module of [E] (methods §1.1).
 *
 * <pre>
 *   image [N,3,H,W] ─▶ HRNet ─▶ features at 1/32, 1/16, 1/8, 1/4        scales 3, 2, 1, 0
 *   extra ─▶ HRNet ──(FFM: +)──────┘
 *                                  coarsest scale first, then finer ones:
 *   features ⊕ ×2 of the scale before ─▶ two basic blocks per task ─┬─▶ first guess (training only)
 *       ▲                                                          ├─▶ MMDM ─▶ head
 *       └──────────────── FPM, scales 3, 2, 1 ◀────────────────────┘
 *   head: all four scales at 1/4, one after the other (270 channels) ─▶ 1×1, BN, ReLU, 1×1 ─▶ output
 * </pre>
 *
 * <ul>
 *   <li><b>FPM</b> (feature propagation): the tasks' features one after the other → a shared
 *       bottleneck → softmax over tasks, for the same channel → a gate on them → one basic block to
 *       the channels of one task → squeeze-and-excitation by task → plus the task's own.
 *   <li><b>MMDM</b> (distillation): {@code F_t + Σ_{a≠t} conv3×3(F_a) · sigmoid(conv3×3(F_a))}.
 *   <li><b>FFM</b>: the extra input has a backbone of its own, whose four feature maps are added.
 * </ul>
 *
 * <p>A network of one task has neither FPM nor MMDM, for both are between tasks: its finer scales
 * are fed with its own coarser features.
 *
 * <p>Deep supervision: the auxiliary outputs {@code classes.0} to {@code classes.3} and {@code
 * depth.0} to {@code depth.3} are the first guesses, by scale, of the same size as the final
 * output. They are computed while training only.
 *
 * <p>The paper leaves depth unbounded; here it is {@code maxDepth · sigmoid}, which starts at about
 * 2.5 m everywhere and can be neither negative nor absurd, as in {@link Edge}.
 *
 * <p>H and W may be anything from 32 up. All enlarging is bilinear with half-pixel centres.
 */
public final class MtiNet {
  private static final int SCALES = HrNet.CHANNELS.size();
  private static final int SQUEEZE = 16;

  private final LayerGraph.Builder graph = LayerGraph.named("mti-hrnet18");
  private final MtiOptions options;
  private final Map<String, Integer> tasks = new LinkedHashMap<>();

  private MtiNet(MtiOptions options) {
    this.options = options;
    if (options.classes() > 0) {
      tasks.put(Edge.CLASSES, options.classes());
    }
    if (options.depth()) {
      tasks.put(Edge.DEPTH, 1);
    }
  }

  /**
   * The network that these options describe: a student, or a teacher with a further input. Inputs
   * and outputs have {@link Edge}'s names and units.
   */
  public static LayerGraph of(MtiOptions options) {
    return new MtiNet(options).build();
  }

  /**
   * Starts the backbones from published weights of HRNet-w18-small-v2 (ImageNet). A second backbone
   * starts from the same ones: its first convolution takes the sum of the colours' filters where it
   * sees depth, and stays as it is where it sees classes. Where depth joins at the input, its
   * filters start as the mean of the colours'; those of classes stay as they are.
   *
   * @param module made from {@link #of} with these options. Modified.
   * @param file safetensors with the names of HRNet's authors or timm
   * @return how many tensors were loaded
   * @throws IOException if the file cannot be read or does not fit; the message names the tensors
   */
  public static int loadEncoders(GraphModule module, Path file, MtiOptions options)
      throws IOException {
    WeightNames names = HrNet.publishedNames(Edge.ENCODER_PREFIX);
    boolean depth = options.extra() == Extra.DEPTH;
    if (options.extra() == Extra.NONE) {
      return WeightLoader.load(module, file, names);
    }
    if (options.fusion() == Fusion.INPUT) {
      return WeightLoader.load(
          module,
          file,
          names.adapting(
              firstWeight(Edge.ENCODER_PREFIX),
              depth
                  ? WeightNames.InputChannels.MEAN_APPENDED
                  : WeightNames.InputChannels.FIRST_ONES));
    }
    return WeightLoader.load(module, file, names)
        + WeightLoader.load(
            module,
            file,
            HrNet.publishedNames(Edge.EXTRA_ENCODER_PREFIX)
                .adapting(
                    firstWeight(Edge.EXTRA_ENCODER_PREFIX),
                    depth ? WeightNames.InputChannels.SUMMED : WeightNames.InputChannels.FRESH));
  }

  private static String firstWeight(String prefix) {
    return prefix + HrNet.FIRST_CONVOLUTION + ".weight";
  }

  private LayerGraph build() {
    String image = graph.input(Edge.IMAGE, 3);
    List<String> backbone = backbone(image);
    String like =
        switch (options.outputStride()) {
          case 1 -> image;
          case 2 -> Edge.ENCODER_PREFIX + HrNet.FIRST_CONVOLUTION;
          default -> backbone.get(0);
        };

    // By scale, finest first.
    List<Map<String, String>> features = new ArrayList<>();
    Map<String, String> propagated = Map.of();
    for (int scale = SCALES - 1; scale >= 0; scale--) {
      Map<String, String> own = initial(scale, backbone.get(scale), propagated);
      features.add(0, own);
      propagated = scale > 0 && tasks.size() > 1 ? propagate(scale, own) : own;
    }
    List<Map<String, String>> distilled = new ArrayList<>();
    for (int scale = 0; scale < SCALES; scale++) {
      distilled.add(tasks.size() > 1 ? distil(scale, features.get(scale)) : features.get(scale));
    }
    tasks.forEach((task, channels) -> graph.output(task, head(task, channels, distilled, like)));
    for (int scale = 0; scale < SCALES; scale++) {
      for (Map.Entry<String, Integer> task : tasks.entrySet()) {
        String name = "decoder.initial%d.%s.out".formatted(scale, task.getKey());
        String from = features.get(scale).get(task.getKey());
        graph.auxiliaryOutput(
            task.getKey() + "." + scale, predict(name, task.getKey(), task.getValue(), from, like));
      }
    }
    return graph.build();
  }

  private List<String> backbone(String image) {
    String seen = graph.add("normalise", HrNet.NORMALISATION, image);
    String extra =
        switch (options.extra()) {
          case NONE -> null;
          case DEPTH ->
              graph.add(
                  "normalise_depth", Edge.DEPTH_NORMALISATION, graph.input(Edge.DEPTH_INPUT, 1));
          case LABELS -> graph.input(Edge.LABELS_INPUT, options.labelChannels());
        };
    if (extra == null) {
      return HrNet.addTo(graph, Edge.ENCODER_PREFIX, seen);
    }
    if (options.fusion() == Fusion.INPUT) {
      String both = graph.add("fuse", new Concat(), seen, extra);
      return HrNet.addTo(graph, Edge.ENCODER_PREFIX, both);
    }
    List<String> ofImage = HrNet.addTo(graph, Edge.ENCODER_PREFIX, seen);
    List<String> ofExtra = HrNet.addTo(graph, Edge.EXTRA_ENCODER_PREFIX, extra);
    List<String> fused = new ArrayList<>();
    for (int scale = 0; scale < SCALES; scale++) {
      fused.add(graph.add("fuse." + scale, new Add(), ofImage.get(scale), ofExtra.get(scale)));
    }
    return fused;
  }

  /** Each task's first features at a scale; fed with those of the coarser one, if there is one. */
  private Map<String, String> initial(
      int scale, String backbone, Map<String, String> coarserByTask) {
    int width = HrNet.CHANNELS.get(scale);
    Map<String, String> features = new LinkedHashMap<>();
    for (String task : tasks.keySet()) {
      String name = "decoder.initial%d.%s".formatted(scale, task);
      String at = backbone;
      String coarser = coarserByTask.get(task);
      if (coarser != null) {
        String up = resized(name + ".up", coarser, backbone);
        at = graph.add(name + ".in", new Concat(), backbone, up);
      }
      at = HrNet.basicBlock(graph, name + ".0", at, width);
      features.put(task, HrNet.basicBlock(graph, name + ".1", at, width));
    }
    return features;
  }

  private Map<String, String> propagate(int scale, Map<String, String> features) {
    String name = "decoder.fpm" + scale;
    int width = HrNet.CHANNELS.get(scale);
    int together = width * tasks.size();
    String all = graph.add(name + ".all", new Concat(), features.values().toArray(String[]::new));
    String at = HrNet.basicBlock(graph, name + ".attention.0", all, together / 4);
    at = HrNet.basicBlock(graph, name + ".attention.1", at, together / 4);
    at = graph.add(name + ".attention.2", Conv.pointwise(together / 4, together, true), at);
    at = graph.add(name + ".attention.3", new TaskSoftmax(tasks.size()), at);
    at = graph.add(name + ".attended", new Multiply(), all, at);
    String shared = HrNet.basicBlock(graph, name + ".reduce", at, width);
    Map<String, String> propagated = new LinkedHashMap<>();
    features.forEach(
        (task, own) -> {
          String excited = squeezeExcite(name + "." + task, shared);
          propagated.put(task, graph.add(name + "." + task + ".sum", new Add(), own, excited));
        });
    return propagated;
  }

  /** Squeeze-and-excitation (Hu et al., CVPR 2018). */
  private String squeezeExcite(String name, String from) {
    int width = graph.channels(from);
    int narrow = width / SQUEEZE;
    String at = graph.add(name + ".squeeze", new GlobalAveragePool(), from);
    at = graph.add(name + ".excite.0", Conv.pointwise(width, narrow, true), at);
    at = graph.add(name + ".excite.1", Activation.RELU, at);
    at = graph.add(name + ".excite.2", Conv.pointwise(narrow, width, true), at);
    at = graph.add(name + ".excite.3", Activation.SIGMOID, at);
    return graph.add(name + ".excited", new Multiply(), from, at);
  }

  private Map<String, String> distil(int scale, Map<String, String> features) {
    int width = HrNet.CHANNELS.get(scale);
    Conv conv = new Conv(width, width, 3, 1, Padding.of(1), 1, 1, false);
    Map<String, String> distilled = new LinkedHashMap<>();
    for (String to : features.keySet()) {
      List<String> parts = new ArrayList<>();
      parts.add(features.get(to));
      features.forEach(
          (from, feature) -> {
            if (!from.equals(to)) {
              String name = "decoder.mmdm%d.%s.%s".formatted(scale, to, from);
              String message = graph.add(name + ".message", conv, feature);
              String gate = graph.add(name + ".gate", conv, feature);
              gate = graph.add(name + ".gate.sigmoid", Activation.SIGMOID, gate);
              parts.add(graph.add(name, new Multiply(), message, gate));
            }
          });
      distilled.put(
          to,
          graph.add(
              "decoder.mmdm%d.%s".formatted(scale, to), new Add(), parts.toArray(String[]::new)));
    }
    return distilled;
  }

  /** Feature aggregation and the final prediction. */
  private String head(String task, int channels, List<Map<String, String>> features, String like) {
    String name = Edge.HEADS_PREFIX + task;
    String[] scales = new String[SCALES];
    scales[0] = features.get(0).get(task);
    for (int scale = 1; scale < SCALES; scale++) {
      scales[scale] = resized(name + ".up" + scale, features.get(scale).get(task), scales[0]);
    }
    String at = graph.add(name + ".in", new Concat(), scales);
    int width = graph.channels(at);
    at = graph.add(name + ".0", Conv.pointwise(width, width, true), at);
    at = graph.add(name + ".1", BatchNorm.of(width), at);
    at = graph.add(name + ".2", Activation.RELU, at);
    return predict(name + ".out", task, channels, at, like);
  }

  private String predict(String name, String task, int channels, String from, String like) {
    String at = graph.add(name, Conv.pointwise(graph.channels(from), channels, true), from);
    if (task.equals(Edge.DEPTH)) {
      at = Edge.metres(graph, name, at, options.maxDepthMetres());
    }
    return resized(name + ".up", at, like);
  }

  private String resized(String name, String from, String like) {
    return graph.add(name, new ResizeLike(Interpolation.BILINEAR), from, like);
  }
}
