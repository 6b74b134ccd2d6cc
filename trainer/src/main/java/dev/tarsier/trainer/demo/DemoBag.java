package dev.tarsier.trainer.demo;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedBag;
import dev.tarsier.trainer.render.SceneSequence;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.IntConsumer;

/**
 * The bag that the demo plays: rendered once, kept under a name that says all that it depends on.
 */
final class DemoBag {
  private static final Duration STALE = Duration.ofHours(1);

  private DemoBag() {}

  /**
   * Renders the bag unless it is there.
   *
   * @param progress takes the number of rendered frames
   */
  static Path at(DemoRequest request, IntConsumer progress) throws IOException {
    String name =
        "rendered-v%d-seed%d-%dx%d-%sfps-%d.bag"
            .formatted(
                SceneSequence.RENDERER_VERSION,
                request.seed(),
                request.width(),
                request.height(),
                Double.toString(request.framesPerSecond()),
                request.frames());
    Path bag = request.cache().resolve(name);
    if (Files.isRegularFile(bag)) {
      return bag;
    }
    Files.createDirectories(request.cache());
    sweep(request.cache());
    Path part = Files.createTempFile(request.cache(), name, ".part");
    try {
      render(request, part, progress);
      WholeFile.move(part, bag);
    } finally {
      Files.deleteIfExists(part);
    }
    return bag;
  }

  /** Removes what killed demos left half-written; a younger one may still be at work. */
  private static void sweep(Path cache) throws IOException {
    Instant stale = Instant.now().minus(STALE);
    try (DirectoryStream<Path> halves = Files.newDirectoryStream(cache, "*.{part,active}")) {
      for (Path half : halves) {
        if (Files.getLastModifiedTime(half).toInstant().isBefore(stale)) {
          Files.deleteIfExists(half);
        }
      }
    }
  }

  private static void render(DemoRequest request, Path file, IntConsumer progress)
      throws IOException {
    RenderOptions options =
        RenderOptions.video(request.width(), request.height())
            .withFramesPerSecond(request.framesPerSecond())
            .withThreads(Runtime.getRuntime().availableProcessors());
    SceneSequence sequence = new SceneSequence(request.seed(), options);
    try (RenderedBag bag =
        new RenderedBag(file, RenderedBag.DepthEncoding.METRES_32F, BagCompression.NONE)) {
      for (int i = 0; i < request.frames(); i++) {
        bag.add(sequence.frame(i));
        progress.accept(i + 1);
      }
      bag.finish();
    }
  }
}
