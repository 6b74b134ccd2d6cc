package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.experiment.Plan;
import dev.tarsier.trainer.experiment.Study;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.run.StageRecord;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The keys of all stages of the shipped recipes and tables. Whoever has trained them finds what is
 * there by these keys: where one changes, hours of training are lost, so a change is made on
 * purpose and is told in the changelog.
 */
class StageKeysTest {
  private static final Path RECIPES = Path.of("recipes");
  private static final Path STUDIES = RECIPES.resolve("experiments");
  private static final String TABLE = "nyu-table.yaml";

  /** Rows with several variants, as docs/experiments has them. */
  private static final List<String> ROWS_AND_VARIANTS =
      List.of(
          "UMMT-PS-of-crops",
          "UMMT-PS-mixed-of-crops",
          "UMMT-PS-ensemble-x8-adjusted",
          "UMMT-PS-taught-x4-adjusted",
          "UMMT-PS-mixed-x4-jitter-fine-adjusted",
          "UMST-S-x4-jitter-precise-adjusted");

  private static final Path NOW = Path.of("target", "stage-keys.txt");
  private static final Path PINNED = Path.of("src/test/resources/stage-keys.txt");

  /** Gives each stage a record as if it were finished, so that later ones have their keys too. */
  private static final class Finished implements ChainWalk.Pass {
    private final String recipe;
    private final List<String> lines;

    Finished(String recipe, List<String> lines) {
      this.recipe = recipe;
      this.lines = lines;
    }

    @Override
    public <O> Optional<StageStore.Made<O>> stage(
        String name, Stage<O> stage, ChainWalk.Maker<O> maker) {
      lines.add("%s %s %s".formatted(recipe, name, stage.key()));
      ObjectNode outcome = Canonical.object();
      outcome
          .put("checkpoint", "best.safetensors")
          .put("checkpoint_sha256", stage.key())
          .put("labels_sha256", stage.key())
          .put("said", "")
          .put("steps", 1)
          .put("own_steps", 1);
      outcome.putArray("figures");
      StageRecord record =
          Canonical.value(Canonical.object().set("outcome", outcome), StageRecord.class);
      return Optional.of(
          new StageStore.Made<>(
              Path.of("store", stage.kind()), record, Canonical.value(outcome, stage.outcome())));
    }

    @Override
    public void later(String name) {
      throw new AssertionError(name + " is not known though all before it is");
    }
  }

  private static DataSetRegistry dataSets(Path recipe) {
    Path data = Prerequisites.shared("data/nyuv2").getParent();
    return new DataSetRegistry(new PathResolver(recipe, Map.of("TARSIER_DATA", data.toString())));
  }

  private static void walk(String name, Recipe recipe, DataSetRegistry dataSets, List<String> lines)
      throws Exception {
    Chain chain = Chain.of(recipe, dataSets.paths());
    new ChainWalk(chain, dataSets, RecipeListener.SILENT, new StopSignal())
        .go(new Finished(name, lines));
  }

  private static List<Plan.Cell> cells(String file) throws IOException {
    Study study = Study.read(STUDIES.resolve(file));
    List<Plan.Cell> cells = new ArrayList<>(Plan.of(study, file, choice(List.of())).cells());
    if (file.equals(TABLE)) {
      List<String> variants = new ArrayList<>(ROWS_AND_VARIANTS);
      for (String variant : study.variants().keySet()) {
        variants.addAll(List.of("MMMT-D-" + variant, "UMMT-PS-" + variant));
      }
      cells.addAll(Plan.of(study, file, choice(variants)).cells());
    }
    return cells;
  }

  private static Plan.Choice choice(List<String> rows) {
    return new Plan.Choice(null, null, null, null, 0, List.of(1L), rows);
  }

  @Test
  void areAsTheyWere() throws Exception {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(RECIPES)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".yaml")).sorted().toList()) {
        walk(file.getFileName().toString(), Recipe.read(file), dataSets(file), lines);
      }
    }
    try (Stream<Path> files = Files.list(STUDIES)) {
      // One for all studies, which lie in one folder: most are about the same frames.
      DataSetRegistry dataSets = dataSets(STUDIES.resolve(TABLE));
      for (Path file : files.sorted().toList()) {
        for (Plan.Cell cell : cells(file.getFileName().toString())) {
          walk(file.getFileName() + "/" + cell.id(), cell.recipe(), dataSets, lines);
        }
      }
    }
    Files.write(NOW, lines);
    assertThat(lines).as("see %s", NOW).isEqualTo(Files.readAllLines(PINNED));
  }
}
