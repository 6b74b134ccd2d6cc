package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.network.LayerGraph.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Compares a network's convolutions, computed by all of PyTorch's threads, with the same by one.
 *
 * <p>A kernel that divides its work wrongly among threads gives plausible numbers: the network
 * learns around them, and what is exported from it is then another network (decision 0031). Each
 * distinct convolution is computed twice on the same values, forward and, for a training, backward
 * to its input, its weight and its bias. All in all that is about the work of a training step, once
 * with all threads and once with one.
 *
 * <p>With one thread there is nothing to compare. One thread at a time; while it runs, PyTorch's
 * number of threads changes for the whole process.
 */
public final class ConvolutionCheck {
  /**
   * The largest difference that is rounding, as a share of the values' root mean square. Sums in
   * another order differ by 1e-6 to 1e-4 of it in a network's convolutions; an output channel that
   * is wrong differs by about 1.
   */
  public static final double TOLERANCE = 1e-3;

  /** Values repeat after so many: a prime, so that neither images nor channels are equal. */
  private static final int PERIOD = 1_000_003;

  /** What is compared, in this order. */
  private static final List<String> RESULTS =
      List.of("output", "gradient of the input", "gradient of the weight", "gradient of the bias");

  private final Arithmetic arithmetic;

  /**
   * How a network is run.
   *
   * @param batch images at once, ≥ 1
   * @param image height and width of each input of the network
   * @param learning whether it is trained: then auxiliary outputs and gradients are computed too
   */
  public record Use(int batch, Size image, boolean learning) {
    /** Checks the batch. */
    public Use {
      if (batch < 1) {
        throw new IllegalArgumentException("batch must be >= 1, got " + batch);
      }
    }
  }

  /** A convolution as a network computes it; equal ones are computed by the same code. */
  private record Case(Layer.Conv conv, int batch, Size input, boolean learning) {}

