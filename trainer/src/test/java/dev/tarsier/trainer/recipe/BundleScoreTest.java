package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.BundleManifest.Output;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedSource;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Segmentation;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleScoreTest {
  private static final String RECIPE =
      """
      name: scored
      classes: nyu13
      student:
        network: {height: 120, width: 160}
        data:
          - {kind: rendered, rooms: 1, views: 1}
        validation:
          data:
            - {kind: rendered, seed: 77, rooms: 2, views: 1}
      """;

  private static final Path SHIPPED = Prerequisites.shippedBundle();

  @TempDir Path temp;

  private BundleScore.Outcome score(Bundle bundle, String section) throws Exception {
    return score(bundle, section, RECIPE);
  }

  private BundleScore.Outcome score(Bundle bundle, String section, String recipe) throws Exception {
    Path file = Files.writeString(temp.resolve("recipe.yaml"), recipe);
    return BundleScore.run(
        bundle,
        file,
        Recipe.read(file),
        section,
        SessionOptions.of(ProviderPreference.cpu()).withThreads(1),
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
        false);
  }

  /** The bundle's classes under other names; null leaves one out of what is known. */
  private static Bundle renamed(Bundle bundle, Map<String, String> names) {
    BundleManifest of = bundle.manifest();
    Map<String, Output> outputs = new LinkedHashMap<>(of.outputs());
    outputs.replaceAll(
        (id, output) -> {
          if (!(output.kind() instanceof ClassMap kind)) {
            return output;
          }
          List<ClassLabel> labels = new ArrayList<>();
          for (ClassLabel each : kind.classes()) {
            String name = names.getOrDefault(each.name(), each.name());
            labels.add(new ClassLabel(each.id(), name, each.color()));
          }
          return new Output(
              output.tensor(),
              output.height(),
              output.width(),
              new ClassMap(labels, kind.ignoreId()),
              output.tolerance());
        });
    return with(bundle, outputs, of.provenance());
  }

  private static Bundle with(
      Bundle bundle, Map<String, Output> outputs, BundleManifest.Provenance provenance) {
    BundleManifest of = bundle.manifest();
    return new Bundle(
        bundle.folder(),
        new BundleManifest(
            of.schema(),
            of.name(),
            of.version(),
            of.model(),
            of.input(),
            outputs,
            of.intrinsics(),
            provenance,
            of.golden()));
  }

  /** Rooms are rendered at the bundle's own size, as the network would be shown them. */
  @Test
  void scoresWhatTheRecipeNames() throws Exception {
    BundleScore.Outcome outcome = score(Bundle.load(SHIPPED), null);
    assertThat(outcome.recipe()).endsWith("recipe.yaml:student.validation");
    assertThat(outcome.notes()).isEmpty();
    Figures only = outcome.data().get(0);
    assertThat(only.frames()).isEqualTo(2);
    assertThat(only.values()).containsKeys("segmentation.miou", "depth.rmse");
    assertThat(only.values().get("segmentation.pixel_accuracy")).isBetween(0.6, 1.0);
    assertThat(only.values().get("depth.rmse")).isBetween(0.05, 1.0);
  }

  @Test
  void saysWhereTheBundleLearnedFromWhatItIsScoredOn() throws Exception {
    Bundle shipped = Bundle.load(SHIPPED);
    Figures scored = score(shipped, null).data().get(0);
    String note =
        "%1$s: this bundle learned from %1$s; on frames that are among those its figures are too good"
            .formatted(scored.data());
    assertThat(score(taughtBy(shipped, scored.data(), "earlier-training"), null).notes())
        .containsExactly(note);
    assertThat(score(taughtBy(shipped, "nyuv2/val100", "training"), null).notes()).isEmpty();
  }

  private static Bundle taughtBy(Bundle bundle, String data, String use) {
    BundleManifest.DataSet taught = new BundleManifest.DataSet(data, use, 2, null);
    return with(
        bundle,
        bundle.manifest().outputs(),
        new BundleManifest.Provenance(null, List.of(taught), 1, List.of(), Map.of()));
  }

  /** Where two names change places, what was right of the two is wrong, and nothing else moves. */
  @Test
  void tellsClassesApartByTheirNames() throws Exception {
    Bundle shipped = Bundle.load(SHIPPED);
    double before = accuracy(score(shipped, null));
    Map<String, String> swapped = Map.of("floor", "wall", "wall", "floor");
    assertThat(accuracy(score(renamed(shipped, swapped), null))).isLessThan(before - 0.1);
    Map<String, String> spelled = Map.of("floor", "FLOOR", "tv", "T-V");
    assertThat(accuracy(score(renamed(shipped, spelled), null))).isEqualTo(before);
  }

  /** What a recipe merges into a class is that class, also where a bundle still tells it apart. */
  @Test
  void whatTheRecipeMergesCounts() throws Exception {
    Bundle shipped = Bundle.load(SHIPPED);
    Path frames = Prerequisites.shared("formats/labels/coco_rle_uncompressed");
    String recipe =
        """
        name: scored
        classes: {name: mine, names: [floor, objects, furniture], merges: {crate: objects, person: objects, shelf: furniture%s}}
        student:
          network: {height: 120, width: 160, heads: [classes]}
          data:
            - {kind: rgbd, root: %s, preset: coco, split: train}
        """;
    Map<String, String> ground = Map.of("floor", "ground");
    double before = accuracy(score(shipped, "student.data", recipe.formatted("", frames)));
    assertThat(before).isPositive();
    double unknown =
        accuracy(score(renamed(shipped, ground), "student.data", recipe.formatted("", frames)));
    assertThat(unknown).isLessThan(before);
    String merging = recipe.formatted(", ground: floor", frames);
    assertThat(accuracy(score(renamed(shipped, ground), "student.data", merging)))
        .isEqualTo(before);
  }

  private static double accuracy(BundleScore.Outcome outcome) {
    return outcome.data().get(0).values().get("segmentation.pixel_accuracy");
  }

  /** A class that the data does not have is wrong wherever it is said, by a count of our own. */
  @Test
  void saysWhichClassesTheTwoDoNotShare() throws Exception {
    Bundle shipped = Bundle.load(SHIPPED);
    BundleScore.Outcome outcome = score(renamed(shipped, Map.of("wall", "partition")), null);
    assertThat(outcome.notes())
        .anyMatch(note -> note.contains("does not know partition"))
        .anyMatch(note -> note.contains("does not know wall"));
    long labelled = 0;
    long walls = 0;
    RenderedSource rooms =
        new RenderedSource(77, 0, 2, RenderOptions.training(320, 240).withFramesPerRoom(1));
    int wall = ClassSet.NYU_13.names().indexOf("wall");
    for (int i = 0; i < 2; i++) {
      Sample sample = rooms.get(i);
      for (byte id : sample.known().planes().get(Segmentation.ID).idArray()) {
        labelled += id == -1 ? 0 : 1;
        walls += id == wall ? 1 : 0;
      }
    }
    double share = (double) walls / labelled;
    assertThat(outcome.data().get(0).iouByClass().get("wall")).isCloseTo(0, within(1e-12));
    assertThat(accuracy(outcome)).isLessThanOrEqualTo(1 - share);
  }

  @Test
  void refusesWhatCannotBeScored() throws Exception {
    assertThatThrownBy(() -> score(Bundle.load(SHIPPED), "validation"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("no section validation")
        .hasMessageContaining("student.validation, student.data");
    Map<String, String> strange = new LinkedHashMap<>();
    ClassSet.NYU_13.names().forEach(each -> strange.put(each, each + "_of_mars"));
    assertThatThrownBy(() -> score(renamed(Bundle.load(SHIPPED), strange), null))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("no class of " + SHIPPED.getFileName());
  }
}
