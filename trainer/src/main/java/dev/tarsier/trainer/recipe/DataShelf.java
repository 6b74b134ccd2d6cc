package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.BagSource;
import dev.tarsier.trainer.dataset.CachedSource;
import dev.tarsier.trainer.dataset.Cityscapes;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.FrameChoice;
import dev.tarsier.trainer.dataset.NyuFolder;
import dev.tarsier.trainer.dataset.NyuMat;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedSource;
import dev.tarsier.trainer.run.PathResolver;
import java.lang.ref.SoftReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Opens the data sets that recipes name, each once: the stages of a recipe, and recipes that are
 * run one after the other, share what is read, for as long as memory allows.
 *
 * <p>One thread at a time.
 */
public final class DataShelf {
  /** Depth of streets is kept to a centimetre, as far as 655 m. */
  private static final float STREET_STEPS = 100;

  /** Inverse depth is below one half, and is kept as finely as its files have it. */
  private static final float INVERSE_STEPS = 131_072;

  /** Training and validation data and a training's own buffers have to go in side by side. */
  private static final int SHARE_OF_MEMORY = 3;

  private record Key(DataSet frames, String classes, int height, int width) {}

  private final PathResolver paths;
  private final Map<Key, SoftReference<SampleSource>> opened = new HashMap<>();

