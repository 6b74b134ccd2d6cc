package dev.tarsier.trainer.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtException;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProvenSession;
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
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.export.BundlePlace;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.export.GoldenOutputs;
import dev.tarsier.trainer.export.OnnxBuilders;
import dev.tarsier.trainer.onnx.OutputChoice.Chosen;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedSource;
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
import java.util.stream.Stream;

/**
 * Makes a bundle of a network that someone else trained and exported: finds out what it takes and
 * gives, writes what is done before and after it into the graph, records what the network gives as
 * it came, and keeps the bundle only where that is what the bundle gives. One thread.
 */
public final class ModelImport {
  /** The name under which the comparison stands among a bundle's metrics. */
  public static final String PROTOCOL = "original-in-onnxruntime-vs-bundle";

  /** Rooms that no recipe trains on. */
  private static final long SEED = 0x1349047L;

  private static final int RENDERED = 4;

  /** Of a room: its light is found once. */
  private static final int VIEWS = 2;

  private static final String MODEL = "model.onnx";
  private static final String CARD = "CARD.md";

  /** Hears how it goes. */
  public interface Listener {
    /** Something that a person may want to know. */
    void note(String message);

    /** So many pictures of so many were compared. */
    void compared(int done, int total);
  }

  /**
   * What came of it.
   *
   * @param modelSha256 of the bundle's network
   * @param agreement with the original, in words
   */
  public record Outcome(String modelSha256, String agreement) {}

  private final OnnxFile file;
  private final Known known;
  private final ImportOptions told;
  private final Listener listener;
  private final List<String> notes = new ArrayList<>();
  private Rooms rooms;

  /** Of the outputs that are decoded, as people write them. */
  private final Map<String, String> shapes = new HashMap<>();

  private ModelImport(OnnxFile file, Known known, ImportOptions told, Listener listener) {
    this.file = file;
    this.known = known;
    this.told = told;
    this.listener = listener;
  }

  /**
   * Imports a file.
   *
   * @param path of the ONNX file; weights beside it are read too. Not modified.
   * @param told what a person says of it
   * @param folder where the bundle goes; an older bundle there is replaced, anything else is not
   * @param listener hears how it goes
   * @throws ImportException if it cannot be a bundle, or must be told more of; nothing is left
   * @throws ExportException if the folder holds something else
   * @throws IOException if a file cannot be read or written; nothing is left behind
   */
  public static Outcome run(Path path, ImportOptions told, Path folder, Listener listener)
      throws IOException, ExportException {
    BundlePlace.checkReplaceable(folder.toAbsolutePath());
    OnnxFile file = OnnxFile.read(path);
    Known known = Known.of(file, told.config());
    return new ModelImport(file, known, told, listener).run(folder);
  }

  private void note(String message) {
    notes.add(message);
    listener.note(message);
  }

  private Outcome run(Path folder) throws IOException, ExportException {
    try (Original original = Original.open(file.path())) {
      Missing missing = new Missing();
      InputChoice.Tried tried =
          InputChoice.of(file, known, told, original, missing, (w, h) -> rendered(w, h, 1).get(0));
      OutputChoice.Choice choice = OutputChoice.of(file, known, told, tried, missing);
      String licence =
          told.licence() != null && !told.licence().isBlank() ? told.licence() : known.licence();
      if (licence == null || licence.isBlank()) {
        missing.add("its licence (--licence NAME, or --licence unknown)");
      }
      missing.require(file.path());
      listener.note(known.words());
      choice.notes().forEach(this::note);
      InputRule rule = tried.rule();
      listener.note("takes " + rule);
      choice
          .chosen()
          .forEach(
              each ->
                  listener.note(
                      "gives %s: %s".formatted(each.head().id(), each.decoding().words())));
      return BundlePlace.fill(folder, part -> fill(part, original, rule, choice.chosen(), licence));
    }
  }

  /** The bundle's network, and what its input and outputs are called. */
  private record Written(ModelProto model, String input, Map<String, String> tensors) {}

  private Written write(InputRule rule, List<Chosen> chosen) {
    GraphEditor graph = new GraphEditor(file.model());
    String input = rule.write(graph);
    graph.afterwards();
    Map<String, String> tensors = new LinkedHashMap<>();
    for (Chosen each : chosen) {
      Head head = each.head();
      String at = each.decoding().write(graph, rule.height(), rule.width());
      String name = graph.unique(head.id());
      DataType type = head.kind().isIds() ? DataType.UINT8 : DataType.FLOAT;
      at = graph.cast(at, DataType.FLOAT); // TensorRT has no other way from int64 to bytes
      at = graph.reshape(at, 1, rule.height(), rule.width());
      graph.named("Cast", List.of(at), name, OnnxBuilders.integer("to", type.getNumber()));
      graph.output(name, type, 1, rule.height(), rule.width());
      tensors.put(head.id(), name);
    }
    ModelProto model =
        graph.finish(
            Map.of("tarsier.bundle", told.name(), "tarsier.imported.sha256", file.sha256()));
    return new Written(model, input, tensors);
  }

