package dev.tarsier.trainer.recipe;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.trainer.network.InstructionSet;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.RunFolder;
import dev.tarsier.trainer.run.StageRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a run's folder says of it: {@code run.json}.
 *
 * @param header what is known from the start
 * @param stages those that are there, in the order in which they were found or made
 * @param state {@code running}, {@code stopped}, {@code failed}, {@code trained} or {@code
 *     exported}
 * @param ending what came of it; null before its end
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record RunRecord(
    @JsonUnwrapped Header header, List<Made> stages, String state, @JsonUnwrapped Ending ending) {
  private static final String FILE = "run.json";
  private static final String SCHEMA = "tarsier.run/2";

  /** What is known from the start; the versions are a tree that stages' records have too. */
  record Header(
      String schema,
      String name,
      String recipeSha256,
      String recipeTextSha256,
      String recipe,
      long seed,
      String begun,
      JsonNode versions,
      int threads,
      String device,
      String instructions,
      String store) {
    static Header of(Recipe recipe, String text, String store) {
      return new Header(
          SCHEMA,
          recipe.name(),
          recipe.sha256(),
          Sha256.of(text.getBytes(StandardCharsets.UTF_8)),
          text,
          recipe.seed(),
          Instant.now().toString(),
          Canonical.tree(Versions.now()),
          JniUtils.getNumThreads(),
          PyTorch.device().toString(),
          InstructionSet.describe(),
          store);
    }
  }

  private record Versions(String tarsier, String pytorch, String java, String os) {
    static Versions now() {
      return new Versions(
          ProductVersion.text(),
          Engine.getEngine("PyTorch").getVersion(),
          System.getProperty("java.version"),
          System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    }
  }

  /** A stage that is there: made by this run, or found. */
  record Made(
      String name,
      String stage,
      String key,
      String folder,
      boolean found,
      String begun,
      String ended,
      long seconds,
      JsonNode outcome) {
    static Made of(String name, StageRecord record, String folder, boolean found) {
      return new Made(
          name,
          record.stage(),
          record.key(),
          folder,
          found,
          record.begun(),
          record.ended(),
          record.seconds(),
          record.outcome());
    }
  }

  private record Network(
      String name,
      long seed,
      String checkpointSha256,
      String chosenBy,
      int bestEpoch,
      double bestScore,
      long steps,
      long seconds,
      List<Figures> figures) {
    static Network of(TrainedNetwork network) {
      return new Network(
          network.name(),
          network.seed(),
          network.checkpointSha256(),
          TrainingOutcome.CHOSEN_BY,
          network.bestEpoch(),
          network.bestScore(),
          network.steps(),
          network.seconds(),
          network.figures());
    }
  }

  private record Best(int epoch, double score) {}

  /**
   * What came of a run: its data, its networks, and of its student the steps and the best epoch.
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Ending(
      List<DataUse> data, List<Network> networks, Long stepsDone, Best best, String ended) {
    static Ending of(
        List<DataUse> data, List<TrainedNetwork> teachers, Optional<TrainedNetwork> student) {
      List<Network> networks = new ArrayList<>();
      teachers.forEach(each -> networks.add(Network.of(each)));
      student.ifPresent(each -> networks.add(Network.of(each)));
      return new Ending(
          data,
          networks,
          student.map(TrainedNetwork::steps).orElse(null),
          student.map(each -> new Best(each.bestEpoch(), each.bestScore())).orElse(null),
          Instant.now().toString());
    }
  }

  void write(RunFolder run) throws IOException {
    Json.write(run.file(FILE), Canonical.tree(this));
  }

  /**
   * Checks that a folder is new or holds a run of this recipe.
   *
   * @throws IOException if not
   */
  static void requireOwn(RunFolder run, Recipe recipe) throws IOException {
    Path file = run.file(FILE);
    if (!Files.exists(file)) {
      return;
    }
    JsonNode before = Json.read(file);
    if (!before.path("schema").asText().equals(SCHEMA)) {
      throw new IOException(
          "%s was made by another version of Tarsier (%s); choose another folder with --out"
              .formatted(run.path(), before.path("schema").asText()));
    }
    if (!before.path("name").asText().equals(recipe.name())) {
      throw new IOException(
          "%s holds the run of recipe '%s', not of '%s'; choose another folder with --out"
              .formatted(run.path(), before.path("name").asText(), recipe.name()));
    }
  }
}