  /**
   * A convolution that comes out otherwise with several threads than with one.
   *
   * @param layer the first of the network's that computes it
   * @param conv what it computes
   * @param batch images at once
   * @param input height and width of its input
   * @param result which of its results differs most
   * @param difference the largest, as a share of the root mean square; NaN where there is a NaN
   */
  public record Difference(
      String layer, Layer.Conv conv, int batch, Size input, String result, double difference) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s (%dx%d, %d to %d channels%s, stride %d, input [%d,%d,%d,%d]): the %s is off by %.3g"
              + " of its root mean square",
          layer,
          conv.kernel(),
          conv.kernel(),
          conv.in(),
          conv.out(),
          conv.groups() == 1 ? "" : " in " + conv.groups() + " groups",
          conv.stride(),
          batch,
          conv.in(),
          input.height(),
          input.width(),
          result,
          difference);
    }
  }

  /**
   * What a check found.
   *
   * @param network its name
   * @param threads PyTorch's
   * @param convolutions how many distinct ones were computed; 0 with one thread
   * @param largest difference of all that are right, as a share of the root mean square
   * @param wrong those whose difference is beyond {@link #TOLERANCE}
   */
  public record Result(
      String network, int threads, int convolutions, double largest, List<Difference> wrong) {
    /** Copies the list. */
    public Result {
      wrong = List.copyOf(wrong);
    }

    /** Whether all came out alike. */
    public boolean sound() {
      return wrong.isEmpty();
    }

    /** What is wrong, for a person; says nothing of the way out. */
    public String fault() {
      return String.format(
          Locale.ROOT,
          "with %d threads PyTorch computes %d of %d convolutions of %s otherwise than with one: %s"
              + " (up to %.0e is rounding)%s",
          threads,
          wrong.size(),
          convolutions,
          network,
          wrong.get(0),
          TOLERANCE,
          wrong.size() == 1 ? "" : "; and " + (wrong.size() - 1) + " more");
    }

    /** What to do about it. */
    public static String wayOut() {
      return "set ONEDNN_MAX_CPU_ISA=AVX2 in the environment, or if it is set already,"
          + " TARSIER_THREADS=1 (without the launcher: -Dai.djl.pytorch.num_threads=1)";
    }
  }

  /** Hears how far a check is. */
  @FunctionalInterface
  public interface Listener {
    /** So many of the convolutions are compared. */
    void checked(int done, int total);
  }

  /** What computes a convolution. Another than PyTorch's is for tests. */
  @FunctionalInterface
  interface Arithmetic {
    /**
     * Computes one.
     *
     * @param conv which
     * @param x [N,in,H,W]; asks for a gradient while learning
     * @param weight as the layer has it; asks for a gradient while learning
     * @param bias null without one; asks for a gradient while learning
     * @return [N,out,h,w]
     */
    NDArray convolve(Layer.Conv conv, NDArray x, NDArray weight, NDArray bias);
  }

  /** A check of PyTorch. */
  public ConvolutionCheck() {
    this(GraphModule::convolve);
  }

  ConvolutionCheck(Arithmetic arithmetic) {
    this.arithmetic = arithmetic;
  }

  /**
   * Compares all convolutions of a network.
   *
   * @param graph the network
   * @param uses how it is going to be run. Not modified.
   * @param base what is allocated lives in children of it
   * @param listener hears how far it is
   */
  public Result run(LayerGraph graph, List<Use> uses, NDManager base, Listener listener) {
    int threads = JniUtils.getNumThreads();
    Map<Case, String> cases = threads == 1 ? Map.of() : cases(graph, uses);
    List<Difference> wrong = new ArrayList<>();
    double largest = 0;
    int done = 0;
    boolean recording = JniUtils.isGradMode();
    try (NDManager manager = base.newSubManager()) {
      NDArray values = values(manager);
      for (Map.Entry<Case, String> each : cases.entrySet()) {
        Difference found = compare(each.getKey(), each.getValue(), threads, values);
        // Not the other way round: NaN is wrong.
        if (found.difference() <= TOLERANCE) {
          largest = Math.max(largest, found.difference());
        } else {
          wrong.add(found);
        }
        listener.checked(++done, cases.size());
      }
    } finally {
      JniUtils.setGradMode(recording);
    }
    return new Result(graph.name(), threads, cases.size(), largest, wrong);
  }

  /** The distinct ones, each with the first layer that computes it. */
  private static Map<Case, String> cases(LayerGraph whole, List<Use> uses) {
    Map<Case, String> cases = new LinkedHashMap<>();
    for (Use use : uses) {
      LayerGraph graph = use.learning() ? whole : whole.forInference();
      Map<String, Size> sizes = new LinkedHashMap<>(graph.sizes(use.image()));
      graph.inputs().keySet().forEach(input -> sizes.put(input, use.image()));
      for (Node node : graph.nodes()) {
        if (node.layer() instanceof Layer.Conv conv) {
          Size input = sizes.get(node.inputs().get(0));
          // One that is checked backward needs no check forward.
          if (!cases.containsKey(new Case(conv, use.batch(), input, true))) {
            cases.putIfAbsent(new Case(conv, use.batch(), input, use.learning()), node.name());
          }
        }
      }
    }
    return cases;
  }

  private Difference compare(Case each, String layer, int threads, NDArray values) {
    Layer.Conv conv = each.conv();
    try (NDManager work = values.getManager().newSubManager()) {
      NDArray own = values.duplicate();
      own.attach(work);
      NDArray x = channelsLast(own, each.batch(), each.input(), conv.in(), 1);
      Map<String, Shape> shapes = new LinkedHashMap<>();
      conv.parameters().forEach(spec -> shapes.put(spec.name(), new Shape(spec.dimensions())));
      NDArray weight = noise(own, shapes.get("weight").size(), 2).reshape(shapes.get("weight"));
      NDArray bias = conv.bias() ? noise(own, conv.out(), 3) : null;
      Size output = conv.size(List.of(each.input()));
      NDArray upstream =
          each.learning() ? channelsLast(own, each.batch(), output, conv.out(), 4) : null;
      List<NDArray> many = compute(conv, x, weight, bias, upstream);
      List<NDArray> one;
      JniUtils.setNumThreads(1);
      try {
        one = compute(conv, x, weight, bias, upstream);
      } finally {
        JniUtils.setNumThreads(threads);
      }
      String most = RESULTS.get(0);
      double difference = 0;
      for (int i = 0; i < one.size(); i++) {
        double here = difference(many.get(i), one.get(i));
        // A NaN is never smaller, and is kept.
        if (!(here <= difference) && !Double.isNaN(difference)) {
          difference = here;
          most = RESULTS.get(i);
        }
      }
      return new Difference(layer, conv, each.batch(), each.input(), most, difference);
    }
  }

  /** The results in order of {@link #RESULTS}, as far as there are any. */
  private List<NDArray> compute(
      Layer.Conv conv, NDArray x, NDArray weight, NDArray bias, NDArray upstream) {
    if (upstream == null) {
      return List.of(Gradients.without(() -> arithmetic.convolve(conv, x, weight, bias)));
    }
    JniUtils.setGradMode(true);
    // Handles of their own on the same values, so that each run has gradients of its own.
    List<NDArray> learned =
        Stream.of(x, weight, bias).filter(Objects::nonNull).map(NDArray::stopGradient).toList();
    learned.forEach(each -> each.setRequiresGradient(true));
    NDArray output =
        arithmetic.convolve(
            conv, learned.get(0), learned.get(1), bias == null ? null : learned.get(2));
    JniUtils.backward((PtNDArray) output, (PtNDArray) upstream, false, false);
    JniUtils.setGradMode(false);
    List<NDArray> results = new ArrayList<>();
    results.add(output.stopGradient());
    learned.forEach(each -> results.add(each.getGradient()));
    return results;
  }

  private static double difference(NDArray found, NDArray expected) {
    try (NDArray apart = found.sub(expected);
        NDArray distance = apart.abs();
        NDArray most = distance.max();
        NDArray squares = expected.square();
        NDArray mean = squares.mean()) {
      double size = Math.sqrt(mean.getFloat());
      double error = most.getFloat();
      return error == 0 ? 0 : error / size;
    }
  }

  /** [N,C,H,W] with channels innermost in memory, as {@link GraphModule} keeps its values. */
  private static NDArray channelsLast(
      NDArray values, int batch, Size size, int channels, int seed) {
    long count = (long) batch * size.height() * size.width() * channels;
    try (NDArray flat = noise(values, count, seed);
        NDArray packed = flat.reshape(batch, size.height(), size.width(), channels)) {
      return packed.transpose(0, 3, 1, 2);
    }
  }

  /** So many of the values, from a place of their own. */
  private static NDArray noise(NDArray values, long count, int seed) {
    long first = (long) seed * PERIOD / 7;
    long repeats = (first + count + PERIOD - 1) / PERIOD;
    String range = "%d:%d".formatted(first, first + count);
    if (repeats == 1) {
      return values.get(range);
    }
    try (NDArray many = values.tile(repeats)) {
      return many.get(range);
    }
  }

  /**
   * Numbers from -0.5 to 0.5 that look random, the same each time. Not from PyTorch's generator,
   * whose state is the training's.
   */
  private static NDArray values(NDManager manager) {
    Random random = new Random(1);
    float[] values = new float[PERIOD];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return manager.create(values);
  }
}
