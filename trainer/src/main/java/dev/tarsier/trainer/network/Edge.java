package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Activation;
import dev.tarsier.trainer.network.Layer.Add;
import dev.tarsier.trainer.network.Layer.Affine;
import dev.tarsier.trainer.network.Layer.BatchNorm;
import dev.tarsier.trainer.network.Layer.Concat;
import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.GlobalAveragePool;
import dev.tarsier.trainer.network.Layer.Interpolation;
import dev.tarsier.trainer.network.Layer.Normalise;
import dev.tarsier.trainer.network.Layer.ResizeLike;
import dev.tarsier.trainer.network.Layer.Upsample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The network for small computers: a MobileNetV2 encoder, a light decoder with skip features, a
 * head for classes and one for depth.
 *
 * <pre>
 *   image [N,3,H,W] RGB 0..255
 *     │ normalise
 *   encoder  /4 ───── /8 ───── /16 ───── /32        features.3, .6, .13, .17
 *            │1×1     │1×1     │1×1      │1×1 + mean over the image
 *   decoder  + ◀─×2── + ◀─×2── + ◀─×2─── ┘          depthwise-separable 3×3 after each sum
 *            ├─ classes: separable 3×3, 1×1 ─×2─▶ logits [N,C,H/2,W/2]
 *            └─ depth:   separable 3×3, 1×1, sigmoid · max ─×2─▶ metres [N,1,H/2,W/2]
 * </pre>
 *
 * <p>A teacher sees depth or classes besides the image: with {@link Fusion#FEATURES} a second
 * encoder of the same form looks at them, and its features are added to the image's at all four
 * taps (FFM, methods §1.1); with {@link Fusion#INPUT} they are further channels of the one encoder.
 *
 * <p>H and W may be anything from 32 up; multiples of 4 give outputs of exactly half the size. The
 * decoder is fed by bilinear resizing to the size of the skip feature, so odd sizes are no trouble.
 */
public final class Edge {
  /** The input that every network has: float32 [N,3,H,W], RGB, 0..255. */
  public static final String IMAGE = "image";

  /** Depth as an input: float32 [N,1,H,W], metres, 0 where unknown. */
  public static final String DEPTH_INPUT = "depth_input";

  /** Classes as an input: float32 [N,C,H,W], one-hot, all 0 where ignored. */
  public static final String LABELS_INPUT = "labels_input";

  /** The output of the class head: logits [N,C,H/2,W/2]. */
  public static final String CLASSES = "classes";

  /** The output of the depth head: metres [N,1,H/2,W/2], greater than 0. */
  public static final String DEPTH = "depth";

  /** What the names of all pre-trainable tensors start with. */
  public static final String ENCODER_PREFIX = "encoder.";

  /** What the names of the second encoder's tensors start with. */
  public static final String EXTRA_ENCODER_PREFIX = "extra_encoder.";

  /** What the names of the heads' tensors start with. */
  public static final String HEADS_PREFIX = "heads.";

  /** Where the depth head starts: about the median of indoor depth. */
  private static final double INITIAL_DEPTH_METRES = 2.5;

  /** Brings indoor depth as an input to about zero mean and unit deviation. */
  static final Normalise DEPTH_NORMALISATION =
      new Normalise(List.of(INITIAL_DEPTH_METRES), List.of(1.5));

  /** The blocks whose outputs the decoder is fed with, at strides 4, 8, 16 and 32. */
  private static final int[] TAPS = {3, 6, 13, 17};

  private static final String FIRST_CONVOLUTION = "features.0.0.weight";

  private final LayerGraph.Builder graph = LayerGraph.named("edge");
  private final EdgeOptions options;

  private Edge(EdgeOptions options) {
    this.options = options;
  }

  /** The network that these options describe: a student, or a teacher with a further input. */
  public static LayerGraph of(EdgeOptions options) {
    return new Edge(options).build();
  }

  /**
   * The student: RGB in, classes and depth out.
   *
   * @throws IllegalArgumentException if the options ask for a further input
   */
  public static LayerGraph student(EdgeOptions options) {
    if (options.extra() != Extra.NONE) {
      throw new IllegalArgumentException(
          "a student sees the image alone, got the extra input " + options.extra());
    }
    return of(options);
  }

  /**
   * Starts the encoders from an ImageNet encoder's weights. A second encoder starts from the same
   * ones: its first convolution takes the sum of the colours' filters where it sees depth, and
   * stays as it is where it sees classes. Where depth joins at the input, its filters start as the
   * mean of the colours'; those of classes stay as they are.
   *
   * @param module made from {@link #of} with these options. Modified.
   * @param file safetensors with torchvision's names
   * @return how many tensors were loaded
   * @throws IOException if the file cannot be read or does not fit; the message names the tensors
   */
  public static int loadEncoders(GraphModule module, Path file, EdgeOptions options)
      throws IOException {
    WeightNames names = imageNetNames();
    boolean fused = options.fusion() == Fusion.INPUT;
    if (fused && options.extra() != Extra.NONE) {
      WeightNames.InputChannels rule =
          options.extra() == Extra.DEPTH
              ? WeightNames.InputChannels.MEAN_APPENDED
              : WeightNames.InputChannels.FIRST_ONES;
      names = names.adapting(ENCODER_PREFIX + FIRST_CONVOLUTION, rule);
    }
    int loaded = WeightLoader.load(module, file, names);
    if (!fused && options.extra() != Extra.NONE) {
      WeightNames.InputChannels rule =
          options.extra() == Extra.DEPTH
              ? WeightNames.InputChannels.SUMMED
              : WeightNames.InputChannels.FRESH;
      loaded +=
          WeightLoader.load(
              module,
              file,
              names(EXTRA_ENCODER_PREFIX).adapting(EXTRA_ENCODER_PREFIX + FIRST_CONVOLUTION, rule));
    }
    return loaded;
  }

  /**
   * How the names of an ImageNet encoder's file map to this network's: {@code features.*} to {@code
   * encoder.features.*}; the last feature layer, the classifier and torch's batch counters are left
   * out.
   */
  public static WeightNames imageNetNames() {
    return names(ENCODER_PREFIX);
  }

  private static WeightNames names(String encoder) {
    return WeightNames.prefix("features.", encoder + "features.")
        .ignoring("features\\.18\\..*")
        .ignoring("classifier\\..*")
        .ignoring(".*\\.num_batches_tracked");
  }

  private LayerGraph build() {
    String image = graph.input(IMAGE, 3);
    String seen = graph.add("normalise", options.encoder().normalisation(), image);
    String extra = extraInput();
    boolean twoEncoders = extra != null && options.fusion() == Fusion.FEATURES;
    if (extra != null && !twoEncoders) {
      seen = graph.add("fuse", new Concat(), seen, extra);
    }
    Map<Integer, String> taps = encoder(ENCODER_PREFIX, seen);
    if (twoEncoders) {
      Map<Integer, String> others = encoder(EXTRA_ENCODER_PREFIX, extra);
      for (int tap : TAPS) {
        taps.put(tap, graph.add("fuse." + tap, new Add(), taps.get(tap), others.get(tap)));
      }
    }

    int wide = options.decoderWidth();
    String at = lateral("decoder.lateral32", taps.get(17), wide);
    at = graph.add("decoder.sum32", new Add(), at, imageContext(at));
    at = separable("decoder.block32", at, wide);
    at = merge(16, at, taps.get(13));
    at = separable("decoder.block16.0", at, wide);
    at = separable("decoder.block16.1", at, wide);
    at = merge(8, at, taps.get(6));
    at = separable("decoder.block8.0", at, wide);
    at = separable("decoder.block8.1", at, fineWidth());
    at = merge(4, at, taps.get(3));
    at = separable("decoder.block4", at, fineWidth());

    if (options.classes() > 0) {
      graph.output(CLASSES, upsampled("heads.classes", head(CLASSES, at, options.classes())));
    }
    if (options.depth()) {
      String raw = head(DEPTH, at, 1);
      String metres = metres(graph, "heads.depth", raw, options.maxDepthMetres());
      graph.output(DEPTH, upsampled("heads.depth", metres));
    }
    return graph.build();
  }

  /** Turns a raw value into metres between 0 and a maximum: {@code max · sigmoid(raw + start)}. */
  static String metres(LayerGraph.Builder graph, String name, String raw, double maxDepthMetres) {
    // Starts at a plausible depth: sigmoid⁻¹(2.5 / max), or the middle where max is small.
    double share = Math.min(0.5, INITIAL_DEPTH_METRES / maxDepthMetres);
    String at = graph.add(name + ".start", new Affine(1, Math.log(share / (1 - share))), raw);
    at = graph.add(name + ".sigmoid", Activation.SIGMOID, at);
    return graph.add(name + ".metres", new Affine(maxDepthMetres, 0), at);
  }

  /** What is seen besides the image, normalised; null where there is nothing. */
  private String extraInput() {
    return switch (options.extra()) {
      case NONE -> null;
      case DEPTH -> graph.add("normalise_depth", DEPTH_NORMALISATION, graph.input(DEPTH_INPUT, 1));
      case LABELS -> graph.input(LABELS_INPUT, options.labelChannels());
    };
  }

  private Map<Integer, String> encoder(String prefix, String from) {
    return MobileNetV2.addTo(graph, prefix, from, options.encoder(), options.encoderWidth(), 17);
  }

  /** Channels at /4, where each costs four times what it costs at /8. */
  private int fineWidth() {
    return Math.max(8, options.decoderWidth() * 2 / 3);
  }

  private String lateral(String name, String from, int out) {
    String at = graph.add(name + ".0", Conv.pointwise(graph.channels(from), out, false), from);
    return graph.add(name + ".1", BatchNorm.of(out), at);
  }

  /** What the whole picture shows, to be added to every place of it. */
  private String imageContext(String from) {
    int width = options.decoderWidth();
    String at = graph.add("decoder.context.pool", new GlobalAveragePool(), from);
    at = graph.add("decoder.context.0", Conv.pointwise(width, width, true), at);
    at = graph.add("decoder.context.1", Activation.RELU, at);
    return graph.add("decoder.context.2", Conv.pointwise(width, width, true), at);
  }

  private String merge(int stride, String coarse, String skip) {
    String side = lateral("decoder.lateral" + stride, skip, graph.channels(coarse));
    String up =
        graph.add("decoder.up" + stride, new ResizeLike(Interpolation.BILINEAR), coarse, side);
    String at = graph.add("decoder.sum" + stride, new Add(), side, up);
    return graph.add("decoder.relu" + stride, Activation.RELU, at);
  }

  private String separable(String name, String from, int out) {
    int in = graph.channels(from);
    String at = graph.add(name + ".0", Conv.depthwise(in, 1), from);
    at = graph.add(name + ".1", BatchNorm.of(in), at);
    at = graph.add(name + ".2", Activation.RELU, at);
    at = graph.add(name + ".3", Conv.pointwise(in, out, false), at);
    at = graph.add(name + ".4", BatchNorm.of(out), at);
    return graph.add(name + ".5", Activation.RELU, at);
  }

  private String head(String task, String from, int out) {
    String name = HEADS_PREFIX + task;
    String at = separable(name + ".block", from, fineWidth());
    return graph.add(name + ".out", Conv.pointwise(graph.channels(at), out, true), at);
  }

  private String upsampled(String name, String from) {
    return graph.add(name + ".up", new Upsample(Interpolation.BILINEAR, 2), from);
  }
}
