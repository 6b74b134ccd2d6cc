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
 * <p>Deep supervision: the auxiliary outputs {@code TASK.0} to {@code TASK.3} are the first
 * guesses, by scale, of the same size as the final output. They are computed while training only.
 *
 * <p>The paper leaves depth unbounded; here it lies in its head's range, can be neither negative
 * nor absurd, as in {@link Edge}.
 *
 * <p>Feature maps to look at: {@code mid} is the coarsest of the backbone, {@code last} each task's
 * own before its last convolution.
 *
 * <p>H and W may be anything from 32 up. All enlarging is bilinear with half-pixel centres.
 *
 * @param outputStride the outputs are this much smaller than the image: 1 as in the paper, which 0
 *     says too, or 2 or 4, which make a training step cheaper, for the losses then have 4 or 16
 *     times fewer pixels
 */
public record MtiNet(int outputStride) implements Architecture {
  private static final int SCALES = HrNet.CHANNELS.size();
  private static final int SQUEEZE = 16;

  /** Checks the setting. */
  public MtiNet {
    if (!List.of(0, 1, 2, 4).contains(outputStride)) {
      throw new IllegalArgumentException(
          "output_stride of mti_hrnet18 must be 1, 2 or 4, got " + outputStride);
    }
  }

  /** The paper's: outputs of the image's size. */
  public MtiNet() {
    this(0);
  }

  @Override
  public String kind() {
    return "mti_hrnet18";
  }

  @Override
  public LayerGraph graph(Ports ports) {
    return new Making(outputStride, ports, LayerGraph.named("mti-hrnet18")).build();
  }

  /** Of HRNet-w18-small-v2 (ImageNet), with the names of its authors or timm. */
  @Override
  public WeightNames published(String encoder) {
    return HrNet.publishedNames(encoder);
  }

  @Override
  public String firstConvolution() {
    return HrNet.FIRST_CONVOLUTION;
  }

  private record Making(int outputStride, Ports ports, LayerGraph.Builder graph) {
    private LayerGraph build() {
      Map<Integer, String> backbone = ports.encode(graph, HrNet.NORMALISATION, this::backbone);
      graph.tap("mid", backbone.get(SCALES - 1));
      String like =
          switch (outputStride) {
            case 0, 1 -> Ports.IMAGE;
            case 2 -> Ports.ENCODER_PREFIX + HrNet.FIRST_CONVOLUTION;
            default -> backbone.get(0);
          };
      boolean several = ports.heads().size() > 1;

      // By scale, finest first.
      List<Map<String, String>> features = new ArrayList<>();
      Map<String, String> propagated = Map.of();
      for (int scale = SCALES - 1; scale >= 0; scale--) {
        Map<String, String> own = initial(scale, backbone.get(scale), propagated);
        features.add(0, own);
        propagated = scale > 0 && several ? propagate(scale, own) : own;
      }
      List<Map<String, String>> distilled = new ArrayList<>();
      for (int scale = 0; scale < SCALES; scale++) {
        distilled.add(several ? distil(scale, features.get(scale)) : features.get(scale));
      }
      for (Ports.Head head : ports.heads()) {
        graph.output(head.task(), head(head, distilled, like));
      }
      for (int scale = 0; scale < SCALES; scale++) {
        for (Ports.Head head : ports.heads()) {
          String name = "decoder.initial%d.%s.out".formatted(scale, head.task());
          String from = features.get(scale).get(head.task());
          graph.auxiliaryOutput(head.task() + "." + scale, predict(name, head, from, like));
        }
      }
      return graph.build();
    }

    private Map<Integer, String> backbone(String prefix, String from) {
      List<String> scales = HrNet.addTo(graph, prefix, from);
      Map<Integer, String> taps = new LinkedHashMap<>();
      for (int scale = 0; scale < SCALES; scale++) {
        taps.put(scale, scales.get(scale));
      }
      return taps;
    }

    /**
     * Each task's first features at a scale; fed with those of the coarser one, if there is one.
     */
    private Map<String, String> initial(
        int scale, String backbone, Map<String, String> coarserByTask) {
      int width = HrNet.CHANNELS.get(scale);
      Map<String, String> features = new LinkedHashMap<>();
      for (Ports.Head head : ports.heads()) {
        String task = head.task();
        String name = "decoder.initial%d.%s".formatted(scale, task);
        String at = backbone;
        String coarser = coarserByTask.get(task);
        if (coarser != null) {
          String up = resized(name + ".up", coarser, backbone);
          at = graph.add(name + ".in", new Concat(), backbone, up);
        }
        at = ResNet.basicBlock(graph, name + ".0", at, width, 1);
        features.put(task, ResNet.basicBlock(graph, name + ".1", at, width, 1));
      }
      return features;
    }

    private Map<String, String> propagate(int scale, Map<String, String> features) {
      String name = "decoder.fpm" + scale;
      int width = HrNet.CHANNELS.get(scale);
      int tasks = features.size();
      int together = width * tasks;
      String all = graph.add(name + ".all", new Concat(), features.values().toArray(String[]::new));
      String at = ResNet.basicBlock(graph, name + ".attention.0", all, together / 4, 1);
      at = ResNet.basicBlock(graph, name + ".attention.1", at, together / 4, 1);
      at = graph.add(name + ".attention.2", Conv.pointwise(together / 4, together, true), at);
      at = graph.add(name + ".attention.3", new TaskSoftmax(tasks), at);
      at = graph.add(name + ".attended", new Multiply(), all, at);
      String shared = ResNet.basicBlock(graph, name + ".reduce", at, width, 1);
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
    private String head(Ports.Head head, List<Map<String, String>> features, String like) {
      String name = head.prefix();
      String[] scales = new String[SCALES];
      scales[0] = features.get(0).get(head.task());
      for (int scale = 1; scale < SCALES; scale++) {
        String coarse = features.get(scale).get(head.task());
        scales[scale] = resized(name + ".up" + scale, coarse, scales[0]);
      }
      String at = graph.add(name + ".in", new Concat(), scales);
      int width = graph.channels(at);
      at = graph.add(name + ".0", Conv.pointwise(width, width, true), at);
      at = graph.add(name + ".1", BatchNorm.of(width), at);
      at = graph.add(name + ".2", Activation.RELU, at);
      graph.tap("last", head.task(), at);
      return predict(head.last(), head, at, like);
    }

    private String predict(String name, Ports.Head head, String from, String like) {
      Conv last = Conv.pointwise(graph.channels(from), head.channels(), true);
      String said = head.ranged(graph, name, graph.add(name, last, from));
      return head.isMap() ? resized(name + ".up", said, like) : said;
    }

    private String resized(String name, String from, String like) {
      return graph.add(name, new ResizeLike(Interpolation.BILINEAR), from, like);
    }
  }
}
