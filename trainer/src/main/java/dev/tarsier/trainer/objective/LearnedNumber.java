package dev.tarsier.trainer.objective;

/**
 * A number that a balancer learns by itself, in double precision, with an Adam of its own (Kingma
 * and Ba, ICLR 2015): the network's optimiser and its weight decay do not reach it.
 */
final class LearnedNumber {
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.999;
  private static final double EPSILON = 1e-8;

  private double value;
  private double moment1;
  private double moment2;
  private long updates;

  /** Begins at a value. */
  LearnedNumber(double value) {
    this.value = value;
  }

  double value() {
    return value;
  }

  void set(double other) {
    value = other;
  }

  /** Goes a step against a gradient. */
  void step(double gradient, double learningRate) {
    updates++;
    moment1 = BETA_1 * moment1 + (1 - BETA_1) * gradient;
    moment2 = BETA_2 * moment2 + (1 - BETA_2) * gradient * gradient;
    double first = moment1 / (1 - Math.pow(BETA_1, (double) updates));
    double second = moment2 / (1 - Math.pow(BETA_2, (double) updates));
    value -= learningRate * first / (Math.sqrt(second) + EPSILON);
  }

  /**
   * Lists all that must be kept.
   *
   * @param task what the names start with
   * @param name of the value itself
   */
  void visit(Numbers.Visitor visitor, String task, String name) {
    value = visitor.value(task + "." + name, value);
    moment1 = visitor.value(task + ".moment1", moment1);
    moment2 = visitor.value(task + ".moment2", moment2);
    updates = visitor.count(task + ".updates", updates);
  }
}
