package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.task.Task;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Kendall et al., "Multi-task learning using uncertainty to weigh losses", CVPR 2018: with {@code s
 * = log σ²} of each task, learned with the network, a loss counts {@code a·e^(−s)}, and {@code b·s}
 * is added. The three forms in print differ in a, b and where s begins.
 */
final class Uncertainty implements Balancer {
  /** The forms in print. */
  enum Form {
    /**
     * Kendall's: {@code e^(−s)·L + s/2} for classes, {@code e^(−s)·L/2 + s/2} for values; from 0.
     */
    KENDALL(0.5, 0),
    /** MTAN's: {@code e^(−s)·L/2 + s/2} for all; from −0.5. */
    MTAN(0.5, -0.5),
    /** XTasC-Net's: {@code e^(−s)·L/2 + s} for all; from 0. */
    XTASC(1, 0);

    private final double regularisation;
    private final double start;

    Form(double regularisation, double start) {
      this.regularisation = regularisation;
      this.start = start;
    }

    private double factor(boolean classes) {
      return this == KENDALL && classes ? 1 : 0.5;
    }
  }

  /**
   * Settings.
   *
   * @param form which of the forms in print; null for Kendall's
   */
  public record Options(Form form) implements Balancer.Options {
    /** The published settings. */
    public Options() {
      this(null);
    }

    @Override
    public String kind() {
      return "uncertainty";
    }

    @Override
    public boolean comparesTasksOfABatch() {
      return false;
    }

    @Override
    public Balancer create(Setup setup) {
      return new Uncertainty(setup, form == null ? Form.KENDALL : form);
    }
  }

  private final Form form;
  private final Map<String, Double> lossWeights;
  private final Map<String, NDArray> logVariances = new LinkedHashMap<>();
  private final Map<String, Boolean> ofClasses = new LinkedHashMap<>();

  Uncertainty(Setup setup, Form form) {
    this.form = form;
    lossWeights = setup.weights();
    for (Task task : setup.tasks()) {
      NDArray s = setup.base().create((float) form.start);
      s.setRequiresGradient(true);
      logVariances.put(task.id(), s);
      ofClasses.put(task.id(), task.learnsIds());
    }
  }

  @Override
  public NDArray backward(Step step) {
    NDArray sum = null;
    for (Map.Entry<String, NDArray> task : step.losses().byTask(lossWeights).entrySet()) {
      NDArray part = part(task.getKey(), task.getValue());
      sum = sum == null ? part : sum.add(part);
    }
    return step.backward(sum, lossWeights);
  }

  /** All results belong to the loss's manager, which is the step's. */
  private NDArray part(String task, NDArray loss) {
    NDManager work = loss.getManager();
    NDArray s = logVariances.get(task);
    double factor = form.factor(ofClasses.get(task));
    NDArray precision = work.create(-1f).mul(s).exp();
    return loss.mul(work.create((float) factor))
        .mul(precision)
        .add(work.create((float) form.regularisation).mul(s));
  }

  @Override
  public Map<String, Double> weights() {
    Map<String, Double> weights = new LinkedHashMap<>();
    logVariances.forEach(
        (task, s) -> weights.put(task, form.factor(ofClasses.get(task)) * Math.exp(-s.getFloat())));
    return weights;
  }

  @Override
  public Map<String, NDArray> parameters() {
    return Collections.unmodifiableMap(logVariances); // in the order of the tasks
  }
}
