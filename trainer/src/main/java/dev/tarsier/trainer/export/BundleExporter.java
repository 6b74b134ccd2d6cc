package dev.tarsier.trainer.export;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.ModelProto;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.BundleManifest.GoldenFrame;
import dev.tarsier.runtime.model.BundleManifest.Metrics;
import dev.tarsier.runtime.model.BundleManifest.ModelFile;
import dev.tarsier.runtime.model.BundleManifest.Output;
import dev.tarsier.runtime.model.BundleManifest.Provenance;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes a bundle of a trained network: writes the model beside its place, runs it as a robot would,
 * compares it with the network on real frames, and only then moves the folder into place. An export
 * that fails leaves nothing behind and an older bundle untouched.
 */
public final class BundleExporter {
  /** The name under which parity stands among a bundle's metrics. */
  public static final String PARITY_PROTOCOL = "parity-djl-vs-onnxruntime";

  private static final String MODEL_FILE = "model.onnx";
  private static final String CARD_FILE = "CARD.md";

  /** The network's tensors by the names of its layers, for a training to begin with. */
  public static final String WEIGHTS_FILE = "weights.safetensors";

  private final GraphModule module;
  private final BundleSpec spec;
  private final Size size;
  private final ParityTally tally;

  private BundleExporter(GraphModule module, BundleSpec spec, int batch) throws ExportException {
    this.module = module;
    this.spec = spec;
    this.size = spec.input();
    LayerGraph graph = module.graph();
    tally = new ParityTally(module, spec.tasks(), size, batch);
    for (String input : graph.inputs().keySet()) {
      if (!input.equals(Ports.IMAGE)) {
        throw new ExportException(
            "%s cannot be a bundle: network %s sees %s, which a robot does not have; as the"
                    .formatted(spec.name(), graph.name(), input)
                + " teacher of a recipe with export: {teachers: true} it is written as ONNX");
      }
    }
    for (Task task : spec.tasks()) {
      requireOutput(graph, task);
    }
    for (String output : graph.forInference().outputs().keySet()) {
      if (spec.tasks().stream().noneMatch(task -> task.tensor().equals(output))) {
        throw new ExportException(
            "%s says nothing of output %s of network %s"
                .formatted(spec.name(), output, graph.name()));
      }
    }
  }

  private void requireOutput(LayerGraph graph, Task task) throws ExportException {
    if (!graph.outputs().containsKey(task.tensor())) {
      throw new ExportException(
          "%s has a %s head, network %s has none".formatted(spec.name(), task.id(), graph.name()));
    }
    int channels = graph.outputChannels(task.tensor());
    if (channels != task.channels()) {
      throw new ExportException(
          "%s has %d channels of %s, network %s has %d"
              .formatted(spec.name(), task.channels(), task.id(), graph.name(), channels));
    }
  }

  /**
   * Exports a network.
   *
   * @param module the network; run in evaluation mode. Not modified.
   * @param spec what the bundle says. Not modified.
   * @param batch images at once in the network's training: it is compared with so many at once and
   *     one by one
   * @param golden frames that are stored in the bundle with the outputs expected for them, so they
   *     must be free to ship; of any size, stretched to the input. Not modified.
   * @param others more frames to compare on, which are not stored; of any size. Not modified.
   * @param folder where the bundle goes; an older bundle there is replaced, anything else is not
   * @return the parity, which is also stored in the bundle
   * @throws ExportException if the frames do not agree, there is none, the model cannot be run, or
   *     the folder holds something else; nothing is left behind
   * @throws IOException if a file cannot be written; nothing is left behind
   */
  public static ParityReport export(
      GraphModule module,
      BundleSpec spec,
      int batch,
      List<RgbImage> golden,
      List<RgbImage> others,
      Path folder)
      throws IOException, ExportException {
    return new BundleExporter(module, spec, batch).run(golden, others, folder.toAbsolutePath());
  }

  private ParityReport run(List<RgbImage> golden, List<RgbImage> others, Path folder)
      throws IOException, ExportException {
    if (golden.isEmpty() && others.isEmpty()) {
      throw new ExportException(
          spec.name() + " cannot be checked without frames; give one or more");
    }
    return BundlePlace.fill(folder, part -> fill(part, golden, others));
  }

