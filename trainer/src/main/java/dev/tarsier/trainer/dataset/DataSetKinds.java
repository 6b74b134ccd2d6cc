package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.config.Kinds;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/** The kinds of data sets that are registered. Immutable. */
public final class DataSetKinds extends Kinds<DataSet.Kind> {
  /** Finds them. */
  public DataSetKinds() {
    super(DataSet.Kind.class);
  }

  /** What model cards say of data sets by these names, each once: papers and licences. */
  public Set<String> licences(Collection<String> names) {
    Set<String> sentences = new LinkedHashSet<>();
    for (DataSet.Kind kind : all()) {
      names.forEach(name -> kind.licence(name).ifPresent(sentences::add));
    }
    return sentences;
  }

  /** In lower case, as recipes write it. */
  @Override
  protected String written(String kind) {
    return kind;
  }
}
