package dev.tarsier.trainer.export;

import ai.djl.ndarray.NDManager;
import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.LoadedNetwork;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a teacher, which sees depth or classes besides the image, as a plain ONNX file: for
 * labelling outside this product, or for looking at it with other tools. A robot has only an image;
 * what runs there is a bundle ({@link BundleExporter}).
 *
 * <p>The model's inputs and outputs, all of a fixed size:
 *
 * <ul>
 *   <li>{@code image}: uint8 [1,H,W,3], RGB;
 *   <li>{@code depth_input}, if the teacher sees depth: float32 [1,H,W], metres along the optical
 *       axis; NaN, 0, negative and infinite values are unknown;
 *   <li>{@code labels_input}, if it sees classes: uint8 [1,H,W], class ids; 255 and every other id
 *       that is no class is ignored;
 *   <li>{@code classes}, if it has that head: uint8 [1,H,W], class ids;
 *   <li>{@code depth}, if it has that head: float32 [1,H,W], metres.
 * </ul>
 *
 * <p>The model is run beside the network on real frames, and the file appears only if they agree.
 */
public final class TeacherExporter {
  private final GraphModule module;
  private final NetworkTasks tasks;
  private final Size size;
  private final int batch;

  private TeacherExporter(GraphModule module, NetworkTasks tasks, Size size, int batch) {
    this.module = module;
    this.tasks = tasks;
    this.size = size;
    this.batch = batch;
  }

  /**
   * Exports a network with whatever inputs it has.
   *
   * @param module the network; run in evaluation mode. Not modified.
   * @param tasks what it does
   * @param size height and width of all inputs and outputs, fixed in the model
   * @param batch images at once in the network's training: it is compared with so many at once and
   *     one by one
   * @param metadata free text by key, stored in the model. Not modified.
   * @param frames to compare on, of any size, with the depth or labels that the network asks for.
   *     Not modified.
   * @param file where the model goes; replaced if there
   * @return the parity
   * @throws ExportException if the frames do not agree, there is none, or the model cannot be run;
   *     nothing is left behind
   * @throws IOException if the file cannot be written; nothing is left behind
   * @throws dev.tarsier.trainer.dataset.DataException if a frame lacks what the network asks for
   */
  public static ParityReport export(
      GraphModule module,
      NetworkTasks tasks,
      Size size,
      int batch,
      Map<String, String> metadata,
      List<Sample> frames,
      Path file)
      throws IOException, ExportException {
    return new TeacherExporter(module, tasks, size, batch)
        .run(metadata, frames, file.toAbsolutePath());
  }

  private ParityReport run(Map<String, String> metadata, List<Sample> frames, Path file)
      throws IOException, ExportException {
    String name = module.graph().name();
    if (frames.isEmpty()) {
      throw new ExportException(name + " cannot be checked without frames; give one or more");
    }
    byte[] model = OnnxExporter.export(module, tasks, size, metadata).toByteArray();
    ParityReport parity;
    try {
      parity = compare(model, frames);
    } catch (InferenceException e) {
      throw ExportException.refused(name, e);
    }
    parity.require(name);
    WholeFile.write(file, model);
    return parity;
  }

  private ParityReport compare(byte[] model, List<Sample> frames) throws InferenceException {
    ParityTally tally = new ParityTally(module, tasks.outputs(), size, batch);
    for (Sample frame : frames) {
      NetworkFeed.requireFits(module.graph(), tasks, frame.name(), 1, i -> frame);
    }
    NetworkFeed feed = new NetworkFeed(module.graph(), tasks, 1, size.height(), size.width());
    InferenceEngine.Model loaded = InferenceEngine.Model.of(model);
    SessionOptions options = SessionOptions.of(ProviderPreference.cpu()).withThreads(1);
    try (LoadedNetwork network = InferenceEngine.usual().load(loaded, Provider.CPU, options)) {
      for (String output : network.outputs().keySet()) {
        network.tensor(output);
      }
      for (Sample frame : frames) {
        Sample sized = sized(frame);
        feed.set(0, sized);
        putInputs(sized, network);
        network.run();
        try (NDManager manager = PyTorch.newBaseManager()) {
          tally.add(feed.inputs(manager, 1), outputs(network));
        }
      }
    }
    return tally.report();
  }

  private void putInputs(Sample sample, LoadedNetwork network) throws InferenceException {
    network.tensor(Ports.IMAGE).put(sample.rgb());
    for (Task task : tasks.inputs()) {
      ByteBuffer tensor = network.tensor(task.input());
      Plane plane = task.target(sample.known());
      if (plane.isIds()) {
        tensor.put(plane.ids());
      } else {
        tensor.asFloatBuffer().put(plane.values());
      }
    }
  }

  private Map<String, Plane> outputs(LoadedNetwork network) throws InferenceException {
    Map<String, Plane> outputs = new HashMap<>();
    for (Task task : tasks.outputs()) {
      HeadKind kind = task.head().kind();
      outputs.put(
          task.tensor(),
          Plane.over(
              kind,
              kind.isMap() ? size.width() : 1,
              kind.isMap() ? size.height() : 1,
              network.tensor(task.tensor())));
    }
    return outputs;
  }

  /** The frame at the model's size: colour as the robot stretches it, the rest nearest pixels. */
  private Sample sized(Sample frame) {
    int height = size.height();
    int width = size.width();
    RgbImage image = new RgbImage(frame.width(), frame.height(), frame.rgb());
    int[] from = new int[height * width];
    for (int to = 0; to < from.length; to++) {
      from[to] = Sampling.nearest(to, width, height, frame.width(), frame.height());
    }
    Sample sized = Sample.of(frame.name(), width, height, image.stretch(width, height).pixels());
    for (Task task : tasks.inputs()) {
      Plane known = task.target(frame.known());
      sized = sized.with(task.id(), taken(known, from, width, height));
    }
    return sized;
  }

  private static Plane taken(Plane plane, int[] from, int width, int height) {
    if (plane.isIds()) {
      byte[] ids = new byte[from.length];
      for (int i = 0; i < from.length; i++) {
        ids[i] = plane.idArray()[from[i]];
      }
      return Plane.ofIds(ids, width, height);
    }
    float[] values = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      values[i] = plane.valueArray()[from[i]];
    }
    return Plane.ofValues(values, width, height, 1);
  }
}
