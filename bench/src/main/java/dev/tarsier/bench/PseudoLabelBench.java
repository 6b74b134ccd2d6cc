package dev.tarsier.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.dataset.CachedSource;
import dev.tarsier.trainer.dataset.NyuFolder;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.pseudolabel.PseudoLabelOptions;
import dev.tarsier.trainer.pseudolabel.PseudoLabeler;
import dev.tarsier.trainer.recipe.Network;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedSource;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.TaskName;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Labels frames with a teacher, beside the teacher's bare network on the same batches, in turns:
 * what loading, deciding and writing files leave of its speed.
 */
@Command(
    name = "pseudo-labels",
    description = "Labelling frames beside the teacher's bare network, in turns.",
    mixinStandardHelpOptions = true)
final class PseudoLabelBench implements Callable<Integer> {
  private static final int BATCH = 4;

  @Option(
      names = "--frames",
      defaultValue = "64",
      converter = Benchmarks.Count.class,
      description = "to label (default: ${DEFAULT-VALUE})")
  private int frames;

  @Option(
      names = "--turns",
      defaultValue = "3",
      converter = Benchmarks.Count.class,
      description = "of each (default: ${DEFAULT-VALUE})")
  private int turns;

  @Option(
      names = "--height",
      defaultValue = "240",
      converter = Benchmarks.Count.class,
      description = "of the input (default: ${DEFAULT-VALUE})")
  private int height;

  @Option(
      names = "--width",
      defaultValue = "320",
      converter = Benchmarks.Count.class,
      description = "of the input (default: ${DEFAULT-VALUE})")
  private int width;

  @Option(
      names = "--nyu",
      paramLabel = "DIR",
      description = "label photos of NYUv2 from here; rendered rooms otherwise")
  private Path nyu;

  @Option(names = "--soft", description = "write the whole distribution too")
  private boolean soft;

  private NetworkTasks tasks;

  /** Made by picocli. */
  PseudoLabelBench() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    SampleSource source = new First(source(), frames);
    String recipe = "name: bench\nteacher: {network: {extra: depth}}";
    Network network = Recipe.parse(recipe, "bench").teacher().network();
    tasks = network.tasks(ClassSet.NYU_13);
    LayerGraph graph = network.graph(ClassSet.NYU_13);
    try (ScratchFolder scratch = ScratchFolder.make("pseudo-labels");
        NDManager base = PyTorch.newBaseManager();
        GraphModule teacher = GraphModule.create(graph, base, 1)) {
      System.out.printf(
          "edge teacher, %dx%d, %d frames of %s, batches of %d, %d threads, soft labels %s; load"
              + " now %.1f%n",
          width,
          height,
          source.size(),
          source.name(),
          BATCH,
          JniUtils.getNumThreads(),
          soft ? "too" : "not",
          ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
      bare(teacher, base, source);
      label(teacher, base, source, scratch.path());
      List<Double> shares = new ArrayList<>();
      System.out.printf(
          "%6s %14s %16s %8s%n", "turn", "bare frames/s", "labelled frames/s", "share");
      for (int turn = 1; turn <= turns; turn++) {
        double alone = bare(teacher, base, source);
        double whole = label(teacher, base, source, scratch.path());
        shares.add(whole / alone);
        System.out.printf("%6d %14.2f %16.2f %8.3f%n", turn, alone, whole, whole / alone);
      }
      shares.sort(null);
      System.out.printf("median share of the bare network's speed: %.3f%n", shares.get(turns / 2));
    }
    return 0;
  }

  private SampleSource source() {
    if (nyu != null) {
      return NyuFolder.open(
          nyu, NyuFolder.Options.of(nyu.toString(), "paper_depth500"), ClassSet.NYU_13);
    }
    CachedSource rendered =
        new CachedSource(
            new RenderedSource(
                1,
                0,
                (frames + 3) / 4,
                RenderOptions.training(width, height).withFramesPerRoom(4)));
    rendered.fill(() -> {});
    return rendered;
  }

  /** Frames per second of the network alone, over inputs that are ready. */
  private double bare(GraphModule teacher, NDManager base, SampleSource source) {
    NetworkFeed feed = new NetworkFeed(teacher.graph(), tasks, BATCH, height, width);
    for (int i = 0; i < BATCH; i++) {
      feed.set(i, source.get(i));
    }
    long began = System.nanoTime();
    for (int first = 0; first < source.size(); first += BATCH) {
      try (NDManager work = base.newSubManager()) {
        int count = Math.min(BATCH, source.size() - first);
        Map<String, NDArray> outputs = teacher.forward(feed.inputs(work, count), false);
        // Reading one value waits for the result, if there were anything to wait for.
        outputs.values().iterator().next().flatten().get("0:1").toFloatArray();
      }
    }
    return source.size() / ((System.nanoTime() - began) / 1e9);
  }

  private double label(GraphModule teacher, NDManager base, SampleSource source, Path folder)
      throws IOException, InterruptedException {
    TaskName target = TaskName.of(tasks.outputs().get(0).id());
    PseudoLabelOptions options = new PseudoLabelOptions(target, 0.9, soft, 1, List.of(1.0), false);
    long began = System.nanoTime();
    PseudoLabeler.write(
        List.of(teacher),
        List.of("bench"),
        base,
        new PseudoLabeler.Job(source, null, height, width, ClassSet.NYU_13, tasks),
        options,
        folder,
        (done, total) -> {},
        new StopSignal());
    return source.size() / ((System.nanoTime() - began) / 1e9);
  }

  /** The first frames of a source. */
  private record First(SampleSource source, int size) implements SampleSource {
    First {
      size = Math.min(size, source.size());
    }

    @Override
    public Sample get(int index) {
      return source.get(index);
    }

    @Override
    public String name() {
      return source.name();
    }

    @Override
    public String sha256() {
      return source.sha256();
    }
  }
}
