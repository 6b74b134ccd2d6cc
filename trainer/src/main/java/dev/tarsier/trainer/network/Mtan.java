package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.BatchNorm;
import dev.tarsier.trainer.network.Layer.Concat;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.Interpolation;
import dev.tarsier.trainer.network.Layer.MaxPool;
import dev.tarsier.trainer.network.Layer.Multiply;
import dev.tarsier.trainer.network.Layer.ResizeLike;

/**
 * MTAN (Liu et al., <i>End-to-End Multi-Task Learning with Attention</i>, CVPR 2019) on {@link
 * SegNet}: each task chooses from the shared maps of every stage what it needs (methods §2).
 *
 * <pre>
 *   stage of the encoder: first map ─────────┐          last map
 *   the task's map of the stage before ─concat─▶ mask ─▶ · ─▶ 3×3, BN, ReLU ─pool─▶ the task's map
 *
 *   stage of the decoder: unpooled map ─────────────────────────┐          last map
 *   the task's map of the stage before ─×2─▶ 3×3, BN, ReLU ─concat─▶ mask ─▶ · ─▶ the task's map
 * </pre>
 *
 * <p>A mask is 1×1, BN, ReLU, 1×1, BN, sigmoid, one for each stage and task; the 3×3 convolutions
 * and their batch normalisation are one for each stage, which all tasks use in turn. Enlarging is
 * bilinear with the corners in place. With one task it is the one-task version, STAN. Feature maps
 * to look at are each task's own: {@code mid} ends the encoder, {@code last} the decoder.
 *
 * @param widthFactor multiplier of the channels
 */
public record Mtan(double widthFactor) implements Architecture {
  /** Checks the setting. */
  public Mtan {
    new WidthFactor(widthFactor);
  }

  /** As published. */
  public Mtan() {
    this(1);
  }

  @Override
  public String kind() {
    return "mtan";
  }

  @Override
  public LayerGraph graph(Ports ports) {
    LayerGraph.Builder graph = LayerGraph.named("mtan").initialised(Initialisation.XAVIER);
    WidthFactor width = new WidthFactor(widthFactor);
    SegNet.Trunk trunk = SegNet.Trunk.addTo(graph, ports, width);
    String first = ports.heads().get(0).task();
    for (Ports.Head head : ports.heads()) {
      Attention attention = new Attention(graph, width, head.task(), first);
      String last = attention.over(trunk);
      graph.tap("last", head.task(), last);
      graph.output(head.task(), SegNet.head(graph, head, last));
    }
    return graph.build();
  }

  @Override
  public String firstConvolution() {
    return SegNet.FIRST_CONVOLUTION;
  }

  /**
   * What a task takes from the trunk.
   *
   * @param first the task whose layers the others share weights with
   */
  private record Attention(LayerGraph.Builder graph, WidthFactor width, String task, String first) {
    private String over(SegNet.Trunk trunk) {
      String at = null;
      for (int stage = 1; stage <= SegNet.STAGES; stage++) {
        String name = "attention.encoder" + stage;
        SegNet.Encoded maps = trunk.encoder().get(stage - 1);
        String seen = at == null ? maps.first() : joined(name, maps.first(), at);
        int next = Math.min(stage + 1, SegNet.STAGES);
        at = shared(name, masked(name, seen, maps.last()), SegNet.Trunk.channels(width, next));
        at = graph.add(name + "." + task + ".pool", MaxPool.halving(), at);
      }
      graph.tap("mid", task, at);
      for (int stage = SegNet.STAGES; stage >= 1; stage--) {
        String name = "attention.decoder" + stage;
        SegNet.Decoded maps = trunk.decoder().get(SegNet.STAGES - stage);
        ResizeLike up = new ResizeLike(Interpolation.BILINEAR_ALIGNED);
        at = graph.add(name + "." + task + ".up", up, at, maps.unpooled());
        at = shared(name, at, SegNet.Trunk.channels(width, stage - 1));
        at = masked(name, joined(name, maps.unpooled(), at), maps.last());
      }
      return at;
    }

    private String joined(String stage, String map, String own) {
      return graph.add(stage + "." + task + ".in", new Concat(), map, own);
    }

    private String masked(String stage, String seen, String map) {
      String name = stage + "." + task;
      int channels = graph.channels(map);
      String at = normed(name + ".mask.0", seen, channels);
      at = graph.add(name + ".mask.relu", Activation.RELU, at);
      at = normed(name + ".mask.1", at, channels);
      at = graph.add(name + ".mask.sigmoid", Activation.SIGMOID, at);
      return graph.add(name, new Multiply(), at, map);
    }

    private String normed(String name, String from, int out) {
      String at = graph.add(name + ".0", Conv.pointwise(graph.channels(from), out, true), from);
      return graph.add(name + ".1", BatchNorm.of(out), at);
    }

    private String shared(String stage, String from, int out) {
      String weights = stage + ".shared";
      if (task.equals(first)) {
        return SegNet.block(graph, weights, from, out);
      }
      String own = weights + "." + task;
      String at = graph.again(own + ".0", weights + ".0", from);
      at = graph.again(own + ".1", weights + ".1", at);
      return graph.add(own + ".2", Activation.RELU, at);
    }
  }
}
