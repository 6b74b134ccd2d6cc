package dev.tarsier.trainer.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.Scalars;

/**
 * A loss that stands for mIoU: the Lovász extension of 1 − IoU over the errors of the softmax
 * (Berman, Rannen Triki and Blaschko, "The Lovász-Softmax loss", CVPR 2018, eqs. 8, 9 and 11), as
 * the mean over the classes that the batch has labels of, which is {@code present} in the authors'
 * code. Where every probability is 0 or 1, it is the mean of 1 − IoU. A rare class counts as much
 * as a frequent one. It says little while a class is not found at all, so it is taken beside
 * cross-entropy.
 */
public final class LovaszSoftmax {
  private LovaszSoftmax() {}

  /** The mean of {@link MaskedCrossEntropy#of} and this loss; parameters and result as there. */
  public static NDArray andCrossEntropy(
      NDArray logits, NDArray classIds, NDArray weights, double weightSum) {
    NDArray entropy = MaskedCrossEntropy.of(logits, classIds, weights, weightSum);
    return weightSum > 0 ? Scalars.times(entropy.add(of(logits, classIds, weights)), 0.5) : entropy;
  }

  /**
   * The loss. All pixels that have a label count alike.
   *
   * @param logits float32 [N,C,h,w]. Not modified.
   * @param classIds int64 [N,1,h,w], 0 to C − 1, any of these where there is no label. Not
   *     modified.
   * @param weights float32 [N,1,h,w], 0 where there is no label. Not modified.
   * @return float32 scalar on the manager of {@code logits}; 0 without any label
   */
  static NDArray of(NDArray logits, NDArray classIds, NDArray weights) {
    int classes = Math.toIntExact(logits.getShape().get(1));
    NDArray known = weights.gt(0).toType(DataType.FLOAT32, false).reshape(1, -1);
    NDArray truth =
        classIds
            .reshape(1, -1)
            .eq(logits.getManager().arange(classes).toType(DataType.INT64, false).reshape(-1, 1))
            .toType(DataType.FLOAT32, false)
            .mul(known);
    NDArray probabilities = logits.softmax(1).transpose(1, 0, 2, 3).reshape(classes, -1);
    NDArray errors = truth.sub(probabilities).abs().mul(known);
    return errors.mul(Gradients.without(() -> steps(errors, truth))).sum();
  }

  /**
   * How much each error raises the loss: by what the mean of 1 − IoU grows when its pixel joins
   * those with larger errors among the wrong ones.
   *
   * @param errors float32 [C,P], 0 where there is no label
   * @param truth float32 [C,P], 1 where a pixel is of the class
   * @return float32 [C,P]; 0 for classes that are not shown
   */
  private static NDArray steps(NDArray errors, NDArray truth) {
    NDArray order = errors.argSort(1, false);
    NDArray own = truth.sum(new int[] {1}, true);
    NDArray found = truth.gather(order, 1).cumSum(1);
    NDArray others =
        errors
            .getManager()
            .arange(1, Math.toIntExact(errors.getShape().get(1)) + 1, 1, DataType.FLOAT32)
            .reshape(1, -1)
            .sub(found);
    // Of a class that is not shown 0 / n: its loss would be the largest error alone.
    NDArray lost =
        own.sub(found)
            .div(own.add(others))
            .neg()
            .add(1)
            .mul(own.gt(0).toType(DataType.FLOAT32, false));
    NDArray grown = lost.get(":, 1:").sub(lost.get(":, :-1"));
    NDArray sorted = lost.get(":, :1").concat(grown, 1);
    double shown = own.gt(0).sum().toType(DataType.FLOAT32, false).getFloat();
    return errors.zerosLike().scatter(order, sorted.div((float) Math.max(1, shown)), 1);
  }
}