  /**
   * An empty shelf.
   *
   * @param paths where to look for what recipes name
   */
  public DataShelf(PathResolver paths) {
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
      List<DataSet> said, Recipe.Network network, ClassSet classes, Consumer<String> tell) {
    List<OpenedData> found = new ArrayList<>();
    for (DataSet each : said) {
      Key key =
          new Key(
              each.frames(),
              classes.id(),
              each.madeToSize() ? network.height() : 0,
              each.madeToSize() ? network.width() : 0);
      SoftReference<SampleSource> before = opened.get(key);
      SampleSource source = before == null ? null : before.get();
      if (source == null) {
        source = source(each, network, classes, tell).orElse(null);
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
  Optional<SampleSource> truth(DataSet said, Recipe.Network network, ClassSet classes) {
    try {
      return said.truth()
          .flatMap(
              whole -> open(List.of(whole), network, classes, message -> {}).stream().findAny())
          .map(OpenedData::source);
    } catch (DataException e) {
      // The labels that are kept back need not exist.
      return Optional.empty();
    }
  }

  private Optional<SampleSource> source(
      DataSet said, Recipe.Network network, ClassSet classes, Consumer<String> tell) {
    if (said instanceof DataSet.NyuFolder nyu) {
      requireClasses("nyu_folder", classes, ClassSet.NYU_13, ClassSet.NYU_40);
      return present(nyu.root(), nyu, tell)
          .map(
              root ->
                  NyuFolder.open(
                      new NyuFolder.Selection(
                          root,
                          nyu.split(),
                          classes.labelFolder(),
                          classes.size(),
                          nyu.labelledSplit(),
                          nyu.depthSplit())));
    }
    if (said instanceof DataSet.NyuMat nyu) {
      requireClasses("nyu_mat", classes, ClassSet.NYU_13, ClassSet.NYU_40);
      return present(nyu.path(), nyu, tell)
          .map(
              path ->
                  kept(
                      NyuMat.open(
                          new NyuMat.Selection(
                              path,
                              null,
                              null,
                              nyu.split(),
                              choice(nyu.choose()),
                              choice(nyu.labelled()),
                              choice(nyu.withDepth()),
                              nyu.depth(),
                              classes,
                              nyu.shrink())),
                      CachedSource.ROOM_STEPS,
                      tell));
    }
    if (said instanceof DataSet.CityscapesFolder streets) {
      requireClasses("cityscapes", classes, ClassSet.CITYSCAPES_19, ClassSet.CITYSCAPES_7);
      return present(streets.root(), streets, tell)
          .map(
              root ->
                  kept(
                      Cityscapes.open(
                          new Cityscapes.Selection(
                              root,
                              streets.split(),
                              choice(streets.choose()),
                              choice(streets.labelled()),
                              choice(streets.withDepth()),
                              streets.depth(),
                              classes,
                              streets.shrink())),
                      streets.depth() == Cityscapes.Depth.INVERSE ? INVERSE_STEPS : STREET_STEPS,
                      tell));
    }
    if (said instanceof DataSet.Rendered rendered) {
      if (rendered.labels()) {
        requireClasses("rendered (unless labels: false)", classes, ClassSet.NYU_13);
      }
      RenderOptions options =
          RenderOptions.training(network.width(), network.height())
              .withFramesPerRoom(rendered.views())
              .withDepthNoise(rendered.depthNoise());
      return Optional.of(
          new CachedSource(
              PartialSource.of(
                  new RenderedSource(
                      rendered.seed(), rendered.firstRoom(), rendered.rooms(), options),
                  rendered.labels(),
                  rendered.depth())));
    }
    if (said instanceof DataSet.Bag bag) {
      return present(bag.path(), bag, tell)
          .map(
              path ->
                  BagSource.open(
                      new BagSource.Selected(
                          path,
                          bag.image(),
                          bag.depth(),
                          bag.labels(),
                          classes.size(),
                          bag.everyNth(),
                          network.height(),
                          network.width(),
                          file(bag.labelsFrom(), "the labels"),
                          bag.continued() == null
                              ? List.of()
                              : bag.continued().stream()
                                  .map(each -> file(each, "the recording's next bag"))
                                  .toList(),
                          bag.depthUnit(),
                          bag.aligned() != null && bag.aligned())));
    }
    throw new IllegalStateException("no way to open " + said);
  }

  /** Keeps the frames of files that are slow to read, if there is memory for them. */
  private static CachedSource kept(
      SampleSource source, float stepsPerMetre, Consumer<String> tell) {
    long memory = Runtime.getRuntime().maxMemory();
    CachedSource cached = new CachedSource(source, stepsPerMetre, memory / SHARE_OF_MEMORY);
    if (!cached.keeps()) {
      tell.accept(
          String.format(
              Locale.ROOT,
              "%s would take %.1f of the %.1f GB that Java may use, so its frames are read anew"
                  + " each time, which is slower; a larger shrink, or TARSIER_JAVA_OPTS=-Xmx…,"
                  + " keeps them",
              source.name(),
              cached.bytes() / 1e9,
              memory / 1e9));
    }
    return cached;
  }

  private FrameChoice choice(DataSet.Choice said) {
    if (said == null) {
      return FrameChoice.ALL;
    }
    if (said.list() == null) {
      return FrameChoice.drawn(said.count(), said.seed());
    }
    return FrameChoice.listed(file(said.list(), "the list of frames"));
  }

  /** A file that goes with a data set; null where none is named. */
  private Path file(String text, String what) {
    return text == null
        ? null
        : paths
            .find(text)
            .orElseThrow(
                () ->
                    new DataException(
                        "%s %s is not there (looked in %s)"
                            .formatted(what, text, paths.tried(text))));
  }

  private static void requireClasses(String kind, ClassSet classes, ClassSet... known) {
    List<String> ids = new ArrayList<>();
    for (ClassSet each : known) {
      ids.add(each.id());
    }
    if (!ids.contains(classes.id())) {
      throw new DataException(
          "the recipe's classes are %s, but data of kind %s knows %s only; change classes or data"
              .formatted(classes.id(), kind, String.join(" and ", ids)));
    }
  }

  private Optional<Path> present(String text, DataSet said, Consumer<String> tell) {
    Optional<Path> found = paths.find(text);
    if (found.isEmpty()) {
      String message = "%s is not there (looked in %s)".formatted(text, paths.tried(text));
      if (!said.optional()) {
        throw new DataException(message + "; say where it is, or mark it optional: true");
      }
      tell.accept(message + "; going on without it");
    }
    return found;
  }
}
