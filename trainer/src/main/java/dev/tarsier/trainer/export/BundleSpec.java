package dev.tarsier.trainer.export;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.task.Task;
import java.util.List;

/**
 * What a bundle says beside its weights.
 *
 * @param name such as {@code indoor-edge-v3}
 * @param version of the content
 * @param input height and width of the network's image, which is the outputs' too
 * @param tasks what the network does, in the order of the bundle's outputs; one or more
 * @param intrinsics of the training camera in pixels of the network's input; null if not known
 * @param provenance recipe, data, seed and metrics; parity and program versions are added to it
 * @param card the model card, Markdown, for {@code CARD.md}; parity is added at its end
 */
public record BundleSpec(
    String name,
    String version,
    Size input,
    List<Task> tasks,
    Intrinsics intrinsics,
    Provenance provenance,
    String card) {
  /** Copies the tasks and checks the card. */
  public BundleSpec {
    tasks = List.copyOf(tasks);
    if (card == null || card.isBlank()) {
      throw new IllegalArgumentException("card must say what the model is, got nothing");
    }
  }
}
