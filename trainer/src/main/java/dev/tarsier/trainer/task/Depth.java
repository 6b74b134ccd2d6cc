package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.network.Layer.Normalise;
import dev.tarsier.trainer.network.Ports;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Metres along the optical axis for each pixel.
 *
 * @param head with the least and largest depth of the training
 */
public record Depth(Head head) implements Task {
  /** Id of the task. */
  public static final String ID = "depth";

  /** Where the head starts: about the median of indoor depth. */
  private static final double INITIAL_METRES = 2.5;

  /** Brings indoor depth as an input to about zero mean and unit deviation. */
  private static final Normalise NORMALISATION =
      new Normalise(List.of(INITIAL_METRES), List.of(1.5));

  /** Makes it of the largest distance that the recipe's network gives. */
  public static final class Type implements TaskType {
    @Override
    public String id() {
      return ID;
    }

    @Override
    public Task create(Settings settings) {
      return new Depth(MetricMap.metres(0, settings.maxMetres()));
    }
  }

  /** A task with this range. */
  public Depth(MetricMap metres) {
    this(new Head(ID, metres));
  }

  @Override
  public Map<String, PixelLoss> losses() {
    Map<String, PixelLoss> losses = new LinkedHashMap<>();
    losses.put("l1", MaskedL1::of);
    losses.put("log_l1", MaskedLogL1::of);
    losses.put("berhu", MaskedBerHu::of);
    return losses;
  }

  @Override
  public Ports.Range range() {
    return new Ports.Range(((MetricMap) head.kind()).max(), INITIAL_METRES, "metres");
  }

  @Override
  public Normalise normalisation() {
    return NORMALISATION;
  }

  @Override
  public boolean nearerWhenMagnified() {
    return true;
  }
}
