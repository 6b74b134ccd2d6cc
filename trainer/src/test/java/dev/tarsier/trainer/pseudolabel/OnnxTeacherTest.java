package dev.tarsier.trainer.pseudolabel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.onnx.ForeignNetwork;
import dev.tarsier.trainer.onnx.ImportOptions;
import dev.tarsier.trainer.onnx.OnnxFixture;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedSource;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.TaskName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Someone else's networks label rendered rooms. Each image shows its room's inverse depth (0.5 m is
 * white) in red and green, 16 bits of it, so that a convolution can be a network that knows depth
 * but for a scale and a shift.
 */
class OnnxTeacherTest {
  private static final int WIDTH = 64;
  private static final int HEIGHT = 48;
  private static final ClassSet THREE =
      new ClassSet(
          "three", List.of("near", "middle", "far"), List.of(1, 2, 3), "label3", "three", null);
  private static final PseudoLabelOptions DEPTH =
      new PseudoLabelOptions(TaskName.of("depth"), 0.9, false, 1, List.of(1.0), false);

  private static final List<float[]> ROOMS = new ArrayList<>();

  @TempDir Path temp;

  @BeforeAll
  static void render() {
    RenderedSource rooms =
        new RenderedSource(
            77, 0, 2, RenderOptions.training(WIDTH, HEIGHT).withFramesPerRoom(2).withThreads(2));
    for (int i = 0; i < rooms.size(); i++) {
      ROOMS.add(rooms.get(i).values(Depth.ID));
    }
  }

  private static byte[] image(float[] metres) {
    byte[] rgb = new byte[3 * metres.length];
    for (int i = 0; i < metres.length; i++) {
      int code = (int) Math.round(256 * 255 * Math.min(1, 0.5 / metres[i]));
      rgb[3 * i] = (byte) (code >> 8);
      rgb[3 * i + 1] = (byte) code;
    }
    return rgb;
  }

