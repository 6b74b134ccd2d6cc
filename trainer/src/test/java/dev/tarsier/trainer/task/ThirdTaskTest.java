package dev.tarsier.trainer.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.replay.Replay;
import dev.tarsier.ros.replay.ReplayOptions;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SelfTest;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.recipe.RecipeRun;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedBag;
import dev.tarsier.trainer.render.SceneSequence;
import dev.tarsier.trainer.run.StopSignal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A task that the product does not have, {@link CoarseNormals}, goes the whole way: it is learned
 * from rendered frames, exported, run as a robot runs it, replayed and painted.
 */
class ThirdTaskTest {
  private static final String RECIPE =
      """
      name: normals
      student:
        network:
          {height: 48, width: 64, encoder_width: 0.25, decoder_width: 16,
           heads: [classes, depth, coarse_normals]}
        data:
          - {kind: rendered, seed: 3, rooms: 2, views: 2}
        validation:
          score: {coarse_normals.mean: -1}
          data:
            - {kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 2}
        losses: {classes_weight: 1, depth_weight: 1, coarse_normals_weight: 2, coarse_normals: cosine}
        optimiser: {learning_rate: 0.003}
        batch: 2
        epochs: 6
      export: {golden_frames: 1}
      """;

  @TempDir private Path temp;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  @Test
  void isLearnedExportedReplayedAndPainted() throws Exception {
    Path out = temp.resolve("run");
    Path file = Files.writeString(temp.resolve("recipe.yaml"), RECIPE);
    RecipeRun.Result result =
        RecipeRun.run(
            new RecipeRun.Request(file, out, null, false, List.of()),
            new StopSignal(),
            new PrintStream(said, true, StandardCharsets.UTF_8),
            false);
    assertThat(result.finished()).as(said.toString(StandardCharsets.UTF_8)).isTrue();
    JsonNode first = line(out.resolve("student/steps.jsonl"), 0);
    JsonNode last = line(out.resolve("student/steps.jsonl"), 11);
    assertThat(first.path("coarse_normals").asDouble())
        .as("the loss has the task's name, and falls")
        .isGreaterThan(last.path("coarse_normals").asDouble())
        .isBetween(0.0, 2.0);
    assertThat(said.toString(StandardCharsets.UTF_8)).contains("coarse_normals differs by at most");

    Bundle bundle = Bundle.load(out.resolve("bundle"));
    assertThat(bundle.manifest().outputs())
        .containsOnlyKeys("segmentation", "depth", "coarse_normals")
        .hasEntrySatisfying(
            "coarse_normals", output -> assertThat(output.kind()).isEqualTo(new UnitVectorMap()));
    assertThat(bundle.manifest().provenance().metrics().get(0).values())
        .containsKeys(
            "coarse_normals.mean",
            "coarse_normals.median",
            "coarse_normals.within_11.25",
            "depth.rmse");
    try (InferenceSession session =
        InferenceSession.open(bundle, SessionOptions.of(ProviderPreference.cpu()))) {
      assertThat(SelfTest.run(session, bundle).failure()).isEmpty();
      Plane normals = session.plane("coarse_normals");
      assertThat(normals.channels()).isEqualTo(3);
      for (int i = 0; i < normals.values().limit(); i += 3) {
        double x = normals.values().get(i);
        double y = normals.values().get(i + 1);
        double z = normals.values().get(i + 2);
        assertThat(Math.sqrt(x * x + y * y + z * z)).isCloseTo(1, within(1e-5));
      }
    }

    replays(out.resolve("bundle"));
  }

  private void replays(Path bundle) throws Exception {
    Path bag = temp.resolve("rooms.bag");
    SceneSequence rooms = new SceneSequence(4, RenderOptions.training(64, 48).withFramesPerRoom(2));
    try (RenderedBag writer =
        new RenderedBag(bag, RenderedBag.DepthEncoding.METRES_32F, BagCompression.NONE)) {
      writer.add(rooms.frame(0));
      writer.add(rooms.frame(1));
      writer.finish();
    }
    Path report = temp.resolve("report");
    Replay.run(ReplayOptions.of(bag, bundle, report), (done, total) -> {});
    JsonNode json = new ObjectMapper().readTree(report.resolve(Replay.JSON).toFile());
    assertThat(json.toString()).contains("depth.rmse", "segmentation.miou");
    assertThat(report.resolve(Replay.HTML)).content().contains("coarse_normals");
  }

  private static JsonNode line(Path file, int number) throws Exception {
    return new ObjectMapper().readTree(Files.readAllLines(file).get(number));
  }

  @Test
  void aWallsNormalPointsTowardsTheCamera() {
    int width = 64;
    int height = 48;
    float[] wall = new float[width * height];
    Arrays.fill(wall, 2);
    Plane normals =
        new CoarseNormals()
            .target(
                new Task.Known(
                    Map.of(Depth.ID, Plane.ofValues(wall, width, height, 1)), width, height, null));
    int middle = 3 * (24 * width + 32);
    assertThat(normals.values().get(middle)).isCloseTo(0, within(1e-5f));
    assertThat(normals.values().get(middle + 1)).isCloseTo(0, within(1e-5f));
    assertThat(normals.values().get(middle + 2)).isCloseTo(-1, within(1e-5f));
    assertThat(normals.values().get(0)).as("nothing is known beside the frame").isNaN();
  }
}
