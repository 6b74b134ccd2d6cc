package dev.tarsier.trainer.onnx;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import java.nio.file.Path;
import java.util.List;

/**
 * What a person says of a network. Null where nothing is said; what a file says itself need not be
 * said, and what is said counts more.
 *
 * @param name of the bundle
 * @param version of the bundle's content
 * @param licence of the network; {@code unknown} where that is so
 * @param width of the input, pixels
 * @param height of the input, pixels
 * @param layout {@code NCHW} or {@code NHWC}
 * @param order {@code RGB} or {@code BGR}
 * @param normalise a name such as {@code imagenet}
 * @param scale of pixels, such as 1/255
 * @param mean of each channel
 * @param deviation of each channel
 * @param outputs {@code NAME[:MEANING[:ID]]} each; empty where nothing is said
 * @param classes a file with names, a known set's name, or a number
 * @param threshold of masks; of probabilities 0.5, of logits 0
 * @param score an instance below it is left out
 * @param overlap of two boxes of one class above it, the less certain is left out
 * @param maxMetres the largest depth that the network says
 * @param intrinsics of the camera of its training, in pixels of the input
 * @param config folder of Hugging Face's configuration
 * @param pictures folder with pictures to compare on and to keep as golden frames
 */
public record ImportOptions(
    String name,
    String version,
    String licence,
    Integer width,
    Integer height,
    String layout,
    String order,
    String normalise,
    Double scale,
    double[] mean,
    double[] deviation,
    List<String> outputs,
    String classes,
    Double threshold,
    double score,
    double overlap,
    Double maxMetres,
    Intrinsics intrinsics,
    Path config,
    Path pictures) {
  /** Copies the list. */
  public ImportOptions {
    outputs = outputs == null ? List.of() : List.copyOf(outputs);
  }
}
