package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.CachedSource;
import dev.tarsier.trainer.dataset.CameraSource;
import dev.tarsier.trainer.dataset.SampleSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes frames that are expensive to make, before a training waits for them. */
final class Preparation {
  private static final int WORTH_TELLING = 200;

  private Preparation() {}

  static void of(List<OpenedData> data, RecipeListener listener) {
    for (OpenedData each : data) {
      SampleSource source =
          each.source() instanceof CameraSource with ? with.frames() : each.source();
      if (source instanceof CachedSource cached && !cached.filled()) {
        listener.note(
            String.format(Locale.ROOT, "Preparing %,d frames of %s", cached.size(), cached.name()));
        AtomicInteger made = new AtomicInteger();
        int tenth = Math.max(1, cached.size() / 10);
        cached.fill(
            () -> {
              synchronized (made) { // several threads make them; told in order
                int n = made.incrementAndGet();
                if (cached.size() >= WORTH_TELLING && n % tenth == 0) {
                  listener.note(String.format(Locale.ROOT, "  %,d of %,d", n, cached.size()));
                }
              }
            });
      }
    }
  }
}
