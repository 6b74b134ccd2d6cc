package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.network.Gradients;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * A balancer that weighs the gradients of the tasks by the matrix of their inner products alone, so
 * that it costs one backward pass a task, or less, whatever it does with the matrix.
 *
 * <p>A task is all losses with its name, {@code depth} and {@code depth.*}, each times the weight
 * that the recipe gives it. Tasks without a target in the batch sit out: what is learned of them
 * besides is added as it is.
 */
abstract class GradientBalancer implements Balancer {
  /** Where gradients are taken. */
  enum At {
    /** At all shared parameters; what only one task uses keeps its own gradient. */
    PARAMETERS,
    /**
     * At the last feature maps that tasks share, which costs little: an upper bound of the former
     * (Sener and Koltun, 2018). The losses are weighed, those of the heads too.
     */
    FEATURES
  }

  private final Map<String, Double> lossWeights;
  private final At at;
  private final Map<String, Double> counted = new LinkedHashMap<>();

  /**
   * A balancer.
   *
   * @param lossWeights of each loss, by its name. Not modified.
   * @param at where gradients are taken; null for the parameters
   */
  GradientBalancer(Map<String, Double> lossWeights, At at) {
    this.lossWeights = Map.copyOf(lossWeights);
    this.at = at == null ? At.PARAMETERS : at;
  }

  /**
   * How much each task's gradient counts.
   *
   * @param gram inner products of the gradients; symmetric. Not modified.
   * @param losses the tasks' losses, in the same order. Not modified.
   */
  abstract double[] weights(double[][] gram, double[] losses);

  /** The weights of a published mean as those of a sum: times the number of tasks. */
  static double[] ofSum(double[] ofMean) {
    return Arrays.stream(ofMean).map(weight -> weight * ofMean.length).toArray();
  }

  @Override
  public final NDArray backward(Step step) {
    Map<String, NDArray> tasks = step.losses().byTask(lossWeights);
    counted.clear();
    tasks.keySet().forEach(task -> counted.put(task, 1.0));
    if (tasks.size() < 2) {
      return step.backward(tasks.values().stream().reduce(NDArray::add).orElse(null), lossWeights);
    }
    List<NDArray> losses = List.copyOf(tasks.values());
    return at == At.FEATURES ? atFeatures(step, losses) : atParameters(step, losses);
  }

  private NDArray atFeatures(Step step, List<NDArray> losses) {
    List<NDArray> rows = new ArrayList<>();
    for (NDArray loss : losses) {
      rows.add(row(Gradients.of(loss, step.shared().features())));
    }
    double[] weights = weights(rows, losses);
    return step.backward(NamedLosses.weighted(losses, weights), lossWeights);
  }

  private NDArray atParameters(Step step, List<NDArray> losses) {
    Map<String, NDArray> parameters = step.shared().parameters();
    NDManager work = losses.get(0).getManager();
    List<NDArray> rows = new ArrayList<>();
    Optional<NDArray> others = step.losses().ofOtherTasks(lossWeights);
    for (int i = 0; i < losses.size(); i++) {
      Gradients.backward(losses.get(i), i + 1 < losses.size() || others.isPresent());
      rows.add(row(take(parameters, work)));
    }
    others.ifPresent(loss -> Gradients.backward(loss, false));
    return Gradients.without(
        () -> {
          double[] weights = weights(rows, losses);
          NDArray combined = NamedLosses.weighted(rows, weights);
          long from = 0;
          for (NDArray parameter : parameters.values()) {
            Shape shape = parameter.getShape();
            try (NDArray handle = parameter.getGradient()) {
              handle.addi(combined.get(from + ":" + (from + shape.size())).reshape(shape));
            }
            from += shape.size();
          }
          NDArray sum = NamedLosses.weighted(losses, weights);
          return others.map(sum::add).orElse(sum);
        });
  }

  private double[] weights(List<NDArray> rows, List<NDArray> losses) {
    double[][] gram = new double[rows.size()][rows.size()];
    NDArray matrix = NDArrays.stack(new NDList(rows));
    float[] products = matrix.matMul(matrix.transpose()).toFloatArray();
    for (int i = 0; i < gram.length; i++) {
      for (int j = 0; j < gram.length; j++) {
        gram[i][j] = products[i * gram.length + j];
      }
    }
    double[] values = losses.stream().mapToDouble(NDArray::getFloat).toArray();
    if (!DoubleStream.concat(
            Arrays.stream(gram).flatMapToDouble(Arrays::stream), Arrays.stream(values))
        .allMatch(Double::isFinite)) {
      // Nothing can be weighed; the training stops at this step and says where.
      Arrays.fill(values, 1);
      return values;
    }
    double[] weights = weights(gram, values);
    int i = 0;
    for (Map.Entry<String, Double> task : counted.entrySet()) {
      task.setValue(weights[i++]);
    }
    return weights;
  }

  @Override
  public final Map<String, Double> weights() {
    return Map.copyOf(counted);
  }

  /** Copies gradients and sets them to zero. */
  private static List<NDArray> take(Map<String, NDArray> parameters, NDManager work) {
    List<NDArray> taken = new ArrayList<>();
    for (NDArray parameter : parameters.values()) {
      try (NDArray handle = parameter.getGradient()) {
        NDArray copy = handle.duplicate();
        copy.attach(work);
        taken.add(copy);
      }
      JniUtils.zeroGrad((PtNDArray) parameter);
    }
    return taken;
  }

  private static NDArray row(List<NDArray> gradients) {
    NDList flat = new NDList();
    gradients.forEach(each -> flat.add(each.reshape(new Shape(each.size()))));
    return NDArrays.concat(flat);
  }
}
