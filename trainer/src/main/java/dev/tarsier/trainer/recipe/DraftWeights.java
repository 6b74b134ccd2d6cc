package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.export.BundleExporter;
import dev.tarsier.trainer.network.Architecture;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.WeightLoader;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the networks of a recipe that is being drafted begin with.
 *
 * @param architecture that the weights are of
 * @param whole what has the weights of a whole network, as a recipe says it; null for none
 * @param encoder the file of an encoder's weights, as a recipe says it; null for none
 * @param maxDepthMetres of the network that the weights are of; 0 where nobody knows it
 */
record DraftWeights(
    Architecture architecture, String whole, String encoder, double maxDepthMetres) {
  /** Where recipes look for weights, as the shipped ones do. */
  private static final String FOLDER = "${TARSIER_DATA:-../shared/data}/weights/";

  /** Encoders in the order in which they are taken, with the names of their files there. */
  private static final Map<PublishedEncoder, List<String>> FILES = files();

  private static Map<PublishedEncoder, List<String>> files() {
    Map<PublishedEncoder, List<String>> files = new LinkedHashMap<>();
    files.put(
        PublishedEncoder.TORCHVISION,
        List.of("mobilenet_v2.safetensors", "mobilenet_v2_onnxzoo.safetensors"));
    files.put(PublishedEncoder.EFFICIENTNET_LITE0, List.of("tf_efficientnet_lite0.safetensors"));
    files.put(PublishedEncoder.EFFICIENTNET_LITE1, List.of("tf_efficientnet_lite1.safetensors"));
    files.put(PublishedEncoder.EFFICIENTNET_LITE2, List.of("tf_efficientnet_lite2.safetensors"));
    files.put(PublishedEncoder.TENSORFLOW, List.of("mobilenet_v2_tf.safetensors"));
    files.put(PublishedEncoder.MOBILENET_V3_LARGE, List.of("mobilenet_v3_large.safetensors"));
    files.put(PublishedEncoder.RESNET18, List.of("resnet18.safetensors"));
    files.put(PublishedEncoder.RESNET34, List.of("resnet34.safetensors"));
    return files;
  }

  /** The file that the note on a random start names. */
  static String usualFile() {
    return FILES.get(PublishedEncoder.TORCHVISION).get(0);
  }

  /**
   * Finds them.
   *
   * @param from a bundle or a run that the user names; null for none
   * @throws IOException if a file cannot be read
   * @throws ConfigException if what the user names is of a network that is not known
   * @throws DataException if it is not there or has no weights
   */
  static DraftWeights of(String from, DraftPlace place) throws IOException {
    if (from != null) {
      return whole(from, place);
    }
    PathResolver paths = place.paths();
    for (PublishedEncoder each : FILES.keySet()) {
      Edge edge = new Edge(each, 1, new Edge().decoderWidth());
      Optional<String> file = encoder(edge, paths);
      if (file.isPresent()) {
        return new DraftWeights(edge, null, file.get(), 0);
      }
    }
    Optional<Path> shipped =
        paths.find("models/" + ModelFolder.SHIPPED + "/" + BundleExporter.WEIGHTS_FILE);
    return shipped.isPresent()
        ? whole(ModelFolder.SHIPPED, place)
        : new DraftWeights(new Edge(), null, null, 0);
  }

  private static Optional<String> encoder(Architecture architecture, PathResolver paths) {
    return architecture instanceof Edge edge && edge.encoderWidth() == 1
        ? FILES.getOrDefault(edge.encoder(), List.of()).stream()
            .map(FOLDER::concat)
            .filter(text -> paths.find(text).isPresent())
            .findFirst()
        : Optional.empty();
  }

  private static DraftWeights whole(String from, DraftPlace place) throws IOException {
    PathResolver paths = place.paths();
    Network named =
        Recipe.parse(
                "student: {network: {weights: %s}}".formatted(TextNode.valueOf(from)),
                place.recipe().toString())
            .student()
            .network();
    Path file = StartWeights.of(named, paths).orElseThrow().file();
    Optional<Path> found = paths.find(from);
    Optional<Network> trained = found.isPresent() ? trained(found.get()) : Optional.empty();
    Architecture own = trained.map(Network::architecture).orElse(null);
    if (own == null
        || WeightLoader.misfit(named.with(own).graph(ClassSet.NYU_13), file).isPresent()) {
      own =
          StartWeights.edges(named, 1, new Edge().decoderWidth(), ClassSet.NYU_13, file).stream()
              .findFirst()
              .orElseThrow(
                  () ->
                      new ConfigException(
                          "--from %s: %s is of a network with settings of its own; name the run that trained it, or leave --from out and write network: {weights: …} with its settings into the recipe (docs/recipes.md#sections)"
                              .formatted(from, file)));
    }
    return new DraftWeights(
        own,
        found.map(place::written).orElse(from),
        encoder(own, paths).orElse(null),
        trained.map(Network::maxDepthMetres).orElse(0.0));
  }

  /** The network of the run that something is of, as its record says. */
  private static Optional<Network> trained(Path found) {
    for (Path folder : new Path[] {found, found.toAbsolutePath().getParent()}) {
      Path recipe = folder.resolve("recipe.yaml");
      if (Files.isRegularFile(recipe)) {
        return Recipe.studentsNetwork(recipe);
      }
    }
    return Optional.empty();
  }

  /** The architecture's keys in a recipe that are not as they would be without them. */
  Map<String, String> keys() {
    ObjectNode own = (ObjectNode) Canonical.tree(architecture);
    JsonNode usual = Canonical.tree(new Edge());
    Map<String, String> keys = new LinkedHashMap<>();
    own.properties()
        .forEach(
            each -> {
              if (!each.getValue().equals(usual.get(each.getKey()))) {
                keys.put(each.getKey(), each.getValue().asText().toLowerCase(Locale.ROOT));
              }
            });
    return keys;
  }
}
