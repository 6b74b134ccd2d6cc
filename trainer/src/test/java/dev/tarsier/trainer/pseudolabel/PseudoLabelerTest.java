package dev.tarsier.trainer.pseudolabel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.dataset.SoftLabels;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.onnx.ForeignNetwork;
import dev.tarsier.trainer.onnx.ImportOptions;
import dev.tarsier.trainer.onnx.OnnxFixture;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.TaskName;
import dev.tarsier.trainer.task.TestTasks;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PseudoLabelerTest {
  private static final NetworkTasks TASKS =
      new NetworkTasks(TestTasks.both(3), List.of(TestTasks.depth()));
  private static final ClassSet THREE =
      new ClassSet(
          "three", List.of("near", "middle", "far"), List.of(1, 2, 3), "label3", "three", null);
  private static final int HEIGHT = 16;
  private static final int WIDTH = 24;
  private static final PseudoLabelOptions HARD =
      new PseudoLabelOptions(TaskName.of("classes"), 0.9, false, 1, List.of(1.0), false);
  private static final PseudoLabelOptions SOFT =
      new PseudoLabelOptions(TaskName.of("classes"), 0.9, true, 1, List.of(1.0), false);

  @TempDir Path folder;
  private final NDManager base = PyTorch.newBaseManager();

  @AfterEach
  void free() {
    base.close();
  }

  /** Tells classes from depth alone, pixel by pixel, and says depth as it is. */
  private GraphModule teacher() {
    LayerGraph.Builder graph = LayerGraph.named("teacher");
    String image = graph.input(Ports.IMAGE, 3);
    String depth = graph.input(TestPorts.DEPTH_INPUT, 1);
    String both = graph.add("both", new Layer.Concat(), image, depth);
    graph.output(TestPorts.CLASSES, graph.add("c", Layer.Conv.pointwise(4, 3, true), both));
    graph.output(TestPorts.DEPTH, graph.add("d", Layer.Conv.pointwise(4, 1, false), both));
    GraphModule module = GraphModule.create(graph.build(), base, 1);
    set(module, "c.weight", 0, 0, 0, -4, 0, 0, 0, 0, 0, 0, 0, 4);
    set(module, "c.bias", 8, 0, -16);
    set(module, "d.weight", 0, 0, 0, 1);
    return module;
  }

  private static void set(GraphModule module, String name, float... values) {
    module.parameters().get(name).set(FloatBuffer.wrap(values));
  }

  /** Four depths in columns; only the first frame has labels. */
  private record Frames(int size, boolean labelled, boolean withDepth) implements SampleSource {
    @Override
    public Sample get(int index) {
      float[] depth = new float[WIDTH * HEIGHT];
      byte[] labels = new byte[WIDTH * HEIGHT];
      for (int i = 0; i < depth.length; i++) {
        int column = i % WIDTH / 6;
        depth[i] = new float[] {1, 2, 3, 6}[column];
        labels[i] = (byte) new int[] {0, 1, 1, 2}[column];
      }
      boolean own = labelled || index == 0;
      return Sample.of("frame " + index, WIDTH, HEIGHT, new byte[3 * WIDTH * HEIGHT])
          .withValues(Depth.ID, withDepth ? depth : null)
          .withIds(Segmentation.ID, own ? labels : null);
    }

    @Override
    public String name() {
      return "frames";
    }

    @Override
    public String sha256() {
      return "data";
    }
  }

  private PseudoLabelManifest write(PseudoLabelOptions options, SampleSource truth)
      throws IOException, InterruptedException {
    PseudoLabeler.Job job =
        new PseudoLabeler.Job(new Frames(6, false, true), truth, HEIGHT, WIDTH, THREE, TASKS);
    try (GraphModule teacher = teacher()) {
      return PseudoLabeler.write(
              List.of(teacher),
              List.of("t"),
              base,
              job,
              options,
              folder,
              (done, total) -> {},
              new StopSignal())
          .orElseThrow();
    }
  }

  @Test
  void keepsWhatTheTeacherIsSureOfAndLeavesRealLabelsAlone() throws Exception {
    PseudoLabelManifest manifest = write(HARD, new Frames(6, true, true));
    // Columns at 1 m and 6 m are sure; 2 m ties near with middle, and 3 m is surely middle.
    assertThat(manifest.coverage()).isEqualTo(0.75);
    assertThat(manifest.audit().keptRight()).isEqualTo(1);
    assertThat(manifest.keptNothing()).isFalse();
    assertThat(manifest.perClass().get(2).coverage()).isEqualTo(1);
    assertThat(manifest.teachers()).containsExactly("t");
    assertThat(manifest.inWords())
        .matches(
            "75\\.0 % of the pixels without a label kept at τ = 0\\.9, mean confidence 0\\.8\\d\\d; "
                + "100\\.0 % of the kept ones are right \\(.* of all\\)");

    PseudoLabelSource source = PseudoLabelSource.open(folder, new Frames(6, false, true), true);
    assertThat(source.get(0).ids(Segmentation.ID)[6]).as("its own label").isEqualTo((byte) 1);
    assertThat(source.get(5).ids(Segmentation.ID)[0]).isEqualTo((byte) 0);
    assertThat(source.get(5).ids(Segmentation.ID)[6]).isEqualTo((byte) 255);
    assertThat(source.get(5).ids(Segmentation.ID)[12]).isEqualTo((byte) 1);
    assertThat(source.get(5).ids(Segmentation.ID)[WIDTH - 1]).isEqualTo((byte) 2);
    assertThat(source.get(5).soft()).isEmpty();
    assertThat(folder.resolve("overlays/00005.jpg")).exists();
  }

  @Test
  void keepsTheWholeDistributionWhenAsked() throws Exception {
    PseudoLabelManifest manifest = write(SOFT, null);
    assertThat(manifest.inWords()).startsWith("the whole distribution for 6 frames; 75.0 % of");
    PseudoLabelSource source = PseudoLabelSource.open(folder, new Frames(6, false, true), false);
    byte[] shares = source.get(3).soft().get(Segmentation.ID).probabilities();
    int pixels = WIDTH * HEIGHT;
    // At 2 m the logits of near and middle are both 0, that of far is -8.
    assertThat(shares[6] & 0xff).isEqualTo(127);
    assertThat(shares[pixels + 6] & 0xff).isEqualTo(127);
    assertThat(shares[2 * pixels + 6] & 0xff).isZero();
    assertThat(source.get(3).ids(Segmentation.ID)).as("no hard label was asked for").isNull();
    assertThat(source.get(0).ids(Segmentation.ID)).isNotNull();
  }

  @Test
  void softensTheDistributionAloneAndNotTheChoiceOfSurePixels() throws Exception {
    PseudoLabelManifest manifest =
        write(
            new PseudoLabelOptions(TaskName.of("classes"), 0.9, true, 4, List.of(1.0), false),
            null);
    assertThat(manifest.coverage()).isEqualTo(0.75);
    byte[] shares =
        PseudoLabelSource.open(folder, new Frames(6, false, true), false)
            .get(3)
            .soft()
            .get(Segmentation.ID)
            .probabilities();
    // At 1 m the logits are 4, 0 and -12; a quarter of them is 1, 0 and -3.
    double sum = Math.exp(1) + 1 + Math.exp(-3);
    assertThat(shares[0] & 0xff).isEqualTo((int) Math.round(255 * Math.exp(1) / sum));
    assertThat(shares[WIDTH * HEIGHT] & 0xff).isEqualTo((int) Math.round(255 / sum));
  }

  @Test
  void seesAFrameWithoutDepthAsOneThatKnowsNone() throws Exception {
    SampleSource some = new Frames(6, false, true);
    SampleSource gap = withAGap(some, 2);
    try (GraphModule teacher = teacher()) {
      run(teacher, new PseudoLabeler.Job(gap, null, HEIGHT, WIDTH, THREE, TASKS));
    }
    PseudoLabelSource source = PseudoLabelSource.open(folder, gap, true);
    assertThat(source.get(2).ids(Segmentation.ID)).containsOnly((byte) 0);
    assertThat(source.get(3).ids(Segmentation.ID)[WIDTH - 1]).isEqualTo((byte) 2);
  }

  /** Sees no depth, and is sure of the same class everywhere. */
  private GraphModule oneEyed() {
    LayerGraph.Builder graph = LayerGraph.named("one-eyed");
    String image = graph.input(Ports.IMAGE, 3);
    graph.output(TestPorts.CLASSES, graph.add("c", Layer.Conv.pointwise(3, 3, true), image));
    GraphModule module = GraphModule.create(graph.build(), base, 1);
    set(module, "c.weight", new float[9]);
    set(module, "c.bias", 0, 50, 0);
    return module;
  }

  private Optional<PseudoLabelManifest> together(GraphModule... teachers) throws Exception {
    return PseudoLabeler.write(
        List.of(teachers),
        Collections.nCopies(teachers.length, "t"),
        base,
        new PseudoLabeler.Job(new Frames(6, false, true), null, HEIGHT, WIDTH, THREE, TASKS),
        SOFT,
        folder,
        (done, total) -> {},
        new StopSignal());
  }

  @Test
  void asksATeacherThatSeesLessBesidesTheFirst() throws Exception {
    try (GraphModule seeing = teacher();
        GraphModule oneEyed = oneEyed()) {
      assertThat(together(seeing, oneEyed)).isPresent();
      SoftLabels mean =
          PseudoLabelSource.open(folder, new Frames(6, false, true), true)
              .get(5)
              .soft()
              .get(Segmentation.ID);
      // At 6 m one says far, the other middle; at 3 m both say middle.
      int far = WIDTH - 1;
      int plane = WIDTH * HEIGHT;
      assertThat(mean.probabilities()[plane + far] & 0xff).isBetween(126, 129);
      assertThat(mean.probabilities()[2 * plane + far] & 0xff).isBetween(126, 129);
      assertThat(mean.probabilities()[plane + 12] & 0xff).isGreaterThan(240);
      assertThatThrownBy(() -> together(oneEyed, seeing))
          .hasMessageStartingWith(
              "the first teacher must see all that the others see, got {image=3}");
    }
  }

  @Test
  void asksANetworkOfSomeoneElseBesides() throws Exception {
    // Says of each pixel that it is middle by three parts in four, and none of these by the rest.
    Path file =
        new OnnxFixture()
            .input("image", DataType.FLOAT, "n", 3, HEIGHT, WIDTH)
            .floats("w", new float[6], 2, 3, 1, 1)
            .floats("b", new float[] {(float) Math.log(3), 0}, 2)
            .node("Conv", List.of("image", "w", "b"), "logits")
            .output("logits", DataType.FLOAT, "n", 2, HEIGHT, WIDTH)
            .write(folder.resolve("other.onnx"));
    ImportOptions told =
        new ImportOptions(
            "other", "1", null, null, null, null, "RGB", "0..1", null, null, null, List.of(), "2",
            null, 0.25, 0.7, null, null, null, null);
    ForeignNetwork network = ForeignNetwork.read(file, told, "logits");
    OnnxTeacher other = new OnnxTeacher(network, network.heads().get(0), List.of(1, -1), 10);
    SampleSource frames = new Frames(6, false, true);
    try (GraphModule teacher = teacher()) {
      PseudoLabeler.write(
          List.of(teacher),
          List.of("t", network.sha256()),
          base,
          new PseudoLabeler.Job(frames, null, HEIGHT, WIDTH, THREE, TASKS, List.of(other)),
          SOFT,
          folder,
          (done, total) -> {},
          new StopSignal());
    }
    Sample labelled = PseudoLabelSource.open(folder, frames, true).get(5);
    byte[] mean = labelled.soft().get(Segmentation.ID).probabilities();
    // At 6 m one says far, the other middle with 3/4 and nothing else.
    int far = WIDTH - 1;
    int plane = WIDTH * HEIGHT;
    assertThat(mean[plane + far] & 0xff).isBetween(95, 97);
    assertThat(mean[2 * plane + far] & 0xff).isBetween(126, 128);
    // At 3 m both say middle, with 7/8 in all, which is below τ.
    assertThat(mean[plane + 12] & 0xff).isBetween(212, 224);
    assertThat(labelled.ids(Segmentation.ID)[12]).isEqualTo((byte) 255);
  }

  /** The same frames, but one has lost its depth. */
  private static SampleSource withAGap(SampleSource frames, int without) {
    return new SampleSource() {
      @Override
      public Sample get(int index) {
        Sample all = frames.get(index);
        return index == without
            ? Sample.of(all.name(), all.width(), all.height(), all.rgb())
                .withIds(Segmentation.ID, all.ids(Segmentation.ID))
            : all;
      }

      @Override
      public int size() {
        return frames.size();
      }

      @Override
      public String name() {
        return frames.name();
      }

      @Override
      public String sha256() {
        return frames.sha256();
      }
    };
  }

  @Test
  void seesTheSameWhenMirrored() throws Exception {
    PseudoLabelManifest plain = write(SOFT, null);
    PseudoLabelManifest mirrored =
        write(
            new PseudoLabelOptions(TaskName.of("classes"), 0.9, true, 1, List.of(1.0), true), null);
    assertThat(mirrored.sha256()).isEqualTo(plain.sha256());
  }

  @Test
  void labelsDepthInTheMirrorDirection() throws Exception {
    PseudoLabelManifest manifest =
        write(
            new PseudoLabelOptions(TaskName.of("depth"), 0.9, false, 1, List.of(1.0, 2.0), true),
            null);
    assertThat(manifest.coverage()).isEqualTo(1);
    assertThat(manifest.inWords()).isEqualTo("depth for 6 frames");
    Sample sample = PseudoLabelSource.open(folder, new Frames(6, false, false), true).get(2);
    assertThat(sample.values(Depth.ID)[3]).isCloseTo(1f, within(0.05f));
    assertThat(sample.values(Depth.ID)[WIDTH - 3]).isCloseTo(6f, within(0.05f));
  }

  @Test
  void knowsHowMuchLargerAFrameIsSeenWhereSizesAreRounded() throws Exception {
    // 16×24 becomes 24×32 in place of 20×30, so what is 6 m away is seen at 4.2 m, not 4.8 m.
    write(new PseudoLabelOptions(TaskName.of("classes"), 0.9, true, 1, List.of(1.25), false), null);
    Sample sample = PseudoLabelSource.open(folder, new Frames(6, false, true), true).get(1);
    assertThat(sample.ids(Segmentation.ID)[3]).as("surely near").isEqualTo((byte) 0);
    assertThat(sample.ids(Segmentation.ID)[WIDTH - 3])
        .as("far, but not surely")
        .isEqualTo((byte) 255);
    BufferedImage labels = ImageIO.read(folder.resolve("labels/00001.png").toFile());
    assertThat(labels.getHeight()).as("the network's own size").isEqualTo(HEIGHT);
    assertThat(labels.getWidth()).isEqualTo(WIDTH);
  }

  @Test
  void stopsWithoutAManifest() throws Exception {
    StopSignal stop = new StopSignal();
    stop.stop();
    try (GraphModule teacher = teacher()) {
      Optional<PseudoLabelManifest> written =
          PseudoLabeler.write(
              List.of(teacher),
              List.of("t"),
              base,
              new PseudoLabeler.Job(new Frames(6, false, true), null, HEIGHT, WIDTH, THREE, TASKS),
              HARD,
              folder,
              (done, total) -> {},
              stop);
      assertThat(written).isEmpty();
    }
    assertThatThrownBy(() -> PseudoLabelSource.open(folder, new Frames(6, false, true), true))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("manifest.json is missing");
  }

  /** Frames that note which of them are read, and ask to stop at one. */
  private record Watched(SampleSource of, List<Integer> read, StopSignal stop, int at)
      implements SampleSource {
    @Override
    public int size() {
      return of.size();
    }

    @Override
    public Sample get(int index) {
      read.add(index);
      if (index == at) {
        stop.stop();
      }
      return of.get(index);
    }

    @Override
    public String name() {
      return of.name();
    }

    @Override
    public String sha256() {
      return of.sha256();
    }
  }

  private Optional<PseudoLabelManifest> label(
      PseudoLabelOptions options, Path to, List<Integer> read, int stopAt) throws Exception {
    StopSignal stop = new StopSignal();
    SampleSource frames =
        new Watched(new Frames(14, false, true), Collections.synchronizedList(read), stop, stopAt);
    try (GraphModule teacher = teacher()) {
      return PseudoLabeler.write(
          List.of(teacher),
          List.of("t"),
          base,
          new PseudoLabeler.Job(frames, new Frames(14, true, true), HEIGHT, WIDTH, THREE, TASKS),
          options,
          to,
          (done, total) -> {},
          stop);
    }
  }

  @Test
  void goesOnWhereItWasStoppedToTheSameBytes() throws Exception {
    Path whole = folder.resolve("whole");
    Path twice = folder.resolve("twice");
    assertThat(label(SOFT, whole, new ArrayList<>(), -1)).isPresent();
    assertThat(label(SOFT, twice, new ArrayList<>(), 9)).isEmpty();
    assertThat(twice.resolve("manifest.json")).doesNotExist();
    Path progress = twice.resolve("progress.jsonl");
    assertThat(Files.readAllLines(progress)).hasSizeBetween(1, 3);
    Files.writeString(progress, "{\"job\": \"torn", StandardOpenOption.APPEND);

    List<Integer> read = new ArrayList<>();
    assertThat(label(SOFT, twice, read, -1)).isPresent();
    // The first frames are looked at for what they have, then those that were not labelled.
    assertThat(read.subList(1, read.size())).doesNotContain(1, 2, 3).contains(12, 13);
    assertThat(progress).doesNotExist();
    try (Stream<Path> files = Files.walk(whole)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(twice.resolve(whole.relativize(file))).hasSameBinaryContentAs(file);
      }
    }
  }

  @Test
  void beginsAgainWhereSomethingElseWasLabelledOrAFileIsGone() throws Exception {
    assertThat(label(SOFT, folder, new ArrayList<>(), 9)).isEmpty();
    List<Integer> read = new ArrayList<>();
    assertThat(label(HARD, folder, read, -1)).as("labels of another kind").isPresent();
    assertThat(read).contains(1, 2, 3);

    assertThat(label(HARD, folder, new ArrayList<>(), 9)).isEmpty();
    Files.delete(folder.resolve("labels/00002.png"));
    read.clear();
    assertThat(label(HARD, folder, read, -1)).as("a file is gone").isPresent();
    assertThat(read).contains(1, 2, 3);
    assertThat(PseudoLabelSource.open(folder, new Frames(14, false, true), true).size())
        .isEqualTo(14);
  }

  @Test
  void namesWhatDoesNotFit() throws Exception {
    assertThatThrownBy(
            () -> new PseudoLabelOptions(TaskName.of("classes"), 1, false, 1, List.of(1.0), false))
        .hasMessageContaining("threshold (tau) must be greater than 0 and less than 1, got 1.0");
    try (GraphModule teacher = teacher()) {
      PseudoLabeler.Job other =
          new PseudoLabeler.Job(
              new Frames(6, false, true), null, HEIGHT, WIDTH, ClassSet.NYU_13, TASKS);
      assertThatThrownBy(() -> run(teacher, other))
          .hasMessage("the teacher teacher tells 3 classes apart, nyu13 has 13");
      PseudoLabeler.Job blind =
          new PseudoLabeler.Job(new Frames(6, false, false), null, HEIGHT, WIDTH, THREE, TASKS);
      assertThatThrownBy(() -> run(teacher, blind))
          .isInstanceOf(DataException.class)
          .hasMessage("no frame of frames has the depth that the network teacher asks for");
    }
    write(HARD, null);
    assertThatThrownBy(() -> PseudoLabelSource.open(folder, new Frames(5, false, true), true))
        .hasMessageContaining("are of other frames");
    Files.writeString(folder.resolve("labels/00002.png"), "no picture");
    assertThatThrownBy(() -> PseudoLabelSource.open(folder, new Frames(6, false, true), true))
        .hasMessageContaining("00002.png is no readable PNG");
  }

  private void run(GraphModule teacher, PseudoLabeler.Job job) throws Exception {
    PseudoLabeler.write(
        List.of(teacher),
        List.of("t"),
        base,
        job,
        HARD,
        folder,
        (done, total) -> {},
        new StopSignal());
  }

  @Test
  void keepsThePixelsOfTheReference() throws IOException {
    JsonNode golden =
        new ObjectMapper()
            .readTree(Prerequisites.shared("golden/pseudo_label_threshold.json").toFile());
    List<Double> logits = new ArrayList<>();
    flatten(golden.path("inputs").path("logits").path("data"), logits);
    List<Double> expected = new ArrayList<>();
    flatten(golden.path("outputs").path("pseudo_label_strict"), expected);
    int pixels = 4;
    for (int frame = 0; frame < 2; frame++) {
      float[] p = new float[3 * pixels];
      for (int i = 0; i < pixels; i++) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
          sum += Math.exp(logits.get((frame * 3 + c) * pixels + i));
        }
        for (int c = 0; c < 3; c++) {
          p[c * pixels + i] = (float) (Math.exp(logits.get((frame * 3 + c) * pixels + i)) / sum);
        }
      }
      HardLabels labels = HardLabels.of(p, 3, golden.path("inputs").path("tau").asDouble());
      for (int i = frame == 1 ? 1 : 0; i < pixels; i++) {
        assertThat(labels.kept()[i] & 0xff).isEqualTo(expected.get(frame * pixels + i).intValue());
      }
    }
  }

  private static void flatten(JsonNode node, List<Double> to) {
    if (node.isArray()) {
      node.forEach(each -> flatten(each, to));
    } else {
      to.add(node.asDouble());
    }
  }
}
