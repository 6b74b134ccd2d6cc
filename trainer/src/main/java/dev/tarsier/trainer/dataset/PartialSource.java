package dev.tarsier.trainer.dataset;

import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.util.List;

/** Frames of which something is kept back, as if nobody had labelled or measured them. */
public final class PartialSource implements SampleSource {
  private final SampleSource source;
  private final boolean labels;
  private final boolean depth;

  private PartialSource(SampleSource source, boolean labels, boolean depth) {
    this.source = source;
    this.labels = labels;
    this.depth = depth;
  }

  /** The source itself, if nothing is kept back. */
  public static SampleSource of(SampleSource source, boolean labels, boolean depth) {
    return labels && depth ? source : new PartialSource(source, labels, depth);
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public Sample get(int index) {
    Sample whole = source.get(index);
    Sample rest = depth ? whole : whole.with(Depth.ID, null);
    return labels ? rest : rest.with(Segmentation.ID, null);
  }

  @Override
  public List<String> remarks() {
    return source.remarks();
  }

  @Override
  public String name() {
    return source.name() + (labels ? "" : " without labels") + (depth ? "" : " without depth");
  }

  @Override
  public String sha256() {
    return new ContentHash()
        .add(source.sha256())
        .add("labels " + labels)
        .add("depth " + depth)
        .hex();
  }
}
