package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Loads weights by name, strictly: every tensor of the named part of the network must be in the
 * file with its shape, and every tensor of the file must be used or knowingly ignored. A network
 * that silently trains without its pre-trained weights is what this prevents.
 */
public final class WeightLoader {
  private static final int NAMES_IN_A_MESSAGE = 5;

  /** What the names of a network's tensors start with in a checkpoint of its training. */
  private static final String CHECKPOINT = "model.";

  private WeightLoader() {}

  /**
   * Copies tensors of a safetensors file into a network. Nothing is changed unless all fits.
   *
   * @param module the network. Modified.
   * @param file safetensors
   * @param names what goes where
   * @return how many tensors were loaded
   * @throws IOException if the file cannot be read, or if a tensor is missing, left over or of
   *     another shape; the message names the file and the tensors
   */
  public static int load(GraphModule module, Path file, WeightNames names) throws IOException {
    Map<String, Tensor> stored = Safetensors.read(file);
    Map<String, NDArray> state = module.state();
    Map<String, Tensor> wanted = new LinkedHashMap<>();
    List<String> unused = new ArrayList<>();
    stored.forEach(
        (fileName, tensor) -> {
          Optional<String> target = names.toNetwork(fileName).filter(state::containsKey);
          if (names.ignores(fileName)) {
            return;
          }
          if (target.isPresent()) {
            wanted.put(target.get(), tensor);
          } else {
            unused.add(fileName);
          }
        });
    List<String> missing = new ArrayList<>();
    for (String name : state.keySet()) {
      if (name.startsWith(names.networkPrefix()) && !wanted.containsKey(name)) {
        missing.add(names.toFile(name));
      }
    }
    String network = module.graph().name();
    if (!missing.isEmpty()) {
      throw new IOException("%s lacks %s, which %s needs".formatted(file, some(missing), network));
    }
    if (!unused.isEmpty()) {
      throw new IOException(
          "%s has %s, which %s has no place for; name what is to be left out"
              .formatted(file, some(unused), network));
    }
    if (wanted.isEmpty()) {
      throw new IOException("%s has nothing for %s".formatted(file, network));
    }
    for (Map.Entry<String, WeightNames.InputChannels> rule : names.adapted().entrySet()) {
      Tensor tensor = wanted.get(rule.getKey());
      if (tensor != null) {
        wanted.put(rule.getKey(), adapted(tensor, state.get(rule.getKey()), rule.getValue()));
      }
    }
    for (Map.Entry<String, Tensor> entry : wanted.entrySet()) {
      List<Long> shape = Tensor.shape(state.get(entry.getKey()));
      if (!shape.equals(entry.getValue().shape())) {
        throw new IOException(
            "%s: %s has shape %s, %s needs %s"
                .formatted(
                    file, names.toFile(entry.getKey()), entry.getValue().shape(), network, shape));
      }
    }
    wanted.forEach((name, tensor) -> tensor.writeTo(state.get(name)));
    return wanted.size();
  }

  /**
   * Copies the tensors of a whole network, as {@link GraphModule#save} or a checkpoint of a
   * training has them. Heads may differ, since another network may say something else: what the
   * file lacks of them, or has in another shape, stays as it is, and what it has besides is left
   * out. Nothing is changed unless all else fits.
   *
   * @param module the network. Modified.
   * @param file safetensors
   * @param classes of the file's heads that are of other classes than the network's, by the task's
   *     output; what they know of a class goes with its name. Not modified.
   * @return layers of heads that stay as they are, in order
   * @throws IOException if the file cannot be read, or a tensor beside the heads is missing, left
   *     over or of another shape; the message names the file and the tensors
   */
  public static List<String> loadAllButOtherHeads(
      GraphModule module, Path file, Map<String, ClassRows> classes) throws IOException {
    Map<String, Tensor> stored = Safetensors.read(file);
    Map<String, NDArray> state = module.state();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    state.forEach((name, array) -> shapes.put(name, Tensor.shape(array)));
    Optional<String> misfit = misfit(module.graph(), shapes, file, stored);
    if (misfit.isPresent()) {
      throw new IOException(misfit.get());
    }
    String prefix = prefix(stored);
    Map<String, ClassRows> rows = new LinkedHashMap<>();
    classes.forEach((task, each) -> rows.put(Ports.Head.last(task), each));
    Set<String> fresh = new LinkedHashSet<>();
    state.forEach(
        (name, array) -> {
          Tensor tensor = stored.get(prefix + name);
          ClassRows ofClasses = rows.get(name.substring(0, name.lastIndexOf('.')));
          if (tensor != null && ofClasses != null && ofClasses.known() > 0) {
            tensor = ofClasses.merged(Tensor.of(array), tensor);
          } else if (ofClasses != null) {
            tensor = null;
          }
          if (tensor != null && tensor.shape().equals(shapes.get(name))) {
            tensor.writeTo(array);
          } else {
            fresh.add(name.substring(0, name.lastIndexOf('.')));
          }
        });
    return List.copyOf(fresh);
  }

