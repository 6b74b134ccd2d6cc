package dev.tarsier.trainer.export;

import dev.tarsier.runtime.model.BundleManifest.DepthRange;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.runtime.model.BundleManifest.SceneClass;
import dev.tarsier.trainer.network.Size;
import java.util.List;

/**
 * What a bundle says beside its weights.
 *
 * @param name such as {@code indoor-edge-v2}
 * @param version of the content
 * @param input height and width of the network's image, which is the outputs' too
 * @param classes one for each channel of the class head, ids 0, 1, 2 …; empty without that head
 * @param depth range of depth seen in training; null without a depth head
 * @param intrinsics of the training camera in pixels of the network's input; null if not known
 * @param provenance recipe, data, seed and metrics; parity and program versions are added to it
 * @param card the model card, Markdown, for {@code CARD.md}; parity is added at its end
 */
public record BundleSpec(
    String name,
    String version,
    Size input,
    List<SceneClass> classes,
    DepthRange depth,
    Intrinsics intrinsics,
    Provenance provenance,
    String card) {
  /** The id of a pixel without a class, never given by a network. */
  public static final int IGNORE_ID = 255;

  /** Copies the classes and checks their ids. */
  public BundleSpec {
    classes = List.copyOf(classes);
    for (int id = 0; id < classes.size(); id++) {
      if (classes.get(id).id() != id) {
        throw new IllegalArgumentException(
            "classes must be in the order of the network's channels, got id %d at place %d"
                .formatted(classes.get(id).id(), id));
      }
    }
    if (card == null || card.isBlank()) {
      throw new IllegalArgumentException("card must say what the model is, got nothing");
    }
  }
}
