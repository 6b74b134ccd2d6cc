package dev.tarsier.trainer.quantisation;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.LoadedNetwork;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.tensor.RgbImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs the float network on frames and looks at what goes through it: its graph gets the tensors in
 * question as outputs besides. One thread.
 */
final class Calibration {
  /** Tensors that are looked at together have no more than this, so that large networks fit. */
  private static final long MOST_BYTES = 256L << 20;

  /** Hears how far it is. */
  @FunctionalInterface
  interface Progress {
    /** So many frames of so many were run. */
    void worked(long done, long total);
  }

  private final InferenceEngine.Model model;
  private final String input;
  private final List<RgbImage> frames;
  private final Progress progress;
  private long done;
  private long total;

  private Calibration(
      InferenceEngine.Model model, String input, List<RgbImage> frames, Progress progress) {
    this.model = model;
    this.input = input;
    this.frames = frames;
    this.progress = progress;
  }

  /**
   * What tensors held.
   *
   * @param model float network with one input, uint8 [1,H,W,3]. Not modified.
   * @param tensors names of float tensors in it. Not modified.
   * @param frames of the input's size; one or more. Not modified.
   * @param progress told of each frame
   * @return by name, in the order asked for
   * @throws InferenceException if the network cannot be run
   * @throws IllegalArgumentException if a tensor held what is no number
   */
  static Map<String, ActivationHistogram> run(
      ModelProto model, Collection<String> tensors, List<RgbImage> frames, Progress progress)
      throws InferenceException {
    InferenceEngine.Model open = InferenceEngine.Model.of(opened(model, tensors).toByteArray());
    String input = model.getGraph().getInput(0).getName();
    return new Calibration(open, input, frames, progress).run(tensors);
  }

  /** The engine finds the shapes by itself. */
  private static ModelProto opened(ModelProto model, Collection<String> tensors) {
    ModelProto.Builder opened = model.toBuilder();
    for (String tensor : tensors) {
      opened
          .getGraphBuilder()
          .addOutput(
              ValueInfoProto.newBuilder()
                  .setName(tensor)
                  .setType(
                      TypeProto.newBuilder()
                          .setTensorType(
                              TypeProto.Tensor.newBuilder()
                                  .setElemType(DataType.FLOAT.getNumber()))));
    }
    return opened.build();
  }

  private Map<String, ActivationHistogram> run(Collection<String> tensors)
      throws InferenceException {
    Map<String, ActivationHistogram> seen = new LinkedHashMap<>();
    List<List<String>> groups = groups(tensors);
    total = 2L * groups.size() * frames.size();
    for (List<String> group : groups) {
      try (LoadedNetwork network = load()) {
        for (String tensor : group) {
          network.tensor(tensor);
          List<Long> shape = network.outputs().get(tensor).shape();
          int channels = shape.size() == 4 ? Math.toIntExact(shape.get(1)) : 1;
          seen.put(tensor, new ActivationHistogram(channels));
        }
        pass(network, group, seen, true);
        pass(network, group, seen, false);
      }
    }
    return seen;
  }

  private void pass(
      LoadedNetwork network,
      List<String> group,
      Map<String, ActivationHistogram> seen,
      boolean first)
      throws InferenceException {
    for (RgbImage frame : frames) {
      network.tensor(input).put(frame.pixels());
      network.run();
      for (String tensor : group) {
        var values = network.tensor(tensor).asFloatBuffer();
        try {
          if (first) {
            seen.get(tensor).widen(values);
          } else {
            seen.get(tensor).count(values);
          }
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("tensor %s: %s".formatted(tensor, e.getMessage()), e);
        }
      }
      progress.worked(++done, total);
    }
  }

  private List<List<String>> groups(Collection<String> tensors) throws InferenceException {
    List<List<String>> groups = new ArrayList<>();
    try (LoadedNetwork network = load()) {
      long bytes = MOST_BYTES;
      for (String tensor : tensors) {
        long size =
            Float.BYTES
                * network.outputs().get(tensor).shape().stream().reduce(1L, Math::multiplyExact);
        bytes += size;
        if (bytes > MOST_BYTES) {
          groups.add(new ArrayList<>());
          bytes = size;
        }
        groups.get(groups.size() - 1).add(tensor);
      }
    }
    return groups;
  }

  private LoadedNetwork load() throws InferenceException {
    return InferenceEngine.usual()
        .load(model, Provider.CPU, SessionOptions.of(ProviderPreference.cpu()));
  }
}
