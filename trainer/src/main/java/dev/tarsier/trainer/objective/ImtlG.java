package dev.tarsier.trainer.objective;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * Liu et al., "Towards impartial multi-task learning", ICLR 2021, IMTL-G: the weighted sum, with
 * weights that are 1 in all, that goes equally far along each task's gradient.
 */
final class ImtlG extends GradientBalancer {
  /** There is nothing to set but where gradients are taken. */
  public record Options(At at) implements Balancer.OfGradients {
    /** The published settings. */
    public Options() {
      this(null);
    }

    @Override
    public String kind() {
      return "imtl_g";
    }

    @Override
    public Balancer create(Setup setup) {
      return new ImtlG(setup, at);
    }
  }

  private ImtlG(Setup setup, At at) {
    super(setup.weights(), at);
  }

  @Override
  double[] weights(double[][] gram, double[] losses) {
    return weights(gram);
  }

  /**
   * {@code v / Σ v} with {@code v = G⁺ d} and d the gradients' lengths; the mean where Σ v is 0.
   */
  static double[] weights(double[][] gram) {
    int tasks = gram.length;
    DMatrixRMaj lengths = new DMatrixRMaj(tasks, 1);
    for (int i = 0; i < tasks; i++) {
      lengths.set(i, 0, Math.sqrt(gram[i][i]));
    }
    DMatrixRMaj inverse = new DMatrixRMaj(tasks, tasks);
    CommonOps_DDRM.pinv(new DMatrixRMaj(gram), inverse);
    DMatrixRMaj v = new DMatrixRMaj(tasks, 1);
    CommonOps_DDRM.mult(inverse, lengths, v);
    double sum = CommonOps_DDRM.elementSum(v);
    double[] weights = new double[tasks];
    if (Math.abs(sum) < 1e-12 * CommonOps_DDRM.elementSumAbs(v) || sum == 0) {
      Arrays.fill(weights, 1.0 / tasks);
      return weights;
    }
    for (int i = 0; i < tasks; i++) {
      weights[i] = v.get(i, 0) / sum;
    }
    return weights;
  }
}
