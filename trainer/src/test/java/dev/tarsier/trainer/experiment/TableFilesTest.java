package dev.tarsier.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.recipe.PredictionSample;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Tasks;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
        .containsExactly("Nothing yet for seeds 1, 2: told", "Nothing yet for seed 2: taught");
    assertThat(table.row("taught").orElseThrow().seeds()).isEqualTo("1 of 2");
    assertThat(table.row("told").orElseThrow().text(MIOU)).isEqualTo("–");
    assertThat(Files.readString(out.resolve("table.html")))
        .contains("Nothing yet for seed 2: taught")
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

  private static Plan comparing(String from, String to) {
    assertThat(StudyFixture.COMPARING).contains(from);
    Study study =
        StrictYaml.parse(StudyFixture.COMPARING.replace(from, to), "small.yaml", Study.class);
    return Plan.of(study, "small.yaml", Plan.Choice.NONE);
  }

  private TableResult compared(Plan comparing) throws IOException {
    List<CellRecord> records = new ArrayList<>();
    for (long seed : comparing.seeds()) {
      records.add(
          StudyFixture.record(comparing, "classes-alone", seed, Map.of("segmentation.miou", 0.40)));
      records.add(StudyFixture.record(comparing, "depth-alone", seed, Map.of("depth.rmse", 0.5)));
      records.add(StudyFixture.record(comparing, "plain", seed, 0.38 + 0.02 * seed, 0.5));
      records.add(StudyFixture.record(comparing, "seeing", seed, 0.41, 0.1));
    }
    records.add(StudyFixture.record(comparing, "taught", 1, 0.46, 0.40));
    records.add(StudyFixture.record(comparing, "taught", 2, 0.42, 0.45));
    ExperimentFolder folder = new ExperimentFolder(out.resolve("compared"));
    for (CellRecord record : records) {
      folder.write(record);
    }
    return TableFiles.write(comparing, folder.root());
  }

  @Test
  void setsARowAgainstOneTaskNetworksMetricByMetric() throws IOException {
    TableResult table = compared(comparing("steps", "steps"));
    assertThat(table.columns()).containsExactly(MIOU, RMSE, Column.DELTA_M);
    TableResult.Row taught = table.row("taught").orElseThrow();
    // by hand: (46 - 40) / 40 = 15 % and (0.5 - 0.40) / 0.5 = 20 %; then 5 % and 10 %
    assertThat(taught.bySeed().get(Column.DELTA_M)).hasSize(2);
    assertThat(taught.values().get(Column.DELTA_M).mean()).isCloseTo(12.5, within(1e-9));
    assertThat(taught.text(Column.DELTA_M)).isEqualTo("12.50 ± 7.07");
    assertThat(Column.DELTA_M.text(-1e-16)).isEqualTo("0.00");
    // Neither a network of one task nor one that is given a task has all that it is made of.
    assertThat(table.row("classes-alone").orElseThrow().text(Column.DELTA_M)).isEqualTo("–");
    assertThat(table.row("seeing").orElseThrow().text(Column.DELTA_M)).isEqualTo("–");
    assertThat(Files.readString(out.resolve("compared/table.md")))
        .contains("Δm %", "gain over classes-alone, depth-alone");
    assertThat(Files.readString(out.resolve("compared/table.html"))).contains("17.50");
    assertThat(Files.readAllLines(out.resolve("compared/table.csv")))
        .startsWith("row,seed,mIoU %,rmse m,Δm %", "classes-alone,1,40.0000,,")
        .contains("taught,1,46.0000,0.400000,17.5000")
        .hasSize(11);
  }

  /** What another seed gave says nothing of a row that lacks it. */
  @Test
  void comparesTheSeedsThatBothRowsHave() throws IOException {
    Plan plan = comparing("seeds: [1, 2]", "seeds: [1, 2, 3]");
    List<CellRecord> records = new ArrayList<>();
    for (long seed = 1; seed <= 3; seed++) {
      double off = seed == 3 ? 0.3 : 0;
      records.add(
          StudyFixture.record(
              plan, "classes-alone", seed, Map.of("segmentation.miou", 0.40 - off)));
      records.add(StudyFixture.record(plan, "depth-alone", seed, Map.of("depth.rmse", 0.5 + off)));
      records.add(StudyFixture.record(plan, "plain", seed, 0.38 + 0.02 * seed - off, 0.5 + off));
    }
    records.add(StudyFixture.record(plan, "taught", 1, 0.46, 0.40));
    records.add(StudyFixture.record(plan, "taught", 2, 0.42, 0.45));
    TableResult table = TableResult.of(plan, records);
    TableResult.Row taught = table.row("taught").orElseThrow();
    assertThat(taught.values().get(Column.DELTA_M).mean()).isCloseTo(12.5, within(1e-9));
    assertThat(table.gain(taught, RMSE).orElseThrow().mean()).isCloseTo(0.075, within(1e-9));
    assertThat(table.best().get(RMSE).written().name()).as("of all seeds").isNotEqualTo("taught");
  }

  /** A half-trained table: rows alike seed by seed must not differ in Δm. */
  @Test
  void comparesDeltaMOverTheSeedsThatBothRowsHave() throws IOException {
    Plan plan = comparing("seeds: [1, 2]", "seeds: [1, 2, 3]");
    List<CellRecord> records = new ArrayList<>();
    double[] alone = {0.10, 0.10, 0.40};
    for (int seed = 1; seed <= 3; seed++) {
      double miou = alone[seed - 1];
      records.add(
          StudyFixture.record(plan, "classes-alone", seed, Map.of("segmentation.miou", miou)));
      records.add(StudyFixture.record(plan, "depth-alone", seed, Map.of("depth.rmse", 0.5)));
      records.add(StudyFixture.record(plan, "taught", seed, miou + 0.01 * seed, 0.5));
      if (seed < 3) {
        records.add(StudyFixture.record(plan, "plain", seed, miou + 0.01 * seed, 0.5));
      }
    }
    TableResult table = TableResult.of(plan, records);
    TableResult.Row taught = table.row("taught").orElseThrow();
    Gain gain = table.gain(taught, Column.DELTA_M).orElseThrow();
    assertThat(gain.mean()).isCloseTo(0, within(1e-9));
    assertThat(TableText.mark(table, taught, Column.DELTA_M)).isEmpty();
    // by hand, of all three seeds: the mean of (0.11, 0.12, 0.43) / 0.2 - 1, halved
    assertThat(taught.values().get(Column.DELTA_M).mean()).isCloseTo(5, within(1e-9));
  }

  /** A seed that the baseline lacks may be a harder one. */
  @Test
  void takesDeltaMOverTheSeedsThatTheBaselineHas() throws IOException {
    Plan plan = comparing("seeds: [1, 2]", "seeds: [1, 2, 3]");
    List<CellRecord> records = new ArrayList<>();
    for (int seed = 1; seed <= 3; seed++) {
      records.add(
          StudyFixture.record(plan, "plain", seed, seed == 3 ? 0.1 : 0.44, seed == 3 ? 2 : 0.4));
      if (seed < 3) {
        records.add(
            StudyFixture.record(plan, "classes-alone", seed, Map.of("segmentation.miou", 0.4)));
      }
      records.add(StudyFixture.record(plan, "depth-alone", seed, Map.of("depth.rmse", 0.5)));
    }
    TableResult.Row plain = TableResult.of(plan, records).row("plain").orElseThrow();
    assertThat(plain.values().get(Column.DELTA_M).count()).isEqualTo(2);
    // by hand: 0.04 / 0.4 and 0.1 / 0.5
    assertThat(plain.values().get(Column.DELTA_M).mean()).isCloseTo(15, within(1e-9));
    assertThat(plain.values().get(MIOU).count()).isEqualTo(3);
  }

  @Test
  void marksWhatDiffersByMoreThanTheSeedsDo() throws IOException {
    TableResult table = compared(comparing("steps", "steps"));
    TableResult.Row taught = table.row("taught").orElseThrow();
    // by hand: 44 ± 2.83 against 41 ± 1.41: 3 is not more than the root of 8 + 2
    assertThat(table.gain(taught, MIOU).orElseThrow().spread())
        .isCloseTo(Math.sqrt(10), within(1e-9));
    assertThat(TableText.mark(table, taught, MIOU)).isEmpty();
    // 0.425 ± 0.035 against 0.5 ± 0, and lower is better
    assertThat(TableText.mark(table, taught, RMSE)).isEqualTo(" ▲");
    TableResult.Row seeing = table.row("seeing").orElseThrow();
    assertThat(TableText.mark(table, seeing, RMSE)).as("given as input").isEmpty();
    TableResult.Row alone = table.row("classes-alone").orElseThrow();
    assertThat(TableText.mark(table, alone, MIOU)).as("40 ± 0 against 41 ± 1.41").isEmpty();
    assertThat(TableText.mark(table, alone, RMSE)).as("it has none").isEmpty();
    assertThat(TableText.mark(table, table.row("plain").orElseThrow(), RMSE)).isEmpty();
    assertThat(Files.readString(out.resolve("compared/table.md")))
        .contains("0.425 ± 0.035 ▲", "▲ better, ▼ worse than plain");
    JsonNode against =
        new ObjectMapper()
            .readTree(out.resolve("compared/table.json").toFile())
            .path("rows")
            .get(5)
            .path("values")
            .path("depth.rmse")
            .path("against");
    assertThat(against.path("gain").asDouble()).isCloseTo(0.075, within(1e-9));
    assertThat(against.path("larger").asBoolean()).isTrue();
  }

  /** What stands beneath a table is true of that table. */
  @Test
  void saysWhatDoesNotHoldOfIt() {
    Study study = StrictYaml.parse(StudyFixture.COMPARING, "small.yaml", Study.class);
    Plan some =
        Plan.of(
            study,
            "small.yaml",
            new Plan.Choice(
                null, null, new Size(32, 48), null, 4, List.of(1L), List.of("seeing", "taught")));
    TableResult table = TableResult.of(some, List.of());
    assertThat(TableText.notes(table))
        .containsExactly(
            "Nothing is marked: plain is not in this table.",
            "No Δm without classes-alone, depth-alone.");
    assertThat(TableText.about(table).get(0))
        .startsWith("Made with size 32×48, 4 steps in place of 100:");
    assertThat(TableText.about(TableResult.of(plan, List.of()))).isEqualTo(study.about());
    assertThat(TableText.shades(TableResult.of(plan, List.of()))).isTrue();
    assertThat(TableText.shades(table)).as("no further rows in it").isFalse();
  }

  @Test
  void paintsDirections() throws IOException {
    float[] right = {1, 0, 0};
    float[] directions = new float[36];
    for (int i = 0; i < 11; i++) {
      System.arraycopy(right, 0, directions, 3 * i, 3);
    }
    Plane plane = Plane.ofValues(directions, 4, 3, 3);
    Sample sample = Sample.of("a", 4, 3, new byte[36]);
    Map<String, Plane> normals = Map.of("normals", plane);
    ExperimentFolder folder = new ExperimentFolder(out);
    List<PredictionSample> samples = List.of(new PredictionSample(sample, normals, normals));
    FramePictures.keepTruth(folder.frames(), samples);
    FramePictures.keep(folder.cell("plain", 1), samples);
    folder.write(StudyFixture.record(plan, "plain", 1, 0.2, 0.5));

    TableFiles.write(plan, out);

    assertThat(colors(ImageIO.read(out.resolve("table-normals.png").toFile())))
        .contains(0xFF8080, 0x000000, 0x808000);
    assertThat(Files.readString(out.resolve("table.html"))).contains("<h2>Normals</h2>");
  }

  @Test
  void marksNothingOfOneSeed() throws IOException {
    Plan one = comparing("seeds: [1, 2]", "seeds: [1]");
    TableResult alone =
        TableResult.of(
            one,
            List.of(
                StudyFixture.record(one, "plain", 1, 0.2, 0.5),
                StudyFixture.record(one, "taught", 1, 0.9, 0.1)));
    assertThat(TableText.mark(alone, alone.row("taught").orElseThrow(), MIOU)).isEmpty();
    TableResult same =
        TableResult.of(
            one,
            List.of(
                StudyFixture.record(one, "plain", 1, 0.2, 0.5),
                StudyFixture.record(one, "taught", 1, 0.2000001, 0.4)));
    assertThat(same.rows())
        .as("what reads the same is as good")
        .filteredOn(row -> TableText.isBest(same, row, MIOU.title()))
        .extracting(row -> row.written().name())
        .containsExactly("plain", "taught");
  }

  @Test
  void showsPrintedValuesOfAnyMetricAsTheyWerePrinted() throws IOException {
    Plan printed =
        comparing(
            "paper: {miou: 22.1, depth_rmse: 0.79}",
            "paper: {segmentation.miou: 17.32, depth.rmse: 0.6577, delta_m: 3.82}");
    TableResult.Row row = compared(printed).row("plain").orElseThrow();
    assertThat(List.of(row.paper(MIOU), row.paper(RMSE), row.paper(Column.DELTA_M)))
        .containsExactly("17.32", "0.6577", "3.82");
  }

  @Test
  void refusesWhatCannotBeCompared() {
    for (String[] wrong :
        new String[][] {
          {"against: plain", "against: plane", "compared against 'plane'", "did you mean 'plain'?"},
          {"depth-alone]", "depths-alone]", "baseline is row 'depths-alone'", "'depth-alone'?"},
          {"figure: {x: depth_rmse", "figure: {x: depth.abs", "figure.x is depth.abs", "columns"},
          {"figure: {x: depth_rmse", "figure: {x: segmentation.miou", "both x and y", ""},
          {"figure: {x: depth_rmse", "figure: {x: depth.rms", "got 'depth.rms'", "figure"},
          {
            "paper: {miou: 22.1,",
            "paper: {depth.abs: 22.1,",
            "printed value of depth.abs",
            "columns"
          },
          {"paper: {miou: 22.1,", "paper: {mioo: 22.1,", "got 'mioo'", "paper"},
          {"baseline: [classes-alone, depth-alone]\n", "", "delta_m", "no baseline"}
        }) {
      assertThat(StudyFixture.COMPARING).contains(wrong[0]);
      String yaml =
          StudyFixture.COMPARING
              .replace(wrong[0], wrong[1])
              .replace(
                  "depth_rmse: 0.337}",
                  wrong[2].equals("delta_m") ? "delta_m: 1}" : "depth_rmse: 0.337}");
      assertThatThrownBy(() -> StrictYaml.parse(yaml, "small.yaml", Study.class))
          .isInstanceOf(ConfigException.class)
          .hasMessageContainingAll("small.yaml", wrong[2], wrong[3]);
    }
  }

  @Test
  void drawsAMetricAgainstAnother() throws IOException {
    compared(comparing("steps", "steps"));
    BufferedImage figure = ImageIO.read(out.resolve("compared/figure.png").toFile());
    assertThat(figure.getWidth()).isEqualTo(820);
    // A row without one of the metrics, or that was given it, has no point; two rows are left.
    assertThat(colors(figure)).contains(0x0072B2, 0xD55E00).doesNotContain(0x00795A, 0xA8447F);
    assertThat(Files.readString(out.resolve("compared/table.html")))
        .contains("segmentation.miou against depth.rmse, a point for each row");
    TableFiles.write(plan, out);
    assertThat(out.resolve("figure.png")).doesNotExist();
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
    List<PredictionSample> samples =
        List.of(new PredictionSample(sample, sample.planes(), sample.planes()));
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
