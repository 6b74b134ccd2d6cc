package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.dataset.CameraSource;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.DataSetOpening;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Opens the data sets that recipes name, each once: the stages of a recipe, and recipes that are
 * run one after the other, share what is read, for as long as memory allows.
 *
 * <p>One thread at a time.
 */
public final class DataSetRegistry {
  /** How a data set is used, which changes nothing of what it holds. */
  private static final Set<String> USE = Set.of("per_epoch", "depth_protocol", "optional");

  private record Key(JsonNode frames, ClassSet classes, int height, int width) {}

  private final PathResolver paths;
  private final Map<Key, SoftReference<SampleSource>> opened = new HashMap<>();

  /**
   * An empty dataSets.
   *
   * @param paths where to look for what recipes name
   */
  public DataSetRegistry(PathResolver paths) {
    this.paths = paths;
  }

  /** Where it looks. */
  PathResolver paths() {
    return paths;
  }

  /**
   * Opens data sets in their order; leaves out those that are optional and absent, and tells of it.
   *
   * @throws DataException if one cannot be used
   */
  List<OpenedData> open(
      List<DataSet> sections, Network network, ClassSet classes, Consumer<String> tell) {
    List<OpenedData> found = new ArrayList<>();
    for (DataSet each : sections) {
      Key key =
          new Key(
              Canonical.without(Canonical.tree(each), USE),
              classes,
              each.madeToSize() ? network.height() : 0,
              each.madeToSize() ? network.width() : 0);
      SoftReference<SampleSource> before = opened.get(key);
      SampleSource source = before == null ? null : before.get();
      if (source == null) {
        source =
            each.open(new DataSetOpening(paths, classes, network.height(), network.width(), tell))
                .map(frames -> (SampleSource) new CameraSource(frames, each))
                .orElse(null);
        if (source != null) {
          String name = source.name();
          source.remarks().forEach(remark -> tell.accept(name + ": " + remark));
        }
      }
      if (source != null) {
        opened.put(key, new SoftReference<>(source));
        found.add(new OpenedData(source, each));
      }
    }
    return found;
  }

  /**
   * The same frames with all their labels, where the recipe keeps labels back that are there. They
   * train nothing; they tell how right pseudo-labels are.
   */
  Optional<SampleSource> truth(DataSet section, Network network, ClassSet classes) {
    try {
      return section
          .truth()
          .flatMap(
              whole -> open(List.of(whole), network, classes, message -> {}).stream().findAny())
          .map(OpenedData::source);
    } catch (DataException e) {
      // The labels that are kept back need not exist.
      return Optional.empty();
    }
  }
}
