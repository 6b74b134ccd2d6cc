package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Concat;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.Interpolation;
import dev.tarsier.trainer.network.Layer.MaxPool;
import dev.tarsier.trainer.network.Layer.ResizeLike;
import dev.tarsier.trainer.network.Layer.Softmax;
import java.util.ArrayList;
import java.util.List;

/**
 * XTasC-Net's TTNet (methods §4): says one task's output from another's, for a training in which
 * both are to agree. No robot runs it.
 *
 * <pre>
 *   source [N,C,H,W] ─▶ 64 ─pool─▶ 128 ─pool─▶ 256 ─pool─┐
 *                           │           │                 ×2
 *   target [N,C',H,W] ◀1×1─ 64 ◀×2─ 64 ◀×2──────── 128 ◀──┘
 * </pre>
 *
 * <p>Each number is two 3×3 convolutions with ReLU. On the way up, the pooled map of the same size
 * is put beside each; enlarging is bilinear with the corners in place. The last convolution has no
 * bias. H and W may be anything from 8 up.
 *
 * @param source channels of what is given
 * @param logits whether that is logits of classes, which are taken as the logarithms of their
 *     softmax; otherwise it is taken as it is, such as metres
 * @param target channels of what is said
 * @param widthFactor multiplier of the channels between
 */
public record TaskTransfer(int source, boolean logits, int target, double widthFactor) {
  /** What the input of its graph is called. */
  public static final String SOURCE = "source";

  /** What the output of its graph is called. */
  public static final String TARGET = "target";

  private static final List<Integer> DOWN = List.of(64, 128, 256);
  private static final List<Integer> UP = List.of(128, 64, 64);

  /** Checks the factor. */
  public TaskTransfer {
    new WidthFactor(widthFactor);
  }

  /** Its layers. */
  public LayerGraph graph() {
    WidthFactor width = new WidthFactor(widthFactor);
    LayerGraph.Builder graph = LayerGraph.named("task-transfer").initialised(Initialisation.HE);
    String given = graph.input(SOURCE, source);
    String at = logits ? graph.add("log_softmax", new Softmax(true), given) : given;
    List<String> like = new ArrayList<>(List.of(given));
    for (int step = 0; step < DOWN.size(); step++) {
      at = twice(graph, "down" + step, at, width.of(DOWN.get(step)));
      at = graph.add("down" + step + ".pool", MaxPool.halving(), at);
      like.add(at);
    }
    for (int step = 0; step < UP.size(); step++) {
      String name = "up" + step;
      if (step > 0) {
        at = graph.add(name + ".in", new Concat(), at, like.get(UP.size() - step));
      }
      ResizeLike up = new ResizeLike(Interpolation.BILINEAR_ALIGNED);
      at = graph.add(name + ".up", up, at, like.get(UP.size() - 1 - step));
      at = twice(graph, name, at, width.of(UP.get(step)));
    }
    Conv last = Conv.pointwise(graph.channels(at), target, false);
    return graph.output(TARGET, graph.add("out", last, at)).build();
  }

  private static String twice(LayerGraph.Builder graph, String name, String from, int out) {
    String at = from;
    for (int k = 0; k < 2; k++) {
      at = graph.add(name + ".conv" + k, Conv.same(graph.channels(at), out), at);
      at = graph.add(name + ".relu" + k, Activation.RELU, at);
    }
    return at;
  }
}