  /**
   * Why a file has not a whole network's tensors, all that {@link #loadAllButOtherHeads} needs.
   *
   * @return names the file and the tensors; none where it has them
   * @throws IOException if the file cannot be read
   */
  public static Optional<String> misfit(LayerGraph graph, Path file) throws IOException {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    graph.parameters().forEach(each -> shapes.put(each.name(), each.shape()));
    graph.buffers().forEach(each -> shapes.put(each.name(), each.shape()));
    return misfit(graph, shapes, file, Safetensors.read(file));
  }

  private static Optional<String> misfit(
      LayerGraph graph, Map<String, List<Long>> shapes, Path file, Map<String, Tensor> stored) {
    String prefix = prefix(stored);
    List<String> wrong = new ArrayList<>();
    shapes.forEach(
        (name, shape) -> {
          Tensor tensor = stored.get(prefix + name);
          if (name.startsWith(Ports.HEADS_PREFIX)) {
            return;
          }
          if (tensor == null) {
            wrong.add(name + " is missing");
          } else if (!tensor.shape().equals(shape)) {
            wrong.add("%s has shape %s, not %s".formatted(name, tensor.shape(), shape));
          }
        });
    for (String name : stored.keySet()) {
      if (name.startsWith(prefix)) {
        String own = name.substring(prefix.length());
        if (!shapes.containsKey(own) && !own.startsWith(Ports.HEADS_PREFIX)) {
          wrong.add(own + " has no place");
        }
      }
    }
    return wrong.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s is of another network than this %s: %s; only heads may differ"
                .formatted(file, graph.name(), some(wrong)));
  }

  private static String prefix(Map<String, Tensor> stored) {
    return stored.keySet().stream().anyMatch(name -> name.startsWith(CHECKPOINT)) ? CHECKPOINT : "";
  }

  /** A convolution's weights [out, in, k, k] for the input channels that the network has. */
  private static Tensor adapted(Tensor stored, NDArray own, WeightNames.InputChannels rule) {
    long[] shape = own.getShape().getShape();
    List<Long> from = stored.shape();
    if (from.size() != 4
        || shape.length != 4
        || from.get(0) != shape[0]
        || from.get(2) != shape[2]) {
      // The comparison of shapes that follows says what does not fit.
      return stored;
    }
    int colours = Math.toIntExact(from.get(1));
    int channels = (int) shape[1];
    int kernel = (int) (shape[2] * shape[3]);
    float[] values = own.toFloatArray();
    for (int out = 0; out < shape[0]; out++) {
      for (int channel = 0; channel < channels; channel++) {
        boolean colour = channel < colours;
        for (int k = 0; k < kernel; k++) {
          float sum = 0;
          for (int c = 0; c < colours; c++) {
            sum += stored.values()[(out * colours + c) * kernel + k];
          }
          int to = (out * channels + channel) * kernel + k;
          float same = colour ? stored.values()[(out * colours + channel) * kernel + k] : 0;
          values[to] =
              switch (rule) {
                case SUMMED -> sum;
                case MEAN_APPENDED -> colour ? same : sum / colours;
                case FIRST_ONES -> colour ? same : values[to];
                case FRESH -> values[to];
              };
        }
      }
    }
    return new Tensor(List.of(shape[0], shape[1], shape[2], shape[3]), values);
  }

  private static String some(List<String> names) {
    String first = String.join(", ", names.subList(0, Math.min(NAMES_IN_A_MESSAGE, names.size())));
    int more = names.size() - NAMES_IN_A_MESSAGE;
    return more > 0 ? first + " and " + more + " more" : first;
  }
}
