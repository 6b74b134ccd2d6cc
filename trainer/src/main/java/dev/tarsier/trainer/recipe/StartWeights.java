package dev.tarsier.trainer.recipe;

import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.export.BundleExporter;
import dev.tarsier.trainer.network.ClassRows;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.WeightLoader;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.StageRecord;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The weights of a whole network that a training begins with: those of a bundle, of an earlier run,
 * or of a file. What the network says may differ: heads that do begin anew, but for the classes
 * that both have.
 *
 * @param file safetensors, with the names of the network's layers
 * @param named what the recipe names: the file, or the folder that it was found in
 */
record StartWeights(Path file, Path named) {
  private static final String STUDENT = "student";
  private static final String CHECKPOINT = "checkpoint";
  private static final String TRAINING = "training";

  /**
   * Where weights come from, for cards and records.
   *
   * @param title for a sentence, such as {@code `indoor-edge-v3` 3.0}
   * @param data what they learned from, as far as it is known. Not modified.
   */
  record Source(String title, List<DataUse> data) {}

  /**
   * Finds what a recipe names.
   *
   * @return none where it names nothing
   * @throws DataException if it is not there, or has no weights
   */
  static Optional<StartWeights> of(Network network, PathResolver paths) throws IOException {
    String text = network.weights();
    if (text == null || text.isEmpty()) {
      return Optional.empty();
    }
    Path found =
        paths
            .find(text)
            .or(() -> paths.find("models/" + text))
            .orElseThrow(
                () ->
                    new DataException(
                        "weights: %s is not there (looked in %s, and for a bundle of that name in models/ below each); the shipped bundle is %s"
                            .formatted(text, paths.tried(text), ModelFolder.SHIPPED)));
    // A run's links may go to other stages while it runs: the stage itself is read.
    Path file =
        in(found)
            .orElseThrow(
                () ->
                    new DataException(
                        ("weights: there are none in %s; name a bundle that has %s, a run's folder, a"
                                + " finished training's such as runs/NAME/student, or a file of"
                                + " safetensors")
                            .formatted(found, BundleExporter.WEIGHTS_FILE)));
    return Optional.of(new StartWeights(file.toRealPath(), found.toAbsolutePath()));
  }

  private static Optional<Path> in(Path found) throws IOException {
    if (!Files.isDirectory(found)) {
      return Optional.of(found);
    }
    if (Files.isRegularFile(found.resolve(BundleExporter.WEIGHTS_FILE))) {
      return Optional.of(found.resolve(BundleExporter.WEIGHTS_FILE));
    }
    Optional<StageRecord> stage = StageStore.read(found);
    if (stage.isPresent()) {
      return stage
          .filter(StageRecord::finished)
          .map(each -> each.outcome().path(CHECKPOINT).asText())
          .filter(name -> !name.isEmpty())
          .map(found::resolve)
          .filter(Files::isRegularFile);
    }
    Path student = found.resolve(STUDENT);
    return Files.isDirectory(student) ? in(student) : Optional.empty();
  }

  /**
   * Where they come from, as the bundle or the training says that they lie in.
   *
   * @throws IOException if a record cannot be read
   */
  Source source() throws IOException {
    Path folder = Files.isDirectory(named) ? named : named.getParent();
    if (file.equals(folder.toRealPath().resolve(BundleExporter.WEIGHTS_FILE))
        && Files.isRegularFile(folder.resolve(BundleManifest.FILE))) {
      return bundle(folder, file);
    }
    String title = String.valueOf(named.getFileName());
    Optional<StageRecord> stage = StageStore.read(file.getParent());
    List<DataUse> data = List.of();
    if (stage.isPresent() && stage.get().stage().equals(TrainingJob.KIND)) {
      data = TrainingJob.Inputs.of(stage.get()).history();
    }
    return new Source("`%s`".formatted(title), orUnknown(data, title));
  }

  private static List<DataUse> orUnknown(List<DataUse> data, String network) {
    return data.isEmpty() ? List.of(DataUse.unknown(TRAINING, network)) : data;
  }

  private static Source bundle(Path bundle, Path file) throws IOException {
    BundleManifest manifest = manifest(bundle);
    String sha256 = manifest.provenance().weightsSha256();
    if (sha256 != null && !sha256.equals(Sha256.of(file))) {
      throw new IOException(
          "%s was exchanged: %s in %s was written with another (sha256 %s); restore the bundle, or copy the file to where no bundle is"
              .formatted(file, BundleManifest.FILE, bundle, sha256));
    }
    List<DataUse> data = new ArrayList<>();
    for (BundleManifest.DataSet each : manifest.provenance().dataSets()) {
      String use = each.split() == null ? TRAINING : each.split();
      data.add(new DataUse(use, each.name(), each.frames(), each.sha256(), null, null));
    }
    return new Source(
        "`%s` %s".formatted(manifest.name(), manifest.version()), orUnknown(data, manifest.name()));
  }

