package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Add;
import dev.tarsier.trainer.network.Layer.Affine;
import dev.tarsier.trainer.network.Layer.Concat;
import dev.tarsier.trainer.network.Layer.GlobalAveragePool;
import dev.tarsier.trainer.network.Layer.Normalise;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where a network meets the rest: what it sees, what it says, and how the parts are called that all
 * architectures have.
 *
 * @param heads what it says; one or more, in the order of its outputs
 * @param extra what it sees besides the image; null for nothing, as on a robot
 */
public record Ports(List<Head> heads, Input extra) {
  /** The input that every network has: float32 [N,3,H,W], RGB, 0..255. */
  public static final String IMAGE = "image";

  /** What the names of all pre-trainable tensors start with. */
  public static final String ENCODER_PREFIX = "encoder.";

  /** What the names of the second encoder's tensors start with. */
  public static final String EXTRA_ENCODER_PREFIX = "extra_encoder.";

  /** What the names of all heads' tensors start with. */
  static final String HEADS_PREFIX = "heads.";

  /**
   * A task's head. Its last layer with weights is a convolution, {@link #last}.
   *
   * @param task what the output is called
   * @param channels of the output
   * @param range what its values lie in; null for any
   * @param isMap whether it says something of each pixel, not of the image as a whole
   */
  public record Head(String task, int channels, Range range, boolean isMap) {
    /** Checks the number. */
    public Head {
      if (channels < 1) {
        throw new IllegalArgumentException(
            "the head %s must have 1 channel or more, got %d".formatted(task, channels));
      }
    }

    /** What the names of its layers start with, without a dot. */
    public String prefix() {
      return HEADS_PREFIX + task;
    }

    /** Its last convolution. */
    public String last() {
      return last(task);
    }

    /** The last convolution of a task's head. */
    public static String last(String task) {
      return HEADS_PREFIX + task + ".out";
    }

    /**
     * Brings raw values into the range: {@code most · sigmoid(raw + start)}; takes their mean where
     * they are of the image as a whole.
     *
     * @param graph to add to. Modified.
     * @param name what the added layers' names start with, without a dot
     * @param raw the layer that gives the raw values
     * @return the layer that gives values in the range; {@code raw} where there is none
     */
    String ranged(LayerGraph.Builder graph, String name, String raw) {
      if (!isMap) {
        return graph.add(name + ".mean", new GlobalAveragePool(), raw);
      }
      if (range == null) {
        return raw;
      }
      // Starts at a plausible value: sigmoid⁻¹(start / most), or the middle where most is small.
      double share = Math.min(0.5, range.start() / range.most());
      String at = graph.add(name + ".start", new Affine(1, Math.log(share / (1 - share))), raw);
      at = graph.add(name + ".sigmoid", Activation.SIGMOID, at);
      return graph.add(name + "." + range.unit(), new Affine(range.most(), 0), at);
    }
  }

  /**
   * Values between 0 and a maximum.
   *
   * @param most the maximum, &gt; 0
   * @param start about what fresh weights give
   * @param unit of all three
   */
  public record Range(double most, double start, String unit) {
    /** Checks the numbers. */
    public Range {
      if (!(most > 0 && Double.isFinite(most) && start > 0)) {
        throw new IllegalArgumentException(
            "a range must be above 0 and finite, got %s from %s %s".formatted(most, start, unit));
      }
    }
  }

  /**
   * What a network sees besides the image.
   *
   * @param name of the input
   * @param channels of it
   * @param normalisation of a measured map, at which an encoder looks as at a grey image; null for
   *     one-hot classes, for which an encoder has no filters to begin with
   * @param fusion where it joins the image
   */
  public record Input(String name, int channels, Normalise normalisation, Fusion fusion) {
    /** Checks the number. */
    public Input {
      if (channels < 1) {
        throw new IllegalArgumentException(
            "the input %s must have 1 channel or more, got %d".formatted(name, channels));
      }
    }

    private String enter(LayerGraph.Builder graph) {
      String input = graph.input(name, channels);
      return normalisation == null
          ? input
          : graph.add("normalise_" + name.replace("_input", ""), normalisation, input);
    }
  }

  /** Adds an encoder to a graph. */
  interface Encoder {
    /**
     * Adds its layers.
     *
     * @param prefix what their names start with
     * @param from the normalised input
     * @return the feature maps that the decoder is fed with, by what they are called
     */
    Map<Integer, String> add(String prefix, String from);
  }

  /** Checks that there is something to say, and that no two heads are called alike. */
  public Ports {
    heads = List.copyOf(heads);
    Set<String> tasks = new HashSet<>();
    if (heads.isEmpty() || !heads.stream().allMatch(head -> tasks.add(head.task()))) {
      throw new IllegalArgumentException(
          "network.heads must be one or more, each of another task, got "
              + heads.stream().map(Head::task).toList());
    }
  }

  /**
   * Adds the inputs and what encodes them: one encoder, or two whose features are added at every
   * scale (the Feature Fusion Module, methods §1.1).
   *
   * @param graph to add to. Modified.
   * @param normalisation of the image
   * @return the feature maps that the decoder is fed with
   */
  Map<Integer, String> encode(LayerGraph.Builder graph, Normalise normalisation, Encoder encoder) {
    String seen = graph.add("normalise", normalisation, graph.input(IMAGE, 3));
    if (extra == null) {
      return encoder.add(ENCODER_PREFIX, seen);
    }
    String other = extra.enter(graph);
    if (extra.fusion() == Fusion.INPUT) {
      return encoder.add(ENCODER_PREFIX, graph.add("fuse", new Concat(), seen, other));
    }
    Map<Integer, String> taps = encoder.add(ENCODER_PREFIX, seen);
    Map<Integer, String> others = encoder.add(EXTRA_ENCODER_PREFIX, other);
    Map<Integer, String> fused = new LinkedHashMap<>();
    taps.forEach(
        (tap, node) -> fused.put(tap, graph.add("fuse." + tap, new Add(), node, others.get(tap))));
    return fused;
  }
}
