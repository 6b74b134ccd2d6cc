package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Plane;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;

/** Confusion of class ids, in the protocol {@link MiouProtocol#DATASET}. */
public final class ClassMapMeasure implements Measure {
  private static final int NONE = 255;

  private final String head;
  private final ConfusionMatrix matrix;

  /** Ids that truth may have and that are no class: the ignored one, and gaps. */
  private final BitSet nameless = new BitSet();

  ClassMapMeasure(String head, ClassMap kind) {
    this.head = head;
    this.matrix = new ConfusionMatrix(Math.min(kind.idLimit(), NONE));
    nameless.set(0, matrix.classes());
    kind.classes().forEach(each -> nameless.clear(each.id()));
    if (kind.ignoreId() < matrix.classes()) {
      nameless.set(kind.ignoreId());
    }
  }

  /** What is no class counts nowhere: 255 in its place. */
  private ByteBuffer scored(ByteBuffer truth) {
    if (nameless.isEmpty()) {
      return truth;
    }
    byte[] ids = new byte[truth.limit()];
    for (int i = 0; i < ids.length; i++) {
      byte id = truth.get(i);
      ids[i] = nameless.get(Byte.toUnsignedInt(id)) ? (byte) NONE : id;
    }
    return ByteBuffer.wrap(ids);
  }

  @Override
  public ImageScore add(Plane predicted, Plane truth) {
    ConfusionMatrix own = new ConfusionMatrix(matrix.classes());
    add(own, predicted, truth);
    matrix.add(own);
    return own.scoredPixels() == 0
        ? ImageScore.NONE
        : new ImageScore(own.scoredPixels(), Map.of(head + ".pixel_accuracy", own.pixelAccuracy()));
  }

  private void add(ConfusionMatrix to, Plane predicted, Plane truth) {
    to.add(
        scored(truth.ids()),
        truth.width(),
        truth.height(),
        predicted.ids(),
        predicted.width(),
        predicted.height());
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    if (matrix.scoredPixels() > 0) {
      values.put(head + ".miou", matrix.meanIou());
      values.put(head + ".pixel_accuracy", matrix.pixelAccuracy());
    }
    return values;
  }

  @Override
  public long scored() {
    return matrix.scoredPixels();
  }

  @Override
  public double coverage() {
    return matrix.scoredPixels() == 0 ? Double.NaN : 1; // each pixel has a class
  }

  /** Intersection over union by class id; NaN for a class in neither truth nor prediction. */
  public double[] iouPerClass() {
    return matrix.iouPerClass();
  }
}