  private Outcome fill(
      Path part, Original original, InputRule rule, List<Chosen> chosen, String licence)
      throws IOException {
    List<RgbImage> pictures = pictures(rule.width(), rule.height());
    Written written = write(rule, chosen);
    byte[] bytes = written.model.toByteArray();
    WholeFile.write(part.resolve(MODEL), bytes);
    List<GoldenFrame> golden = new ArrayList<>();
    List<Map<String, Plane>> wanted = new ArrayList<>();
    Files.createDirectories(part.resolve("golden"));
    try {
      for (RgbImage picture : pictures) {
        Map<String, Values> outputs = original.run(rule, picture);
        Map<String, Plane> planes = new LinkedHashMap<>();
        for (Chosen each : chosen) {
          requireSame(each, outputs);
          OutputChoice.requireNamed(file.path(), each, outputs);
          planes.put(
              each.head().id(), each.decoding().decode(outputs, rule.height(), rule.width()));
        }
        wanted.add(planes);
        if (golden.size() < RENDERED) {
          golden.add(store(part, golden.size(), picture, written.tensors, planes));
        }
      }
      manifest(written, bytes, rule, chosen, golden, List.of()).write(part);
      Agreement agreement =
          compare(Bundle.load(part), pictures, wanted, chosen.stream().map(Chosen::head).toList());
      if (!agreement.passes()) {
        throw new ImportException(
            "%s is not imported, for the bundle does not give what the network gives: %s; please report it with the file"
                .formatted(file.path(), agreement));
      }
      remarkSameness(chosen, wanted);
      Metrics metrics =
          new Metrics(
              PROTOCOL,
              told.pictures() == null ? "rendered rooms" : told.pictures().toString(),
              agreement.values());
      manifest(written, bytes, rule, chosen, golden, List.of(metrics)).write(part);
      WholeFile.write(
          part.resolve(CARD),
          new ImportedCard(told, file, known, rule, chosen, notes, licence, agreement).text());
      return new Outcome(Sha256.of(bytes), agreement.toString());
    } catch (OrtException e) {
      throw new ImportException(
          "%s does not run: %s".formatted(file.path(), Original.reason(e)), e);
    } catch (BundleException | InferenceException e) {
      throw new ImportException(
          "%s is not imported, for its bundle does not work: %s"
              .formatted(file.path(), e.getMessage()),
          e);
    }
  }

  /**
   * A bundle's outputs have one shape, and numbers, whatever the picture. They may be infinite:
   * that is unknown, as in the sky.
   */
  private void requireSame(Chosen chosen, Map<String, Values> outputs) throws ImportException {
    for (String tensor : chosen.decoding().tensors()) {
      Values values = outputs.get(tensor);
      String before = shapes.putIfAbsent(tensor, values.words());
      if (before != null && !before.equals(values.words())) {
        throw new ImportException(
            "output '%s' of %s is %s on one picture and %s on another, where a bundle needs one shape; export it with a fixed number of rows"
                .formatted(tensor, file.path(), before, values.words()));
      }
      OutputChoice.requireNumbers(file.path(), tensor, values);
    }
  }

  /** What says one thing everywhere proves little. */
  private void remarkSameness(List<Chosen> chosen, List<Map<String, Plane>> wanted) {
    for (Chosen each : chosen) {
      if (each.head().kind().isIds()
          && wanted.stream()
              .map(planes -> planes.get(each.head().id()).ids())
              .allMatch(
                  ids -> {
                    byte first = wanted.get(0).get(each.head().id()).ids().get(0);
                    for (int i = 0; i < ids.limit(); i++) {
                      if (ids.get(i) != first) {
                        return false;
                      }
                    }
                    return true;
                  })) {
        note(
            "%s is one class everywhere on all pictures, so the golden frames prove little; give pictures of what it knows with --pictures FOLDER"
                .formatted(each.head().id()));
      }
    }
  }

