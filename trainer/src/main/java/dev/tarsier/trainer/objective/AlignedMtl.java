package dev.tarsier.trainer.objective;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * Senushkin et al., "Independent component alignment for multi-task learning", CVPR 2023,
 * Aligned-MTL: the nearest set of gradients that are orthogonal and of one length, that of the
 * weakest direction; their mean. Times the number of tasks.
 */
final class AlignedMtl extends GradientBalancer {
  private static final double ROUNDING = Math.ulp(1f); // of the inner products

  /** There is nothing to set but where gradients are taken. */
  public record Options(At at) implements Balancer.OfGradients {
    /** The published settings. */
    public Options() {
      this(null);
    }

    @Override
    public String kind() {
      return "aligned_mtl";
    }

    @Override
    public Balancer create(Setup setup) {
      return new AlignedMtl(setup, at);
    }
  }

  private AlignedMtl(Setup setup, At at) {
    super(setup.weights(), at);
  }

  @Override
  double[] weights(double[][] gram, double[] losses) {
    return ofSum(weights(gram));
  }

  /** {@code B·1/T} with {@code B = √λ_min · V Λ^(−1/2) Vᵀ} over the eigenvalues that are not 0. */
  static double[] weights(double[][] gram) {
    int tasks = gram.length;
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(tasks, true, true);
    eigen.decompose(new DMatrixRMaj(gram));
    double largest = 0;
    for (int i = 0; i < tasks; i++) {
      largest = Math.max(largest, eigen.getEigenvalue(i).getReal());
    }
    double[] weights = new double[tasks];
    if (!(largest > 0)) {
      Arrays.fill(weights, 1.0 / tasks);
      return weights;
    }
    double zero = largest * tasks * ROUNDING;
    double smallest = largest;
    for (int i = 0; i < tasks; i++) {
      double value = eigen.getEigenvalue(i).getReal();
      smallest = value > zero ? Math.min(smallest, value) : smallest;
    }
    for (int i = 0; i < tasks; i++) {
      double value = eigen.getEigenvalue(i).getReal();
      if (value > zero) {
        DMatrixRMaj vector = eigen.getEigenVector(i);
        double along = 0;
        for (int k = 0; k < tasks; k++) {
          along += vector.get(k, 0) / tasks;
        }
        for (int k = 0; k < tasks; k++) {
          weights[k] += Math.sqrt(smallest / value) * along * vector.get(k, 0);
        }
      }
    }
    return weights;
  }
}