  private static BundleManifest manifest(Path bundle) throws IOException {
    try {
      return BundleManifest.read(bundle);
    } catch (BundleException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Checks that they are of this network, but for its heads.
   *
   * @throws DataException if they are not; it says which encoder they are of, where that is known
   * @throws IOException if the file cannot be read
   */
  void requireFit(Network network, ClassSet classes) throws IOException {
    Optional<String> misfit = WeightLoader.misfit(network.graph(classes), file);
    if (misfit.isPresent()) {
      List<Edge> fitting =
          network.architecture() instanceof Edge edge
              ? edges(network, edge.encoderWidth(), edge.decoderWidth(), classes, file)
              : List.of();
      String encoders =
          fitting.stream()
              .map(each -> each.encoder().name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(" or "));
      throw new DataException(
          "weights: %s; %s"
              .formatted(
                  misfit.get(),
                  encoders.isEmpty()
                      ? "a file of an encoder alone belongs under encoder_weights"
                      : "with encoder: %s they fit".formatted(encoders)));
    }
  }

  /** Each {@code edge} of these widths that a file has the weights of. */
  static List<Edge> edges(
      Network network, double encoderWidth, int decoderWidth, ClassSet classes, Path file)
      throws IOException {
    List<Edge> fitting = new ArrayList<>();
    for (PublishedEncoder each : PublishedEncoder.values()) {
      Edge edge = new Edge(each, encoderWidth, decoderWidth);
      if (WeightLoader.misfit(network.with(edge).graph(classes), file).isEmpty()) {
        fitting.add(edge);
      }
    }
    return fitting;
  }

  /**
   * Which classes of their heads are classes of a network's, where they are others or stand in
   * another order.
   *
   * @return by the task's output; none of heads whose classes are not known, as of a bare file
   * @throws IOException if what lies beside the file cannot be read
   */
  Map<String, ClassRows> classRows(Network network, ClassSet classes) throws IOException {
    Map<String, List<String>> said = classNames(network);
    Map<String, ClassRows> rows = new TreeMap<>();
    for (Task task : network.tasks(classes).outputs()) {
      List<String> own = names(task.head().kind());
      List<String> theirs = said.getOrDefault(task.id(), List.of());
      if (!own.isEmpty() && !theirs.isEmpty() && !own.equals(theirs)) {
        rows.put(task.tensor(), ClassRows.byName(own, theirs));
      }
    }
    return rows;
  }

  /**
   * The classes of each head, by the task's id, as the bundle or the training says.
   *
   * @param network for the tasks that are asked for
   */
  private Map<String, List<String>> classNames(Network network) throws IOException {
    Map<String, List<String>> names = new TreeMap<>();
    Path folder = file.getParent();
    Optional<StageRecord> stage = StageStore.read(folder);
    if (stage.isPresent() && stage.get().stage().equals(TrainingJob.KIND)) {
      ClassSet classes = TrainingJob.Inputs.of(stage.get()).classes();
      if (classes != null) {
        network
            .tasks(classes)
            .outputs()
            .forEach(task -> names.put(task.id(), names(task.head().kind())));
      }
    } else if (Files.isRegularFile(folder.resolve(BundleManifest.FILE))) {
      manifest(folder).outputs().forEach((head, output) -> names.put(head, names(output.kind())));
    }
    return names;
  }

  private static List<String> names(HeadKind kind) {
    List<ClassLabel> labels =
        kind instanceof ClassMap map
            ? map.classes()
            : kind instanceof ImageClass image ? image.classes() : List.of();
    return labels.stream().map(ClassLabel::name).toList();
  }

  /**
   * Copies them into a network.
   *
   * @param module Modified, unless they do not fit.
   * @param classes as {@link #classRows} says. Not modified.
   * @return what to say of it
   * @throws IOException if the file cannot be read, or is of another network; names the tensors
   */
  String readInto(GraphModule module, Map<String, ClassRows> classes) throws IOException {
    List<String> fresh = WeightLoader.loadAllButOtherHeads(module, file, classes);
    StringBuilder said = new StringBuilder("Starts from ").append(file);
    classes.forEach(
        (head, rows) -> {
          if (rows.known() > 0) {
            said.append(
                "; it knows %d of the %d %s by their names"
                    .formatted(rows.known(), rows.from().size(), head));
          }
        });
    if (!fresh.isEmpty()) {
      said.append("; anew: ")
          .append(String.join(", ", fresh))
          .append(", which it lacks or has for other outputs");
    }
    return said.toString();
  }
}