  private Agreement compare(
      Bundle bundle, List<RgbImage> pictures, List<Map<String, Plane>> wanted, List<Head> heads)
      throws BundleException, InferenceException {
    Agreement agreement = new Agreement(heads);
    ProvenSession proven =
        ProvenSession.open(
            bundle,
            SessionOptions.of(ProviderPreference.cpu()),
            InferenceEngine.usual(),
            ProvenSession.Building.NOW,
            ProvenSession.BuildListener.NONE);
    try (InferenceSession session = proven.session()) {
      for (int i = 0; i < pictures.size(); i++) {
        session.input().put(pictures.get(i).pixels());
        session.run();
        agreement.add(wanted.get(i), session.planes());
        listener.compared(i + 1, pictures.size());
      }
    }
    return agreement;
  }

  private BundleManifest manifest(
      Written written,
      byte[] bytes,
      InputRule rule,
      List<Chosen> chosen,
      List<GoldenFrame> golden,
      List<Metrics> metrics) {
    Map<String, Output> outputs = new LinkedHashMap<>();
    for (Chosen each : chosen) {
      String id = each.head().id();
      outputs.put(
          id, new Output(written.tensors.get(id), rule.height(), rule.width(), each.head().kind()));
    }
    Map<String, String> versions = new TreeMap<>();
    versions.put("tarsier", ProductVersion.text());
    versions.put("onnxruntime", InferenceEngine.usual().version());
    versions.put("imported.file", file.path().getFileName().toString());
    versions.put("imported.sha256", file.sha256());
    file.dataFiles().forEach((name, sha256) -> versions.put("imported.sha256." + name, sha256));
    return new BundleManifest(
        BundleManifest.SCHEMA,
        told.name(),
        told.version(),
        new ModelFile(
            MODEL,
            Sha256.of(bytes),
            Math.toIntExact(OnnxFile.opset(written.model)),
            Math.toIntExact(written.model.getIrVersion())),
        new BundleManifest.Input(
            written.input, "uint8", "NHWC", rule.height(), rule.width(), "RGB", "stretch"),
        outputs,
        told.intrinsics(),
        new Provenance(null, List.of(), 0, metrics, versions),
        golden);
  }

  private static GoldenFrame store(
      Path part, int index, RgbImage image, Map<String, String> tensors, Map<String, Plane> planes)
      throws IOException {
    String name = String.format(Locale.ROOT, "golden/%02d", index);
    String imageFile = name + ".png";
    WholeFile.write(
        part.resolve(imageFile),
        EncodedImage.png(EncodedImage.rgb(image.width(), image.height(), image.pixels())));
    Map<String, String> plain = new LinkedHashMap<>();
    tensors.keySet().forEach(head -> plain.put(head, head)); // a tensor's name is no file's
    return new GoldenFrame(imageFile, GoldenOutputs.write(part, name, plain, planes));
  }

  private List<RgbImage> pictures(int width, int height) throws IOException {
    if (told.pictures() == null) {
      return rendered(width, height, RENDERED);
    }
    List<RgbImage> pictures = new ArrayList<>();
    try (Stream<Path> all = Files.list(told.pictures())) {
      for (Path each :
          all.filter(
                  path -> path.toString().toLowerCase(Locale.ROOT).matches(".*\\.(png|jpg|jpeg)"))
              .sorted()
              .limit(64)
              .toList()) {
        pictures.add(RgbImage.decode(Files.readAllBytes(each)).stretch(width, height));
      }
    } catch (RejectedFrameException e) {
      throw new ImportException("--pictures %s: %s".formatted(told.pictures(), e.getMessage()), e);
    }
    if (pictures.isEmpty()) {
      throw new ImportException(
          "--pictures %s holds no PNG or JPEG file".formatted(told.pictures()));
    }
    return pictures;
  }

  /**
   * Rooms that the product renders itself, which are free to ship; kept, since it takes seconds.
   */
  private List<RgbImage> rendered(int width, int height, int count) {
    if (rooms == null || rooms.width() != width || rooms.height() != height) {
      rooms = new Rooms(width, height, source(width, height), new ArrayList<>());
    }
    while (rooms.images().size() < count) {
      Sample sample = rooms.source().get(rooms.images().size());
      rooms.images().add(new RgbImage(sample.width(), sample.height(), sample.rgb()));
    }
    return rooms.images().subList(0, count);
  }

  private static RenderedSource source(int width, int height) {
    return new RenderedSource(
        SEED,
        0,
        RENDERED / VIEWS,
        RenderOptions.training(width, height)
            .withFramesPerRoom(VIEWS)
            .withThreads(Runtime.getRuntime().availableProcessors()));
  }

  /** Rendered images of one size, as many as were needed. */
  private record Rooms(int width, int height, RenderedSource source, List<RgbImage> images) {}
}
