package dev.tarsier.bench;

import ai.djl.ndarray.NDManager;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.inference.EngineStart;
import dev.tarsier.trainer.export.OnnxExporter;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.quantisation.Quantiser;
import dev.tarsier.trainer.quantisation.Range;
import dev.tarsier.trainer.recipe.Network;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.task.ClassSet;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * What {@code edge} costs with each of its encoders, as floats and as 8-bit integers: exported with
 * random weights, 13 classes and depth, and run by ONNX Runtime in turns, so that what else the
 * machine does falls on all alike.
 */
@Command(
    name = "encoders",
    description = "What edge costs with each of its encoders, float and int8, in turns.",
    mixinStandardHelpOptions = true)
final class EncoderBench implements Callable<Integer> {
  private static final int WARM_UP = 5;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "FRAMES",
      description = "run with each (default: ${DEFAULT-VALUE})",
      defaultValue = "60",
      converter = Benchmarks.Count.class)
  private int frames;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "THREADS",
      description = "of the network (default: ${DEFAULT-VALUE})",
      defaultValue = "1",
      converter = Benchmarks.Count.class)
  private int threads;

  private final PrintStream out = System.out;

  /** Made by picocli. */
  EncoderBench() {}

  @Override
  public Integer call() throws OrtException {
    OrtEnvironment environment = EngineStart.environment();
    List<Row> rows = new ArrayList<>();
    try {
      for (PublishedEncoder encoder : PublishedEncoder.values()) {
        rows.add(Row.of(environment, encoder, threads));
      }
      for (int i = -WARM_UP; i < frames; i++) {
        for (Row each : rows) {
          each.floats().run(i >= 0);
          each.integers().run(i >= 0);
        }
      }
      print(rows);
    } finally {
      for (Row each : rows) {
        each.close();
      }
    }
    return RobotCommands.OK;
  }

  private void print(List<Row> rows) {
    out.printf(
        "edge, %s, 13 classes and depth, %d frames in turns, %d threads on %d processors, Java %s,"
            + " load %.1f%n",
        rows.get(0).size(),
        frames,
        threads,
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    out.printf(
        "%-20s %12s %14s %9s %7s %9s %7s%n",
        "encoder", "parameters", "multiply-adds", "p50 ms", "ratio", "int8 ms", "ratio");
    double first = rows.get(0).floats().millis();
    for (Row each : rows) {
      out.printf(
          Locale.ROOT,
          "%-20s %12d %14d %9.2f %7.2f %9.2f %7.2f%n",
          each.encoder().name().toLowerCase(Locale.ROOT),
          each.graph().parameterCount(),
          each.graph().multiplyAdds(each.size()),
          each.floats().millis(),
          each.floats().millis() / first,
          each.integers().millis(),
          each.integers().millis() / first);
    }
  }

  /** An encoder's network as it is exported, and in 8-bit integers. */
  private record Row(
      PublishedEncoder encoder, LayerGraph graph, Size size, Contender floats, Contender integers)
      implements AutoCloseable {
    static Row of(OrtEnvironment environment, PublishedEncoder encoder, int threads)
        throws OrtException {
      String recipe = "name: bench\nstudent: {network: {encoder: %s}}".formatted(encoder);
      Network network = Recipe.parse(recipe, "bench").student().network();
      LayerGraph graph = network.graph(ClassSet.NYU_13);
      Size size = new Size(network.height(), network.width());
      ModelProto model;
      try (NDManager manager = PyTorch.newBaseManager();
          GraphModule module = GraphModule.create(graph, manager, 1)) {
        model = OnnxExporter.export(module, network.tasks(ClassSet.NYU_13), size, Map.of());
      }
      Contender floats = new Contender(environment, model, size, threads);
      return new Row(
          encoder,
          graph,
          size,
          floats,
          new Contender(environment, quantised(model), size, threads));
    }

    /** With ranges that are made up: what a kernel takes does not depend on them. */
    private static ModelProto quantised(ModelProto model) {
      Quantiser.Kept kept = new Quantiser.Kept(true, List.of());
      Map<String, Range> ranges =
          Quantiser.tensors(model, kept).stream()
              .collect(Collectors.toMap(name -> name, name -> new Range(-6, 6)));
      return Quantiser.quantise(model, ranges, Map.of(), kept);
    }

    @Override
    public void close() throws OrtException {
      floats.close();
      integers.close();
    }
  }

  /** One network in a session. */
  private static final class Contender implements AutoCloseable {
    private final OrtSession session;
    private final OnnxTensor image;
    private final Histogram nanos = new Histogram(3);

    Contender(OrtEnvironment environment, ModelProto model, Size size, int threads)
        throws OrtException {
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(threads);
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        session = environment.createSession(model.toByteArray(), options);
      }
      ByteBuffer pixels = ByteBuffer.allocateDirect(3 * size.height() * size.width());
      for (int i = 0; i < pixels.capacity(); i++) {
        pixels.put(i, (byte) (i * 31 % 251));
      }
      long[] shape = {1, size.height(), size.width(), 3};
      image = OnnxTensor.createTensor(environment, pixels, shape, OnnxJavaType.UINT8);
    }

    void run(boolean counts) throws OrtException {
      long begun = System.nanoTime();
      session.run(Map.of(Ports.IMAGE, image)).close();
      if (counts) {
        nanos.recordValue(System.nanoTime() - begun);
      }
    }

    /** The median. */
    double millis() {
      return nanos.getValueAtPercentile(50) / 1e6;
    }

    @Override
    public void close() throws OrtException {
      image.close();
      session.close();
    }
  }
}
