package dev.tarsier.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.optimiser.Adam;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.MaskedCrossEntropy;
import dev.tarsier.trainer.task.MaskedL1;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Times a training step of {@code edge} against the same network, weights, batch, losses and
 * optimiser in Python's torch ({@code bench/peers/train_step.py}), in turns, and prints both and
 * their ratio. The peer runs in both memory layouts and its better one counts; ours runs as the
 * launcher starts it ({@code ./tarsier bench train-step}), with its tuning of the C library's
 * memory. That both are the same network is checked: the losses of the first step must be equal.
 */
@Command(
    name = "train-step",
    mixinStandardHelpOptions = true,
    description = "A training step of edge beside the same network in Python's torch, in ms.")
final class TrainStepBench implements Callable<Integer> {
  /** Sums of millions of floats in another order, by another version of torch. */
  private static final double LOSS_TOLERANCE = 1e-3;

  @Option(
      names = "--batch",
      defaultValue = "8",
      converter = Benchmarks.Count.class,
      description = "images (default: ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--height",
      defaultValue = "240",
      converter = Benchmarks.Count.class,
      description = "pixels (default: ${DEFAULT-VALUE})")
  private int height;

  @Option(
      names = "--width",
      defaultValue = "320",
      converter = Benchmarks.Count.class,
      description = "pixels (default: ${DEFAULT-VALUE})")
  private int width;

  @Option(
      names = "--steps",
      defaultValue = "10",
      converter = Benchmarks.Count.class,
      description = "a turn (default: ${DEFAULT-VALUE})")
  private int steps;

  @Option(names = "--warmup", defaultValue = "3", description = "steps (default: ${DEFAULT-VALUE})")
  private int warmup;

  @Option(
      names = "--turns",
      defaultValue = "2",
      converter = Benchmarks.Count.class,
      description = "of each (default: ${DEFAULT-VALUE})")
  private int turns;

  @Option(
      names = "--threads",
      defaultValue = "2",
      converter = Benchmarks.Count.class,
      description = "of the processor (default: ${DEFAULT-VALUE})")
  private int threads;

  @Option(
      names = "--python",
      defaultValue = "/usr/bin/python3",
      description = "an interpreter with torch (default: ${DEFAULT-VALUE})")
  private String python;

  @Option(
      names = "--peer",
      defaultValue = "bench/peers/train_step.py",
      description = "the peer's script (default: ${DEFAULT-VALUE})")
  private Path peer;

  @Option(
      names = "--balance",
      split = ",",
      paramLabel = "KIND",
      description =
          "instead of Python: a step with each of these balancers beside uniform, such as"
              + " pcgrad,mgda:features")
  private List<String> balancers = List.of();

  @Option(
      names = "--learn",
      paramLabel = "SECTION",
      description =
          "the same with a section of a training in a recipe, such as 'distill: {kind: features}'")
  private List<String> sections = List.of();

  /**
   * A turn.
   *
   * @param first losses of the first step, in the order of the network's outputs
   */
  private record Turn(List<Double> millis, List<Double> first) {}

  /** Made by picocli. */
  TrainStepBench() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    System.setProperty("ai.djl.pytorch.num_threads", String.valueOf(threads));
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    if (!balancers.isEmpty() || !sections.isEmpty()) {
      try (NDManager base = PyTorch.newBaseManager();
          LearningSteps bench =
              new LearningSteps(base, batch, height, width, balancers, sections)) {
        bench.run(turns * steps);
      }
      return 0;
    }
    LayerGraph graph = Recipe.TRAINING.network().graph(ClassSet.NYU_13);
    List<Double> ours = new ArrayList<>();
    List<Double> contiguous = new ArrayList<>();
    List<Double> channelsLast = new ArrayList<>();
    try (ScratchFolder scratch = ScratchFolder.make("train-step");
        NDManager base = PyTorch.newBaseManager()) {
      Path folder = scratch.path();
      try (GraphModule module = GraphModule.create(graph, base, 1)) {
        module.save(folder.resolve("weights.safetensors"));
      }
      Json.write(folder.resolve("network.json"), describe(graph));
      System.out.printf(
          Locale.ROOT,
          "edge, %d parameters, %dx%dx%d, %d threads, %d turns of %d steps; load now %.1f%n",
          graph.parameterCount(),
          batch,
          height,
          width,
          threads,
          turns,
          steps,
          ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
      for (int turn = 0; turn < turns; turn++) {
        Turn mine = ours(base, graph, folder);
        ours.addAll(mine.millis());
        requireEqual(mine, theirs(folder, "contiguous", contiguous));
        requireEqual(mine, theirs(folder, "channels_last", channelsLast));
      }
    }
    print("tarsier (DJL)", ours);
    print("python, contiguous", contiguous);
    print("python, channels last", channelsLast);
    double best = Math.min(median(contiguous), median(channelsLast));
    System.out.printf(
        Locale.ROOT,
        "ratio of medians %.2f (to the contiguous %.2f); wanted at most 1.35%n",
        median(ours) / best,
        median(ours) / median(contiguous));
    return 0;
  }

