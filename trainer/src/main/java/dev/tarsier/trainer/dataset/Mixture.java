package dev.tarsier.trainer.dataset;

import java.util.ArrayList;
import java.util.List;

/**
 * Several sources, and how many frames of each one epoch takes. The order of an epoch follows from
 * the seed and the epoch's number alone, so a run that is resumed sees the frames it would have
 * seen.
 */
public final class Mixture {
  /**
   * One part.
   *
   * @param source the frames
   * @param perEpoch how many of them an epoch takes, ≥ 1; when more than there are, some are taken
   *     again
   */
  public record Part(SampleSource source, int perEpoch) {
    /** Checks that there is something to take. */
    public Part {
      if (source.size() < 1) {
        throw new DataException("%s has no frames".formatted(source.name()));
      }
      if (perEpoch < 1) {
        throw new IllegalArgumentException("perEpoch must be >= 1, got " + perEpoch);
      }
    }

    /** All frames, each once. */
    public static Part whole(SampleSource source) {
      return new Part(source, source.size());
    }
  }

  /** A frame of one of the parts. */
  public record Draw(int part, int index) {}

  private final List<Part> parts;

  /** Parts to mix, at least one. */
  public Mixture(List<Part> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("a mixture needs at least one source");
    }
    this.parts = List.copyOf(parts);
  }

  /** The parts. */
  public List<Part> parts() {
    return parts;
  }

  /** Frames in one epoch. */
  public int epochSize() {
    return parts.stream().mapToInt(Part::perEpoch).sum();
  }

  /** The frame that a draw stands for. */
  public Sample get(Draw draw) {
    return parts.get(draw.part()).source().get(draw.index());
  }

  /**
   * The frames of an epoch in the order in which they are used. Every part is walked through in
   * shuffled rounds: no frame comes again before all of its part have come.
   */
  public List<Draw> epoch(long seed, int epoch) {
    List<Draw> draws = new ArrayList<>(epochSize());
    for (int p = 0; p < parts.size(); p++) {
      Part part = parts.get(p);
      int size = part.source().size();
      long first = (long) epoch * part.perEpoch();
      long round = -1;
      int[] order = {};
      for (long at = first; at < first + part.perEpoch(); at++) {
        if (at / size != round) {
          round = at / size;
          order = Seeds.shuffled(size, seed * 31 + p, round);
        }
        draws.add(new Draw(p, order[(int) (at % size)]));
      }
    }
    int[] order = Seeds.shuffled(draws.size(), seed * 31 - 1, epoch);
    List<Draw> mixed = new ArrayList<>(draws.size());
    for (int i : order) {
      mixed.add(draws.get(i));
    }
    return mixed;
  }
}