  private ParityReport fill(Path part, List<RgbImage> golden, List<RgbImage> others)
      throws IOException, ExportException {
    ModelProto model =
        OnnxExporter.export(
            module,
            new NetworkTasks(spec.tasks(), List.of()),
            size,
            Map.of("tarsier.bundle", spec.name(), "tarsier.version", spec.version()));
    byte[] bytes = model.toByteArray();
    WholeFile.write(part.resolve(MODEL_FILE), bytes);
    List<GoldenFrame> goldenFiles = new ArrayList<>();
    manifest(bytes, goldenFiles, spec.provenance()).write(part);

    try (InferenceSession session =
        InferenceSession.open(
            Bundle.load(part), SessionOptions.of(ProviderPreference.cpu()).withThreads(1))) {
      for (int i = 0; i < golden.size(); i++) {
        RgbImage image = golden.get(i).stretch(size.width(), size.height());
        compare(session, image);
        goldenFiles.add(store(part, i, image, session));
      }
      for (RgbImage image : others) {
        compare(session, image.stretch(size.width(), size.height()));
      }
    } catch (BundleException | InferenceException e) {
      throw ExportException.refused(spec.name(), e);
    }
    ParityReport parity = tally.report();
    parity.require(spec.name());
    module.save(part.resolve(WEIGHTS_FILE));
    String weights = Sha256.of(part.resolve(WEIGHTS_FILE));
    manifest(bytes, goldenFiles, provenance(parity, weights)).write(part);
    WholeFile.write(
        part.resolve(CARD_FILE),
        spec.card().stripTrailing()
            + "\n\n## Parity of the export\n\nPyTorch against ONNX Runtime, "
            + parity
            + ".\n");
    return parity;
  }

  private BundleManifest manifest(byte[] model, List<GoldenFrame> golden, Provenance provenance) {
    Map<String, Output> outputs = new LinkedHashMap<>();
    for (Task task : spec.tasks()) {
      boolean map = task.head().kind().isMap();
      outputs.put(
          task.id(),
          new Output(
              task.tensor(), map ? size.height() : 1, map ? size.width() : 1, task.head().kind()));
    }
    return new BundleManifest(
        BundleManifest.SCHEMA,
        spec.name(),
        spec.version(),
        new ModelFile(MODEL_FILE, Sha256.of(model), OnnxExporter.OPSET, OnnxExporter.IR_VERSION),
        BundleManifest.Input.rgb(size.height(), size.width()),
        outputs,
        spec.intrinsics(),
        provenance,
        golden);
  }

  private Provenance provenance(ParityReport parity, String weightsSha256) {
    Provenance from = spec.provenance() == null ? Provenance.unknown() : spec.provenance();
    List<Metrics> metrics = new ArrayList<>(from.metrics());
    metrics.add(new Metrics(PARITY_PROTOCOL, parity.frames() + " frames", parity.values()));
    Map<String, String> versions = new TreeMap<>(from.versions());
    Engine engine = Engine.getInstance();
    versions.put(engine.getEngineName().toLowerCase(Locale.ROOT), engine.getVersion());
    versions.put("onnxruntime", InferenceEngine.usual().version());
    versions.put("java", Runtime.version().toString());
    return new Provenance(
        from.recipeSha256(), from.dataSets(), from.seed(), metrics, versions, weightsSha256);
  }

  /** Runs one frame both ways; the session's outputs stay valid until its next run. */
  private void compare(InferenceSession session, RgbImage image) throws InferenceException {
    session.input().put(image.pixels());
    session.run();
    float[] values = new float[image.pixels().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Byte.toUnsignedInt(image.pixels()[i]);
    }
    try (NDManager manager = PyTorch.newBaseManager()) {
      NDArray input =
          manager
              .create(values, new Shape(1, size.height(), size.width(), 3))
              .transpose(0, 3, 1, 2);
      Map<String, Plane> outputs = new HashMap<>();
      spec.tasks().forEach(task -> outputs.put(task.tensor(), session.plane(task.id())));
      tally.add(Map.of(Ports.IMAGE, input), outputs);
    }
  }

  private GoldenFrame store(Path part, int index, RgbImage image, InferenceSession session)
      throws IOException {
    Files.createDirectories(part.resolve("golden"));
    String name = "golden/%02d".formatted(index);
    String imageFile = name + ".png";
    BufferedImage rgb = EncodedImage.rgb(image.width(), image.height(), image.pixels());
    WholeFile.write(part.resolve(imageFile), EncodedImage.png(rgb));
    Map<String, String> tensors = new LinkedHashMap<>();
    spec.tasks().forEach(task -> tensors.put(task.id(), task.tensor()));
    return new GoldenFrame(imageFile, GoldenOutputs.write(part, name, tensors, session));
  }
}
