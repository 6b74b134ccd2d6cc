package dev.tarsier.trainer.export;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How well the exported model agrees with the network it was made from, on the same frames: DJL's
 * PyTorch, which sees the frames one by one and then as many at once as in its training, against
 * the ONNX Runtime session a robot uses. The two ways must give the same, but PyTorch computes them
 * with different code.
 *
 * @param frames how many were compared
 * @param batch images at once, besides one by one; 1 for nothing besides
 * @param unpools whether the network puts values back where a maximum was: where two are as large
 *     but for rounding, each engine may take another, so a few of what it says may differ by any
 *     amount
 * @param heads what was found, head by head; one or more
 */
public record ParityReport(int frames, int batch, boolean unpools, List<HeadParity> heads) {
  /** Ids must agree on this share of all pixels, and values of networks that unpool. */
  public static final double MIN_AGREEMENT = 0.999;

  /** Values may differ by this much, in their unit; anywhere, unless the network unpools. */
  public static final double MAX_ERROR = 1e-3;

  /** Checks that something was compared, and copies the list. */
  public ParityReport {
    heads = List.copyOf(heads);
    if (batch < 1) {
      throw new IllegalArgumentException("batch must be >= 1, got " + batch);
    }
    if (frames < 1 || heads.isEmpty()) {
      throw new IllegalArgumentException(
          "parity must be of one frame and one head or more, got %d frames and %d heads"
              .formatted(frames, heads.size()));
    }
  }

  /**
   * One head.
   *
   * @param head which
   * @param values of all comparisons together
   * @param agreeing ids that are the same, and values that differ by {@link #MAX_ERROR} at most
   * @param maxError largest absolute difference, in the head's unit; NaN where the model gave what
   *     is no number; 0 where the head gives ids
   */
  public record HeadParity(Head head, long values, long agreeing, double maxError) {
    /** Checks that something was compared. */
    public HeadParity {
      if (values < 1 || agreeing < 0 || agreeing > values) {
        throw new IllegalArgumentException(
            "parity must be of one value or more, got %d of %d for %s"
                .formatted(agreeing, values, head.id()));
      }
    }

    /** Share of what agrees, 0 to 1. */
    public double agreement() {
      return (double) agreeing / values;
    }

    private boolean passes(boolean unpools) {
      boolean ofMost = head.kind().isIds() || unpools;
      return ofMost
          ? agreement() >= MIN_AGREEMENT && !Double.isNaN(maxError)
          : maxError <= MAX_ERROR;
    }

    private String words(boolean unpools) {
      return head.kind().accept(new Words(this, unpools));
    }
  }

  private record Words(HeadParity of, boolean unpools) implements HeadKind.Visitor<String> {
    @Override
    public String classMap(ClassMap kind) {
      return String.format(
          Locale.ROOT,
          "classes agree on %.4f %% of pixels (at least %.1f)",
          100 * of.agreement(),
          100 * MIN_AGREEMENT);
    }

    @Override
    public String metricMap(MetricMap kind) {
      return differs(" " + kind.unit());
    }

    @Override
    public String relativeMap(RelativeMap kind) {
      return differs("");
    }

    @Override
    public String unitVectorMap(UnitVectorMap kind) {
      return differs("");
    }

    @Override
    public String imageClass(ImageClass kind) {
      return differs("");
    }

    private String differs(String unit) {
      if (unpools) {
        return String.format(
            Locale.ROOT,
            "%s agrees to %.0e%s on %.4f %% of values (at least %.1f), elsewhere to %.2g%s",
            of.head().id(),
            MAX_ERROR,
            unit,
            100 * of.agreement(),
            100 * MIN_AGREEMENT,
            of.maxError(),
            unit);
      }
      return String.format(
          Locale.ROOT,
          "%s differs by at most %.2g%s (at most %.0e)",
          of.head().id(),
          of.maxError(),
          unit,
          MAX_ERROR);
    }
  }

  /** Whether all limits are kept. */
  public boolean passes() {
    return heads.stream().allMatch(head -> head.passes(unpools));
  }

  /** Refuses to export a network where a limit is not kept. */
  void require(String name) throws ExportException {
    if (!passes()) {
      throw new ExportException(
          "%s was not exported, for the model does not give what the network gives: %s%s"
              .formatted(
                  name,
                  this,
                  unpools
                      ? "; a network that unpools is this sensitive where its features are alike: train it longer or with larger images, or take one that does not, such as edge"
                      : ""));
    }
  }

  /** The figures by name, for a model file. */
  public Map<String, Double> values() {
    Map<String, Double> values = new TreeMap<>();
    values.put("frames", (double) frames);
    for (HeadParity each : heads) {
      if (each.head().kind().isIds() || unpools) {
        values.put(each.head().id() + ".agreement", each.agreement());
      }
      if (!each.head().kind().isIds()) {
        values.put(each.head().id() + ".max_abs", each.maxError());
      }
    }
    return values;
  }

  @Override
  public String toString() {
    return "%d frames%s: %s"
        .formatted(
            frames,
            batch == 1 ? "" : ", one by one and %d at once".formatted(batch),
            heads.stream().map(head -> head.words(unpools)).collect(Collectors.joining(", ")));
  }
}
