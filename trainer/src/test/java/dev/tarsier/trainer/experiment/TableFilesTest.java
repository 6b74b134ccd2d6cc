package dev.tarsier.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.recipe.PredictionSample;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Tasks;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableFilesTest {
  private static final Column MIOU = Column.named("segmentation.miou");
  private static final Column RMSE = Column.named("depth.rmse");

  @TempDir private Path out;
  private final Plan plan = StudyFixture.plan();

  @BeforeEach
  void record() throws IOException {
    ExperimentFolder folder = new ExperimentFolder(out);
    folder.write(StudyFixture.record(plan, "plain", 1, 0.20, 0.80));
    folder.write(StudyFixture.record(plan, "plain", 2, 0.23, 0.90));
    folder.write(StudyFixture.record(plan, "seeing", 1, 0.25, 0.30));
    folder.write(StudyFixture.record(plan, "seeing", 2, 0.26, 0.32));
    folder.write(StudyFixture.record(plan, "taught", 1, 0.27, 0.70));
  }

  @Test
  void takesMeanAndSampleDeviationOverSeeds() throws IOException {
    TableResult table = TableFiles.write(plan, out);
    Spread miou = table.row("plain").orElseThrow().values().get(MIOU);
    assertThat(miou.count()).isEqualTo(2);
    assertThat(miou.mean()).isCloseTo(21.5, within(1e-9));
    // by hand: the root of ((20 - 21.5)² + (23 - 21.5)²) / 1
    assertThat(miou.deviation()).isCloseTo(Math.sqrt(4.5), within(1e-9));
    assertThat(table.row("plain").orElseThrow().text(MIOU)).isEqualTo("21.5 ± 2.1");
  }

  @Test
  void starsWhatWasGivenAsInputAndSaysSo() throws IOException {
    TableResult table = TableFiles.write(plan, out);
    assertThat(table.row("seeing").orElseThrow().text(RMSE)).isEqualTo("0.310 ± 0.014*");
    assertThat(table.row("seeing").orElseThrow().paper(RMSE)).isEqualTo("0.337*");
    assertThat(table.row("seeing").orElseThrow().text(MIOU)).isEqualTo("25.5 ± 0.7");
    assertThat(Files.readString(out.resolve("table.md"))).contains(TableText.STAR);
  }

  @Test
  void showsWhatIsMissingAndWhatIsThere() throws IOException {
    TableResult table = TableFiles.write(plan, out);
    assertThat(TableText.gaps(table))
        .containsExactly("told: nothing yet for seeds 1, 2", "taught: nothing yet for seed 2");
    assertThat(table.row("taught").orElseThrow().seeds()).isEqualTo("1 of 2");
    assertThat(table.row("told").orElseThrow().text(MIOU)).isEqualTo("–");
    assertThat(Files.readString(out.resolve("table.html")))
        .contains("taught: nothing yet for seed 2")
        .contains("rooms (7 frames, sha256 89abcdef); miou=dataset, depth=full")
        .doesNotContain("<script", "http:", "src='/");
  }

  @Test
  void saysWhichSeedsTheMeanIsOver() throws IOException {
    Plan alone =
        Plan.of(
            StudyFixture.study(),
            "small.yaml",
            new Plan.Choice(null, null, null, null, 0, List.of(2L), List.of("plain")));
    // In a folder of its own: a table keeps the seeds of the records that it finds.
    assertThat(TableText.conditions(TableFiles.write(alone, out.resolve("alone"))))
        .contains(", seed 2 alone.")
        .doesNotContain("deviation");
    assertThat(TableText.conditions(TableFiles.write(plan, out)))
        .contains(", seeds 1, 2; mean ± standard deviation over the seeds. Measured");
  }

  @Test
  void countsNothingThatWasMadeWithOtherSettings() throws IOException {
    Plan longer =
        Plan.of(
            StudyFixture.study(),
            "small.yaml",
            new Plan.Choice(null, null, null, null, 200, List.of(), List.of("plain")));
    TableResult table = TableFiles.write(longer, out);
    assertThat(table.row("plain").orElseThrow().records()).isEmpty();
    assertThat(TableText.gaps(table).get(0)).contains("made with other settings");
  }

  @Test
  void leavesOutThePapersClassFiguresUnderOtherClasses() throws IOException {
    Plan others =
        Plan.of(
            StudyFixture.study(),
            "small.yaml",
            new Plan.Choice(null, "nyu40", null, null, 0, List.of(), List.of("plain")));
    TableResult.Row row = TableFiles.write(others, out).row("plain").orElseThrow();
    assertThat(row.paper(MIOU)).isEmpty();
    assertThat(row.paper(RMSE)).isEqualTo("0.790");
  }

  @Test
  void keepsRowsOfEarlierRunsThatAreNotAskedForNow() throws IOException {
    Plan one =
        Plan.of(
            StudyFixture.study(),
            "small.yaml",
            new Plan.Choice(null, null, null, null, 0, List.of(1L), List.of("taught")));
    TableResult table = TableFiles.write(one, out);
    assertThat(table.rows().stream().map(row -> row.written().name()))
        .containsExactly("plain", "seeing", "taught");
    assertThat(table.seeds()).containsExactly(1L, 2L);
  }

  @Test
  void writesTheSameForMachines() throws IOException {
    TableFiles.write(plan, out);
    JsonNode json = new ObjectMapper().readTree(out.resolve("table.json").toFile());
    JsonNode seeing = json.path("rows").get(1);
    assertThat(seeing.path("row").asText()).isEqualTo("seeing");
    assertThat(seeing.path("values").path("segmentation.miou").path("mean").asDouble())
        .isCloseTo(25.5, within(1e-9));
    assertThat(seeing.path("values").path("depth.rmse").path("input_given_as_output").asBoolean())
        .isTrue();
    assertThat(seeing.path("cells").get(0).path("figures").path("segmentation.miou").asDouble())
        .isEqualTo(0.25);
    assertThat(json.path("rows").get(2).path("missing_seeds")).hasSize(2);
  }

  @Test
  void drawsAPictureOfTheFrames() throws IOException {
    byte[] ids = new byte[12];
    Arrays.fill(ids, (byte) 3);
    float[] metres = new float[12];
    Arrays.fill(metres, 2);
    Sample sample =
        Sample.of("a", 4, 3, new byte[36])
            .withValues(Depth.ID, metres)
            .withIds(Segmentation.ID, ids);
    List<PredictionSample> samples = List.of(new PredictionSample(sample, sample.planes()));
    ExperimentFolder folder = new ExperimentFolder(out);
    FramePictures.keepTruth(folder.frames(), samples);
    FramePictures.keep(folder.cell("plain", 1), samples);

    TableFiles.write(plan, out);

    for (String sheet : List.of("table-classes.png", "table-depth.png")) {
      assertThat(ImageIO.read(out.resolve(sheet).toFile()).getWidth()).isGreaterThan(200);
    }
    // All but the third are in the legend alone.
    assertThat(colors(ImageIO.read(out.resolve("table-classes.png").toFile())))
        .containsAll(plan.classes().colors());
    assertThat(Files.readString(out.resolve("table.html")))
        .contains("<h2>Classes</h2>", "<h2>Depth</h2>", "data:image/png;base64,");
    int shown =
        FramePictures.painted(
                    folder.frames(),
                    0,
                    Tasks.of(Segmentation.ID),
                    id -> plan.classes().colors().get(id))
                .orElseThrow()
                .getRGB(1, 1)
            & 0xFFFFFF;
    assertThat(shown).isEqualTo(plan.classes().colors().get(3));
  }

  private static Set<Integer> colors(BufferedImage image) {
    Set<Integer> colors = new TreeSet<>();
    for (int i = 0; i < image.getWidth() * image.getHeight(); i++) {
      colors.add(image.getRGB(i % image.getWidth(), i / image.getWidth()) & 0xFFFFFF);
    }
    return colors;
  }

  @Test
  void namesARecordThatCannotBeRead() throws IOException {
    Path file = new ExperimentFolder(out).cell("plain", 1).resolve("cell.json");
    Files.writeString(file, "{");
    assertThatThrownBy(() -> TableFiles.write(plan, out))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("delete it");
  }

  @Test
  void takesARecordOfAnotherVersionForNone() throws IOException {
    Path file = new ExperimentFolder(out).cell("plain", 1).resolve("cell.json");
    Files.writeString(file, Files.readString(file).replace(CellRecord.SCHEMA, "tarsier.cell/0"));
    assertThat(TableFiles.write(plan, out).row("plain").orElseThrow().missing())
        .containsExactly(1L);
  }
}
