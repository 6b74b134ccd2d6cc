package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.accuracy.DepthProtocol;
import dev.tarsier.trainer.dataset.BagSource;
import dev.tarsier.trainer.dataset.CachedSource;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.NyuClasses;
import dev.tarsier.trainer.dataset.NyuFolder;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The data sets of a recipe, opened and checked.
 *
 * @param source the frames
 * @param said what the recipe says of it
 */
record OpenedData(SampleSource source, DataSet said) {
  private static final List<DepthProtocol> PROTOCOLS =
      List.of(
          DepthProtocol.FULL, DepthProtocol.EIGEN, DepthProtocol.CAP10, DepthProtocol.EIGEN_CAP10);

  /** Opens data sets in order; tells of those that are optional and absent. */
  static List<OpenedData> open(
      List<DataSet> said, Recipe.Network network, Places places, Consumer<String> tell) {
    List<OpenedData> opened = new ArrayList<>();
    for (DataSet each : said) {
      protocol(each);
      source(each, network, places, tell)
          .ifPresent(source -> opened.add(new OpenedData(source, each)));
    }
    return opened;
  }

  /** The protocol the recipe names. */
  DepthProtocol protocol() {
    return protocol(said);
  }

  private static DepthProtocol protocol(DataSet said) {
    return PROTOCOLS.stream()
        .filter(protocol -> protocol.id().equals(said.depthProtocol()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "depth_protocol must be one of %s, got '%s'"
                        .formatted(
                            PROTOCOLS.stream().map(DepthProtocol::id).toList(),
                            said.depthProtocol())));
  }

  private static Optional<SampleSource> source(
      DataSet said, Recipe.Network network, Places places, Consumer<String> tell) {
    if (said instanceof DataSet.NyuFolder nyu) {
      return present(nyu.root(), nyu, places, tell)
          .map(
              root ->
                  NyuFolder.open(
                      new NyuFolder.Selection(
                          root,
                          nyu.split(),
                          "label13",
                          NyuClasses.NAMES_13.size(),
                          nyu.labelledSplit(),
                          nyu.depthSplit())));
    }
    if (said instanceof DataSet.Rendered rendered) {
      RenderOptions options =
          RenderOptions.training(network.width(), network.height())
              .withFramesPerRoom(rendered.views())
              .withDepthNoise(rendered.depthNoise());
      return Optional.of(
          new CachedSource(
              new RenderedSource(
                  rendered.seed(), rendered.firstRoom(), rendered.rooms(), options)));
    }
    if (said instanceof DataSet.Bag bag) {
      return present(bag.path(), bag, places, tell)
          .map(
              path ->
                  BagSource.open(
                      new BagSource.Selected(
                          path,
                          bag.image(),
                          bag.depth(),
                          bag.labels(),
                          NyuClasses.NAMES_13.size(),
                          bag.everyNth(),
                          network.height(),
                          network.width())));
    }
    throw new IllegalStateException("no way to open " + said);
  }

  private static Optional<Path> present(
      String text, DataSet said, Places places, Consumer<String> tell) {
    Optional<Path> found = places.find(text);
    if (found.isEmpty()) {
      String message = "%s is not there (looked in %s)".formatted(text, places.tried(text));
      if (!said.optional()) {
        throw new DataException(message + "; say where it is, or mark it optional: true");
      }
      tell.accept(message + "; going on without it");
    }
    return found;
  }
}