  private Turn ours(NDManager base, LayerGraph graph, Path folder) throws IOException {
    List<Double> millis = new ArrayList<>();
    List<Double> first = new ArrayList<>();
    int targets = batch * (height / 2) * (width / 2);
    float[] pixels = new float[batch * 3 * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (i * 7919L % 256);
    }
    long[] labels = new long[targets];
    float[] metres = new float[targets];
    for (int i = 0; i < targets; i++) {
      labels[i] = i / 50 % 13;
      metres[i] = (float) (1 + i % 50 / 10.0);
    }
    Shape targetShape = new Shape(batch, 1, height / 2, width / 2);
    JniUtils.setGradMode(true);
    try (GraphModule module = GraphModule.create(graph, base, 2);
        Adam adam = new Adam(module.parameters(), base, Adam.Settings.of(1e-4))) {
      module.load(folder.resolve("weights.safetensors"));
      for (int step = 0; step < warmup + steps; step++) {
        long start = System.nanoTime();
        try (NDManager work = base.newSubManager()) {
          NDArray image = work.create(pixels, new Shape(batch, 3, height, width));
          NDArray ids = work.create(labels, targetShape);
          NDArray known = work.create(metres, targetShape);
          NDArray ones = work.ones(targetShape);
          Map<String, NDArray> out = module.forward(image, true);
          NDArray loss = null;
          for (String output : graph.outputs().keySet()) {
            NDArray own =
                graph.outputChannels(output) > 1
                    ? MaskedCrossEntropy.of(out.get(output), ids, ones, targets)
                    : MaskedL1.of(out.get(output), known, ones, targets);
            loss = loss == null ? own : loss.add(own);
            if (step == 0) {
              first.add((double) own.getFloat());
            }
          }
          JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
          adam.update(1);
        }
        if (step >= warmup) {
          millis.add((System.nanoTime() - start) / 1e6);
        }
      }
    }
    return new Turn(millis, first);
  }

  private Turn theirs(Path folder, String layout, List<Double> millis)
      throws IOException, InterruptedException {
    ProcessBuilder command =
        new ProcessBuilder(
                python,
                peer.toString(),
                folder.toString(),
                String.valueOf(steps),
                String.valueOf(warmup),
                String.valueOf(threads),
                layout)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    // The launcher's tuning of memory is ours; Python runs as its users start it.
    command.environment().remove("GLIBC_TUNABLES");
    Process process = command.start();
    // To its end, not only the JSON: closing the pipe at the last brace breaks Python's newline.
    JsonNode result = Json.parse(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException(
          "%s %s ended with code %d; it needs torch (Debian: python3-torch)"
              .formatted(python, peer, process.exitValue()));
    }
    List<Double> own = new ArrayList<>();
    result.path("millis").forEach(value -> own.add(value.asDouble()));
    millis.addAll(own);
    List<Double> first = new ArrayList<>();
    result.path("first").forEach(value -> first.add(value.asDouble()));
    return new Turn(own, first);
  }

  private static void requireEqual(Turn mine, Turn other) {
    boolean equal = mine.first().size() == other.first().size();
    for (int i = 0; equal && i < mine.first().size(); i++) {
      equal = Math.abs(mine.first().get(i) - other.first().get(i)) < LOSS_TOLERANCE;
    }
    if (!equal) {
      throw new IllegalStateException(
          "the networks are not the same: first losses %s here, %s in Python"
              .formatted(mine.first(), other.first()));
    }
  }

  private ObjectNode describe(LayerGraph graph) {
    ObjectNode root = Json.object();
    root.put("batch", batch).put("height", height).put("width", width);
    graph.outputs().keySet().forEach(output -> root.put(output, graph.outputChannels(output)));
    ArrayNode nodes = root.putArray("nodes");
    Size input = new Size(height, width);
    Map<String, Size> sizes = graph.sizes(input);
    for (LayerGraph.Node node : graph.nodes()) {
      ObjectNode each = nodes.addObject();
      each.put("name", node.name());
      node.inputs().forEach(each.putArray("inputs")::add);
      describe(node.layer(), sizes.getOrDefault(node.inputs().get(0), input), each);
    }
    ObjectNode outputs = root.putObject("outputs");
    graph.outputs().forEach(outputs::put);
    return root;
  }

  private static void describe(Layer layer, Size input, ObjectNode to) {
    to.put(
        "type",
        layer instanceof Layer.Activation activation
            ? activation.name()
            : layer.getClass().getSimpleName());
    if (layer instanceof Layer.Conv conv) {
      Layer.Zeros pad = conv.zeros(input);
      to.put("in", conv.in())
          .put("out", conv.out())
          .put("kernel", conv.kernel())
          .put("stride", conv.stride())
          .put("dilation", conv.dilation())
          .put("groups", conv.groups())
          .put("bias", conv.bias());
      to.putArray("padding").add(pad.top()).add(pad.left()).add(pad.bottom()).add(pad.right());
    } else if (layer instanceof Layer.BatchNorm norm) {
      to.put("channels", norm.channels())
          .put("epsilon", norm.epsilon())
          .put("momentum", norm.momentum());
    } else if (layer instanceof Layer.Normalise normalise) {
      normalise.mean().forEach(to.putArray("mean")::add);
      normalise.std().forEach(to.putArray("std")::add);
    } else if (layer instanceof Layer.Affine affine) {
      to.put("factor", affine.factor()).put("offset", affine.offset());
    } else if (layer instanceof Layer.Upsample up) {
      to.put("factor", up.factor());
    }
  }

  private static void print(String what, List<Double> millis) {
    List<Double> sorted = millis.stream().sorted().toList();
    System.out.printf(
        Locale.ROOT,
        "%-22s median %7.1f ms  min %7.1f  max %7.1f%n",
        what,
        median(millis),
        sorted.get(0),
        sorted.get(sorted.size() - 1));
  }

  static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