  private static float[] withHoles(float[] metres, long seed, int kept) {
    float[] holey = metres.clone();
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < holey.length; i++) {
      all.add(i);
    }
    Collections.shuffle(all, new Random(seed));
    all.subList(kept, all.size()).forEach(i -> holey[i] = Float.NaN);
    return holey;
  }

  private static float[] wrong(float[] metres, double share, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] wrong = metres.clone();
    for (int i = 0; i < wrong.length; i++) {
      if (random.nextDouble() < share) {
        wrong[i] = (float) (0.5 + 9 * random.nextDouble());
      }
    }
    return wrong;
  }

  /**
   * Frames of rooms with a sensor's depth: 0 with a large hole and one pixel in five wrong; 1 with
   * 400 pixels alone; 2 mostly wrong; 3 with 50 pixels; 4 without; 5 exact.
   */
  private static final class Frames implements SampleSource {
    private final float[][] sensor = new float[6][];
    private final boolean depth;

    Frames(boolean depth) {
      this.depth = depth;
      for (int i = 0; i < sensor.length; i++) {
        sensor[i] = actual(i).clone();
      }
      sensor[0] = wrong(sensor[0], 0.2, 1);
      for (int y = 10; y < 40; y++) {
        Arrays.fill(sensor[0], y * WIDTH + 15, y * WIDTH + 45, Float.NaN);
      }
      sensor[1] = withHoles(sensor[1], 2, 400);
      sensor[2] = wrong(sensor[2], 0.7, 3);
      sensor[3] = withHoles(sensor[3], 4, 50);
      sensor[4] = null;
    }

    static float[] actual(int index) {
      return ROOMS.get(index % ROOMS.size());
    }

    @Override
    public int size() {
      return sensor.length;
    }

    @Override
    public Sample get(int index) {
      return Sample.of("frame " + index, WIDTH, HEIGHT, image(actual(index)))
          .withValues(Depth.ID, depth ? sensor[index] : null);
    }

    @Override
    public String name() {
      return "rooms";
    }

    @Override
    public String sha256() {
      return "rooms";
    }
  }

  private static ImportOptions told(String classes) {
    return new ImportOptions(
        "teacher", "1", null, null, null, null, "RGB", "0..1", null, null, null, List.of(), classes,
        null, 0.25, 0.7, 65.0, null, null, null);
  }

  private ForeignNetwork linear(String name, Object batch, double a, double b, String decode)
      throws Exception {
    return ForeignNetwork.read(
        OnnxFixture.linear(batch, HEIGHT, WIDTH, a, b).write(temp.resolve(name)),
        told(null),
        decode);
  }

  private static OnnxTeacher teacher(ForeignNetwork network, Integer... classes) {
    return new OnnxTeacher(network, network.heads().get(0), List.of(classes), 20);
  }

  private PseudoLabelManifest label(
      SampleSource frames, PseudoLabelOptions options, OnnxTeacher... teachers) throws Exception {
    return PseudoLabeler.write(
            List.of(),
            List.of(),
            null,
            new PseudoLabeler.Job(frames, null, HEIGHT, WIDTH, THREE, null, List.of(teachers)),
            options,
            temp.resolve("labels"),
            (done, total) -> {},
            new StopSignal())
        .orElseThrow();
  }

  @Test
  void fitsDepthWithoutAUnitToEachFramesOwn() throws Exception {
    Frames frames = new Frames(true);
    // 0.5 / d is 1 in white; the network says 3 × that − 0.4, so 1 / d = (q + 0.4) / 1.5.
    PseudoLabelManifest manifest =
        label(frames, DEPTH, teacher(linear("d.onnx", "n", 3, -0.4, "disparity")));
    assertThat(manifest.fits())
        .usingRecursiveComparison()
        .ignoringFields("medianInliers")
        .isEqualTo(new PseudoLabelManifest.Fits(3, 2, 1, 0));
    assertThat(manifest.fits().medianInliers()).isEqualTo(1);
    assertThat(manifest.leftOut()).containsExactly("frame 2", "frame 3", "frame 4");
    for (int i : new int[] {0, 1, 5}) {
      PseudoLabelManifest.Fitted fit = manifest.frames().get(i).fits().get(0);
      assertThat(fit.scale()).as("frame %d", i).isCloseTo(1 / 1.5, within(0.01));
      assertThat(fit.shift()).as("frame %d", i).isCloseTo(0.4 / 1.5, within(0.01));
    }
    assertThat(manifest.frames().get(0).fits().get(0).inliers()).isBetween(0.76, 0.86);
    assertThat(manifest.inWords())
        .matches(
            "depth for 3 of 6 frames, (4\\d|50)\\.\\d % of all pixels, fitted to their own with 100 % inliers \\(median\\), 1 left out with fewer than 60 %, 2 left out with fewer than 100 pixels of depth");

    PseudoLabelSource source = PseudoLabelSource.open(temp.resolve("labels"), frames, true);
    float[] filled = source.get(0).values(Depth.ID);
    float[] actual = Frames.actual(0);
    int holes = 0;
    for (int i = 0; i < filled.length; i++) {
      if (Float.isNaN(frames.sensor[0][i])) {
        holes += Float.isNaN(filled[i]) ? 0 : 1;
        assertThat(Float.isNaN(filled[i]) || Math.abs(filled[i] - actual[i]) < 0.02 * actual[i])
            .as("%s m for %s m", filled[i], actual[i])
            .isTrue();
      } else {
        assertThat(filled[i]).as("what was measured").isEqualTo(frames.sensor[0][i]);
      }
    }
    assertThat(holes).isGreaterThan(850);
    // A sparse sensor's frame becomes dense.
    float[] dense = source.get(1).values(Depth.ID);
    int known = 0;
    for (float each : dense) {
      known += Float.isNaN(each) ? 0 : 1;
    }
    assertThat(known).isGreaterThan((int) (0.9 * WIDTH * HEIGHT));
    // What is left out keeps what it has.
    assertThat(source.get(2).values(Depth.ID)).isEqualTo(frames.sensor[2]);
    assertThat(source.get(4).plane(Depth.ID)).isNull();
  }

  @Test
  void labelsTheSameInBatchesAndOneByOneAndAgain() throws Exception {
    ForeignNetwork free = linear("free.onnx", "n", 3, 0.1, "disparity");
    ForeignNetwork fixed = linear("fixed.onnx", 1, 3, 0.1, "disparity");
    try (ForeignNetwork.Session several = free.open(4);
        ForeignNetwork.Session one = fixed.open(4)) {
      assertThat(several.batch()).isEqualTo(4);
      assertThat(one.batch()).isEqualTo(1);
    }
    Frames frames = new Frames(true);
    String batches = label(frames, DEPTH, teacher(free)).sha256();
    assertThat(label(frames, DEPTH, teacher(fixed)).sha256()).isEqualTo(batches);
    assertThat(label(frames, DEPTH, teacher(free)).sha256()).isEqualTo(batches);
  }

  @Test
  void asksANetworkOneByOneThatMixesUpABatch() throws Exception {
    // Takes any batch, and adds the mean of all that it is given.
    Path file =
        new OnnxFixture()
            .input("image", DataType.FLOAT, "n", 3, HEIGHT, WIDTH)
            .floats("w", new float[] {1, 0, 0}, 1, 3, 1, 1)
            .node("Conv", List.of("image", "w"), "red")
            .node("ReduceMean", List.of("red"), "mean", OnnxFixture.integer("keepdims", 0))
            .node("Add", List.of("red", "mean"), "depth")
            .output("depth", DataType.FLOAT, "n", 1, HEIGHT, WIDTH)
            .write(temp.resolve("mixes.onnx"));
    ForeignNetwork network = ForeignNetwork.read(file, told(null), "metric");
    try (ForeignNetwork.Session session = network.open(4)) {
      assertThat(session.batch()).isEqualTo(1);
    }
  }

  @Test
  void takesMetresAsTheyAreAndTheMeanOfSeveral() throws Exception {
    Frames frames = new Frames(false);
    // Red alone: 1 m where it is white.
    OnnxTeacher one = teacher(linear("one.onnx", "n", 2, 1, "metric"));
    OnnxTeacher other = teacher(linear("other.onnx", "n", 2, 1.2, "metric"));
    PseudoLabelManifest manifest = label(frames, DEPTH, one, other);
    assertThat(manifest.fits()).isNull();
    assertThat(manifest.inWords()).isEqualTo("depth for 6 frames");
    assertThat(manifest.coverage()).isEqualTo(1);
    float[] said =
        PseudoLabelSource.open(temp.resolve("labels"), frames, true).get(4).values(Depth.ID);
    for (int i = 0; i < said.length; i += 97) {
      double code = Math.min(1, 0.5 / Frames.actual(4)[i]);
      assertThat(said[i]).isCloseTo((float) (2 * code + 1.1), within(0.012f));
    }
    // One that says four times as much contradicts the other, and neither is believed.
    OnnxTeacher far = teacher(linear("far.onnx", "n", 8, 4, "metric"));
    assertThat(label(frames, DEPTH, one, far).coverage()).isZero();
  }

  @Test
  void fitsTwoTeachersOfOneFrameEach() throws Exception {
    PseudoLabelManifest manifest =
        label(
            new Frames(true),
            DEPTH,
            teacher(linear("a.onnx", "n", 3, -0.4, "disparity")),
            teacher(linear("b.onnx", "n", 100, 7, "disparity")));
    assertThat(manifest.frames().get(5).fits())
        .extracting(PseudoLabelManifest.Fitted::teacher)
        .containsExactly("a.onnx", "b.onnx");
    assertThat(manifest.fits().kept()).isEqualTo(3);
  }

  @Test
  void leavesNoFrameOutOfWhichAnotherSaysMetres() throws Exception {
    PseudoLabelManifest manifest =
        label(
            new Frames(true),
            DEPTH,
            teacher(linear("metres.onnx", "n", 2, 1, "metric")),
            teacher(linear("upside-down.onnx", "n", -3, 5, "disparity")));
    assertThat(manifest.leftOut()).isEmpty();
    assertThat(manifest.fits()).isEqualTo(new PseudoLabelManifest.Fits(6, 0, 0, 0));
    assertThat(manifest.coverage()).isEqualTo(1);
  }

  @Test
  void seesMirroredFramesTheSame() throws Exception {
    Frames frames = new Frames(true);
    OnnxTeacher teacher = teacher(linear("d.onnx", "n", 3, -0.4, "disparity"));
    PseudoLabelManifest plain = label(frames, DEPTH, teacher);
    PseudoLabelManifest mirrored =
        label(
            frames,
            new PseudoLabelOptions(TaskName.of("depth"), 0.9, false, 1, List.of(1.0), true),
            teacher);
    assertThat(mirrored.frames().get(5).coverage()).isEqualTo(plain.frames().get(5).coverage());
    assertThat(mirrored.sha256()).isEqualTo(plain.sha256());
  }

  @Test
  void saysHowDepthWouldFitWhereItFitsNowhere() throws Exception {
    OnnxTeacher upsideDown = teacher(linear("d.onnx", "n", -3, 5, "relative"));
    // −q goes with −1 / d, which rises with depth, but is no straight line of it.
    assertThatThrownBy(() -> label(new OnlyGood(), DEPTH, upsideDown))
        .isInstanceOf(DataException.class)
        .hasMessageMatching(
            "the depth of d.onnx fits that of no frame of rooms: 2 of 2 have fewer than 60 % inliers \\(the best has \\d+ %\\), 0 fewer than 100 pixels of depth; check decode .*, how its pixels are scaled.*");
    OnnxTeacher otherWay = teacher(linear("d.onnx", "n", 3, 5, "relative"));
    assertThatThrownBy(() -> label(new OnlyGood(), DEPTH, otherWay))
        .hasMessageEndingWith(
            "; in 2 it fits where larger means the opposite: decode must be disparity");
    assertThat(temp.resolve("labels/manifest.json")).doesNotExist();
  }

  /** Two frames whose rooms are deep, with exact depth. */
  private static final class OnlyGood implements SampleSource {
    @Override
    public int size() {
      return 2;
    }

    @Override
    public Sample get(int index) {
      float[] metres = new float[WIDTH * HEIGHT];
      for (int i = 0; i < metres.length; i++) {
        metres[i] = (float) (0.6 * Math.pow(16, (double) (i % WIDTH) / WIDTH));
      }
      return Sample.of("deep " + index, WIDTH, HEIGHT, image(metres)).withValues(Depth.ID, metres);
    }

    @Override
    public String name() {
      return "rooms";
    }

    @Override
    public String sha256() {
      return "deep";
    }
  }

  @Test
  void refusesDepthWithoutAUnitWhereNoFrameHasAny() throws Exception {
    OnnxTeacher teacher = teacher(linear("d.onnx", "n", 3, 0, "disparity"));
    assertThatThrownBy(() -> label(new Frames(false), DEPTH, teacher))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(
            "d.onnx says depth without a unit, and no frame of rooms has depth of its own (100 pixels at least)");
  }

  @Test
  void refusesWhatIsNoNumberAndNamesTheFrame() throws Exception {
    // The square root of less than nothing, where an image is darker than any of the trial's.
    Path file =
        new OnnxFixture()
            .input("image", DataType.FLOAT, "n", 3, HEIGHT, WIDTH)
            .floats("w", new float[] {0, 0, 1}, 1, 3, 1, 1)
            .floats("b", new float[] {-0.1f}, 1)
            .node("Conv", List.of("image", "w", "b"), "blue")
            .node("Sqrt", List.of("blue"), "depth")
            .output("depth", DataType.FLOAT, "n", 1, HEIGHT, WIDTH)
            .write(temp.resolve("nan.onnx"));
    OnnxTeacher teacher = teacher(ForeignNetwork.read(file, told(null), "metric"));
    assertThatThrownBy(() -> label(new Frames(true), DEPTH, teacher))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("output 'depth' of")
        .hasMessageContaining("is no number (NaN) in 3,072 of 3,072 places on frame 0");
  }

  /** Four classes: 0 and 1 by red, 2 by green, 3 (none of the recipe's) by blue; logits. */
  private ForeignNetwork fourClasses(String name, float... bias) throws Exception {
    Path file =
        new OnnxFixture()
            .input("image", DataType.FLOAT, "n", 3, HEIGHT, WIDTH)
            .floats("w", new float[] {9, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9}, 4, 3, 1, 1)
            .floats("b", bias, 4)
            .node("Conv", List.of("image", "w", "b"), "logits")
            .output("logits", DataType.FLOAT, "n", 4, HEIGHT, WIDTH)
            .write(temp.resolve(name));
    return ForeignNetwork.read(file, told("4"), "classes");
  }

  /** Four plain colours in columns: red, green, blue, black. */
  private static final class Colours implements SampleSource {
    @Override
    public int size() {
      return 2;
    }

    @Override
    public Sample get(int index) {
      byte[] rgb = new byte[3 * WIDTH * HEIGHT];
      for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int column = i % WIDTH / (WIDTH / 4);
        if (column < 3) {
          rgb[3 * i + column] = (byte) 255;
        }
      }
      return Sample.of("colours " + index, WIDTH, HEIGHT, rgb);
    }

    @Override
    public String name() {
      return "colours";
    }

    @Override
    public String sha256() {
      return "colours";
    }
  }

  private static PseudoLabelOptions classes(boolean soft, double threshold) {
    return new PseudoLabelOptions(TaskName.of("classes"), threshold, soft, 1, List.of(1.0), false);
  }

  @Test
  void addsWhatIsOneClassAndTrustsNothingThatTheRecipeDoesNotKnow() throws Exception {
    // Of red, classes 0 and 1 have a half each, which is below τ; both are the recipe's class 2.
    OnnxTeacher teacher = teacher(fourClasses("c.onnx", 0, 0, 0, 0), 2, 2, 0, -1);
    PseudoLabelManifest manifest = label(new Colours(), classes(true, 0.9), teacher);
    Sample labelled = PseudoLabelSource.open(temp.resolve("labels"), new Colours(), true).get(1);
    byte[] ids = labelled.ids(Segmentation.ID);
    assertThat(ids[1]).as("red").isEqualTo((byte) 2);
    assertThat(ids[WIDTH / 4 + 1]).as("green").isEqualTo((byte) 0);
    assertThat(ids[WIDTH / 2 + 1]).as("blue is none").isEqualTo((byte) 255);
    assertThat(ids[WIDTH - 1]).as("black is unsure").isEqualTo((byte) 255);
    assertThat(manifest.coverage()).isCloseTo(0.5, within(1e-6));
    byte[] soft = labelled.soft().get(Segmentation.ID).probabilities();
    int plane = WIDTH * HEIGHT;
    assertThat(soft[2 * plane + 1] & 0xff).as("red").isBetween(253, 255);
    assertThat(soft[plane + 1]).as("no class of its own is the middle one").isZero();
    assertThat(new byte[] {soft[33], soft[plane + 33], soft[2 * plane + 33]})
        .as("blue has no distribution")
        .containsOnly(0);
    // Of black each of the four has a quarter: two of them are far, one near, one none.
    assertThat(soft[2 * plane + WIDTH - 1] & 0xff).isBetween(127, 128);
    assertThat(soft[WIDTH - 1] & 0xff).isBetween(63, 64);
  }

  @Test
  void averagesTeachersOfOneTask() throws Exception {
    OnnxTeacher sure = teacher(fourClasses("a.onnx", 0, 0, 0, 0), 0, 0, 1, 2);
    // Says class 3 wherever.
    OnnxTeacher other = teacher(fourClasses("b.onnx", -90, -90, -90, 0), 0, 0, 1, 2);
    label(new Colours(), classes(true, 0.4), sure, other);
    byte[] soft =
        PseudoLabelSource.open(temp.resolve("labels"), new Colours(), true)
            .get(0)
            .soft()
            .get(Segmentation.ID)
            .probabilities();
    int plane = WIDTH * HEIGHT;
    assertThat(soft[1] & 0xff).as("red").isBetween(126, 128);
    assertThat(soft[2 * plane + 1] & 0xff).isBetween(127, 129);
    assertThat(soft[2 * plane + 33] & 0xff).as("blue, both").isBetween(254, 255);
  }

  @Test
  void readsProbabilitiesOnceAndSigmoidsAsSharesOfNone() throws Exception {
    for (String last : new String[] {"Softmax", "Sigmoid"}) {
      OnnxFixture fixture =
          new OnnxFixture()
              .input("image", DataType.FLOAT, "n", 3, HEIGHT, WIDTH)
              .floats("w", new float[] {9, 0, 0, 0, 9, 0}, 2, 3, 1, 1)
              .floats("b", new float[] {-4.5f, -4.5f}, 2)
              .node("Conv", List.of("image", "w", "b"), "logits");
      fixture
          .node(
              last,
              List.of("logits"),
              "said",
              last.equals("Softmax")
                  ? new AttributeProto[] {OnnxFixture.integer("axis", 1)}
                  : new AttributeProto[0])
          .output("said", DataType.FLOAT, "n", 2, HEIGHT, WIDTH);
      ForeignNetwork network =
          ForeignNetwork.read(fixture.write(temp.resolve(last + ".onnx")), told("2"), "classes");
      Head head = network.heads().get(0);
      Sample sample = new Colours().get(0);
      try (ForeignNetwork.Session session = network.open(1)) {
        float[] p =
            session
                .run(List.of(new RgbImage(WIDTH, HEIGHT, sample.rgb())), List.of("colours"))
                .get(0)
                .probabilities(head, HEIGHT, WIDTH);
        int black = WIDTH - 1;
        boolean softmax = last.equals("Softmax");
        double red = 1 / (1 + Math.exp(softmax ? -9 : -4.5));
        assertThat(p[1]).as(last).isCloseTo((float) red, within(1e-3f));
        assertThat(p[black])
            .as("%s of black", last)
            .isCloseTo(softmax ? 0.5f : 0.011f, within(1e-3f));
      }
    }
  }
}
