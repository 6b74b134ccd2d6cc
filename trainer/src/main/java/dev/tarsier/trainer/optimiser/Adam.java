package dev.tarsier.trainer.optimiser;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.network.State;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adam (Kingma and Ba, ICLR 2015, algorithm 1) and AdamW (Loshchilov and Hutter, ICLR 2019,
 * algorithm 2) over a network's parameters, with moments that can be saved, which DJL's own cannot.
 *
 * <p>The moments live in a child of the manager given; {@link #close()} frees them. One thread at a
 * time.
 */
public final class Adam implements State, AutoCloseable {
  /**
   * The update's constants and learning rates: the section {@code optimiser} of a recipe.
   *
   * @param kind ADAMW or ADAM
   * @param learningRate of all parameters that no group names, before the schedule's factor, ≥ 0
   * @param groups other learning rates, by prefix of the parameters' names
   * @param beta1 decay of the first moment, 0 to below 1
   * @param beta2 decay of the second moment, 0 to below 1
   * @param epsilon added to the root of the second moment, > 0
   * @param weightDecay ≥ 0; decoupled for ADAMW, in the gradient for ADAM
   * @param clipNorm gradients are scaled down to this length over all parameters; 0 for never
   */
  public record Settings(
      Decay kind,
      double learningRate,
      List<Group> groups,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      double clipNorm) {
    /** The two forms of weight decay. */
    public enum Decay {
      /** Loshchilov and Hutter: weights shrink by {@code lr · weightDecay}. */
      ADAMW,
      /** Kingma and Ba: {@code weightDecay · weight} is added to the gradient. */
      ADAM
    }

    /** Checks the ranges. */
    public Settings {
      groups = List.copyOf(groups);
      requireRate(learningRate);
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
        throw new IllegalArgumentException(
            "betas must be 0 to below 1, got " + beta1 + ", " + beta2);
      }
      if (!(epsilon > 0 && weightDecay >= 0 && clipNorm >= 0)) {
        throw new IllegalArgumentException(
            "epsilon must be > 0, weight_decay and clip_norm >= 0, got %s, %s, %s"
                .formatted(epsilon, weightDecay, clipNorm));
      }
    }

    /** The usual constants, one learning rate for all, no decay and no clipping. */
    public static Settings of(double learningRate) {
      return new Settings(Decay.ADAM, learningRate, List.of(), 0.9, 0.999, 1e-8, 0, 0);
    }

    /** The same with another weight decay. */
    public Settings withWeightDecay(double other) {
      return new Settings(kind, learningRate, groups, beta1, beta2, epsilon, other, clipNorm);
    }

    /** The same with all learning rates multiplied. */
    public Settings times(double factor) {
      return new Settings(
          kind,
          learningRate * factor,
          groups.stream()
              .map(each -> new Group(each.prefix(), each.learningRate() * factor))
              .toList(),
          beta1,
          beta2,
          epsilon,
          weightDecay,
          clipNorm);
    }

    private double rate(String parameter) {
      return groups.stream()
          .filter(group -> parameter.startsWith(group.prefix()))
          .max(Comparator.comparingInt(group -> group.prefix().length()))
          .map(Group::learningRate)
          .orElse(learningRate);
    }
  }

  /**
   * Parameters that share a learning rate.
   *
   * @param prefix what their names start with; the longest that fits counts
   * @param learningRate before the schedule's factor, ≥ 0
   */
  public record Group(String prefix, double learningRate) {
    /** Checks the range. */
    public Group {
      requireRate(learningRate);
    }
  }

  private static void requireRate(double learningRate) {
    if (!(learningRate >= 0 && Double.isFinite(learningRate))) {
      throw new IllegalArgumentException("learning_rate must be >= 0, got " + learningRate);
    }
  }

  private record Slot(NDArray parameter, NDArray mean, NDArray variance, double learningRate) {}

  private final String name;
  private final Settings settings;
  private final NDManager manager;
  private final Map<String, Slot> slots = new LinkedHashMap<>();
  private long updates;

  /**
   * Zero moments for each parameter.
   *
   * @param parameters by name. Modified by {@link #update}; must outlive this object.
   * @param base the moments live in a child of it
   * @param settings of the update
   * @throws IllegalArgumentException if a group's prefix fits no parameter
   */
  public Adam(Map<String, NDArray> parameters, NDManager base, Settings settings) {
    this("adam", parameters, base, settings);
  }

  /**
   * The same beside another one.
   *
   * @param name of its state; unique in a run
   */
  public Adam(String name, Map<String, NDArray> parameters, NDManager base, Settings settings) {
    this.name = name;
    this.settings = settings;
    manager = base.newSubManager();
    parameters.forEach(
        (parameter, array) ->
            slots.put(
                parameter,
                new Slot(
                    array,
                    manager.zeros(array.getShape()),
                    manager.zeros(array.getShape()),
                    settings.rate(parameter))));
    // One whose parameters all belong to longer prefixes is no mistake: it is for the rest.
    for (Group group : settings.groups()) {
      if (parameters.keySet().stream().noneMatch(each -> each.startsWith(group.prefix()))) {
        throw new IllegalArgumentException(
            "no parameter's name starts with '%s'; there are %s"
                .formatted(group.prefix(), firstParts(parameters)));
      }
    }
  }

  private static List<String> firstParts(Map<String, NDArray> parameters) {
    return parameters.keySet().stream()
        .map(name -> name.substring(0, name.indexOf('.') + 1))
        .distinct()
        .toList();
  }

  /**
   * Moves the parameters along their gradients and sets the gradients to zero.
   *
   * @param factor the schedule's factor on all learning rates
   * @return the length of the gradient before clipping, NaN when nothing is clipped
   */
  public double update(double factor) {
    updates++;
    double correction1 = 1 - Math.pow(settings.beta1(), (double) updates);
    double correction2 = Math.sqrt(1 - Math.pow(settings.beta2(), (double) updates));
    double norm = Double.NaN;
    float rescale = 1;
    if (settings.clipNorm() > 0) {
      norm = gradientNorm();
      if (norm > settings.clipNorm()) {
        rescale = (float) (settings.clipNorm() / norm);
      }
    }
    for (Slot slot : slots.values()) {
      if (!slot.parameter().hasGradient()) {
        continue;
      }
      double rate = slot.learningRate() * factor;
      try (NDArray gradient = slot.parameter().getGradient()) {
        // The engine adds epsilon to the uncorrected root; scaled alike, this is the paper's form.
        JniUtils.adamUpdate(
            (PtNDArray) slot.parameter(),
            (PtNDArray) gradient,
            (PtNDArray) slot.mean(),
            (PtNDArray) slot.variance(),
            (float) rate,
            (float) (rate * correction2 / correction1),
            (float) settings.weightDecay(),
            rescale,
            -1f,
            (float) settings.beta1(),
            (float) settings.beta2(),
            (float) (settings.epsilon() * correction2),
            settings.kind() == Settings.Decay.ADAMW);
      }
      JniUtils.zeroGrad((PtNDArray) slot.parameter());
    }
    return norm;
  }

  private double gradientNorm() {
    try (NDManager work = manager.newSubManager()) {
      NDList norms = new NDList();
      for (Slot slot : slots.values()) {
        if (slot.parameter().hasGradient()) {
          try (NDArray gradient = slot.parameter().getGradient()) {
            NDArray length = gradient.norm();
            length.attach(work);
            norms.add(length);
          }
        }
      }
      double sum = 0;
      for (NDArray length : norms) {
        double value = length.getFloat();
        sum += value * value;
      }
      return Math.sqrt(sum);
    }
  }

  /**
   * Parameters whose second moment is not finite. A single gradient that overflows makes it so for
   * ever: the step becomes 0 and the parameter stands still, while the loss stays a number.
   *
   * @return their names; empty in a sound run
   */
  public List<String> stuck() {
    return allFinite()
        ? List.of()
        : slots.entrySet().stream()
            .filter(slot -> !Float.isFinite(sum(slot.getValue().variance())))
            .map(Map.Entry::getKey)
            .toList();
  }

  // Squares cannot cancel, so one sum over all is finite only if each of them is.
  private boolean allFinite() {
    if (slots.isEmpty()) {
      return true;
    }
    try (NDManager work = manager.newSubManager()) {
      NDList sums = new NDList(slots.size());
      for (Slot slot : slots.values()) {
        NDArray sum = slot.variance().sum();
        sum.attach(work);
        sums.add(sum);
      }
      NDArray all = NDArrays.stack(sums);
      all.attach(work);
      return Float.isFinite(sum(all));
    }
  }

  private static float sum(NDArray array) {
    try (NDArray sum = array.sum()) {
      return sum.getFloat();
    }
  }

  @Override
  public String name() {
    return name;
  }

  /** The moments by name, {@code mean.NAME} and {@code variance.NAME}; this object's own. */
  @Override
  public Map<String, NDArray> tensors() {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    slots.forEach((name, slot) -> tensors.put("mean." + name, slot.mean()));
    slots.forEach((name, slot) -> tensors.put("variance." + name, slot.variance()));
    return tensors;
  }

  /** Continues after so many updates, of which a training makes one in each step. */
  @Override
  public void resume(long steps, Map<String, Long> numbers) {
    updates = steps;
  }

  /** The learning rate of a group's parameters, by name of the parameter, before the factor. */
  public Map<String, Double> learningRates() {
    Map<String, Double> rates = new LinkedHashMap<>();
    slots.forEach((name, slot) -> rates.put(name, slot.learningRate()));
    return rates;
  }

  /** Frees the moments. */
  @Override
  public void close() {
    manager.close();
  }
}
