package dev.tarsier.trainer.dataset;

import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What a data set is opened with.
 *
 * @param paths finds the files that it names
 * @param classes which there are
 * @param height of the network's input
 * @param width of the network's input
 * @param tell hears what a person may want to know
 */
public record DataSetOpening(
    PathResolver paths, ClassSet classes, int height, int width, Consumer<String> tell) {
  /** Training and validation data and a training's own buffers have to go in side by side. */
  private static final int SHARE_OF_MEMORY = 3;

  /**
   * Where a data set lies; none, and told, where it is optional and absent.
   *
   * @param text as its section names it
   * @throws DataException if it is absent and needed
   */
  public Optional<Path> present(String text, DataSet section) {
    Optional<Path> found = paths.find(text);
    if (found.isEmpty()) {
      String message = "%s is not there (looked in %s)".formatted(text, paths.tried(text));
      if (!section.optional()) {
        throw new DataException(message + "; say where it is, or mark it optional: true");
      }
      tell.accept(message + "; going on without it");
    }
    return found;
  }

  /**
   * A file that goes with a data set; null where none is named.
   *
   * @param what it is, for messages
   * @throws DataException if it is not there
   */
  public Path file(String text, String what) {
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

  /** The same choice with its list of frames where it was found; null stays null. */
  public FrameChoice choice(FrameChoice choice) {
    return choice == null || choice.list() == null
        ? choice
        : new FrameChoice(
            null, choice.seed(), file(choice.list(), "the list of frames").toString(), null);
  }

  /**
   * Checks that the recipe's classes are among those that a data set knows.
   *
   * @param kind of the data set
   */
  public void requireClasses(String kind, ClassSet... known) {
    List<String> ids = Stream.of(known).map(ClassSet::id).toList();
    if (!ids.contains(classes.id())) {
      throw new DataException(
          "the recipe's classes are %s, but data of kind %s knows %s only; change classes or data"
              .formatted(classes.id(), kind, String.join(" and ", ids)));
    }
  }

  /**
   * Keeps the frames of files that are slow to read, if there is memory for them.
   *
   * @param stepsPerMetre how finely depth is kept
   */
  public SampleSource kept(SampleSource source, float stepsPerMetre) {
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
}
