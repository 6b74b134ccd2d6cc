package dev.tarsier.trainer.onnx;

import static dev.tarsier.trainer.onnx.OnnxFixture.integer;
import static dev.tarsier.trainer.onnx.OnnxFixture.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.platform.Fp16Conversions;
import com.google.protobuf.ByteString;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.tensor.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelImportTest {
  private static final int WIDTH = 64;
  private static final int HEIGHT = 32;

  /** What {@link ModelImport} says of a bundle that gives what the original gives. */
  private static final String SAME = "the same on 100.0000 %";

  @TempDir Path temp;
  private Path pictures;

  @BeforeEach
  void pictures() throws IOException {
    pictures = Files.createDirectory(temp.resolve("pictures"));
    for (int i = 0; i < 2; i++) {
      byte[] pixels = new byte[3 * WIDTH * HEIGHT];
      SplittableRandom random = new SplittableRandom(i);
      for (int at = 0; at < pixels.length; at++) {
        pixels[at] = (byte) (at / 3 % WIDTH * 3 + random.nextInt(60));
      }
      Files.write(pictures.resolve(i + ".png"), new RgbImage(WIDTH, HEIGHT, pixels).png());
    }
  }

  /** Options by name, as the command has them. */
  private ImportOptions told(String... options) {
    List<String> all = List.of(options);
    UnaryOperator<String> of = name -> all.contains(name) ? all.get(all.indexOf(name) + 1) : null;
    String size = of.apply("size");
    return new ImportOptions(
        "mine",
        "1",
        "".equals(of.apply("licence")) ? null : "MIT",
        size == null ? null : Integer.valueOf(size.split("x")[0]),
        size == null ? null : Integer.valueOf(size.split("x")[1]),
        of.apply("layout"),
        of.apply("order"),
        of.apply("normalize"),
        null,
        three(of.apply("mean")),
        three(of.apply("std")),
        of.apply("output") == null ? List.of() : List.of(of.apply("output").split(" ")),
        of.apply("classes"),
        null,
        0.25,
        0.7,
        null,
        null,
        null,
        pictures);
  }

  private static double[] three(String text) {
    return text == null
        ? null
        : Arrays.stream(text.split(",")).mapToDouble(Double::parseDouble).toArray();
  }

  private Path bundle() {
    return temp.resolve("bundles/mine");
  }

  private String run(Path file, String... options) throws Exception {
    return ModelImport.run(
            file,
            told(options),
            bundle(),
            new ModelImport.Listener() {
              @Override
              public void note(String message) {}

              @Override
              public void compared(int done, int total) {}
            })
        .agreement();
  }

  private String run(OnnxFixture fixture, String... options) throws Exception {
    return run(fixture.write(temp.resolve("model.onnx")), options);
  }

  private void refuses(Path file, String... words) throws IOException {
    refuses(file, new String[] {"order", "RGB", "normalize", "0..1", "classes", "3"}, words);
  }

  private void refuses(Path file, String[] options, String... words) throws IOException {
    List<Path> before = bundles();
    assertThatThrownBy(() -> run(file, options))
        .satisfies(
            e -> {
              assertThat(e).isInstanceOfAny(IOException.class, IllegalArgumentException.class);
              assertThat(e.getMessage()).contains(words);
              assertThat(e.getMessage().lines()).hasSize(1);
            });
    assertThat(bundles()).isEqualTo(before);
  }

  private List<Path> bundles() throws IOException {
    if (!Files.exists(bundle().getParent())) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(bundle().getParent())) {
      return all.toList();
    }
  }

  /** A network of two convolutions that gives three scores at a quarter of the size. */
  private static OnnxFixture quarter(OnnxFixture to) {
    return to.input("in", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
        .conv("in", "half", 3, 8, 2)
        .node("Relu", List.of("half"), "relu")
        .conv("relu", "scores", 8, 3, 2)
        .output("scores", DataType.FLOAT, "b", "c", "b", "x");
  }

  /** Old operators know no half pixels, new ones have other signatures. */
  @ParameterizedTest
  @CsvSource({"7, 3", "9, 4", "10, 5", "11, 6", "13, 7", "17, 8", "18, 8", "21, 10"})
  void enlargesScoresInTheOperatorsOfEachTime(int opset, int irVersion) throws Exception {
    OnnxFixture fixture = quarter(new OnnxFixture(opset, irVersion));
    if (irVersion < 4) { // then weights had to be listed among the inputs
      fixture.input("half.weight", DataType.FLOAT, 8, 3, 3, 3);
      fixture.input("scores.weight", DataType.FLOAT, 3, 8, 3, 3);
    }
    assertThat(run(fixture, "order", "RGB", "normalize", "imagenet", "classes", "3"))
        .contains(SAME);
    Bundle made = Bundle.load(bundle());
    assertThat(made.manifest().model().opset()).isEqualTo(opset);
    assertThat(made.manifest().golden()).hasSize(2);
    assertThat(Files.readString(bundle().resolve("CARD.md"))).contains("MIT");
  }

  /** Blue comes first, and means are of 0 to 255, as Caffe's networks have it. */
  @Test
  void feedsBlueFirstWithMeans() throws Exception {
    assertThat(
            run(
                quarter(new OnnxFixture()),
                "order",
                "BGR",
                "mean",
                "103.939,116.779,123.68",
                "classes",
                "3"))
        .contains(SAME);
    String bgr = Bundle.load(bundle()).modelSha256();
    run(
        quarter(new OnnxFixture()),
        "order",
        "RGB",
        "mean",
        "103.939,116.779,123.68",
        "classes",
        "3");
    assertThat(Bundle.load(bundle()).modelSha256()).isNotEqualTo(bgr);
  }

  /** By hand: the only weight picks the first channel, which is blue. */
  @Test
  void theFirstChannelOfBgrIsBlue() throws Exception {
    float[] pick = {1, 0, 0};
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
            .floats("pick", pick, 1, 3, 1, 1)
            .node("Conv", List.of("in", "pick"), "blue")
            .output("blue", DataType.FLOAT, 1, 1, HEIGHT, WIDTH);
    run(fixture, "order", "BGR", "normalize", "0..255", "output", "blue:relative");
    Bundle made = Bundle.load(bundle());
    assertThat(made.manifest().heads().get(0).kind())
        .isEqualTo(new RelativeMap(RelativeMap.Larger.FARTHER));
    try (InferenceSession session =
        InferenceSession.open(made, SessionOptions.of(ProviderPreference.cpu()))) {
      session.input().put(0, (byte) 10).put(1, (byte) 20).put(2, (byte) 30);
      session.run();
      assertThat(session.plane("relative_depth").values().get(0)).isEqualTo(30);
    }
  }

  @Test
  void takesHalfPrecision() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT16, "n", 3, "h", "w")
            .output("scores", DataType.FLOAT16, "n", 4, "h", "w");
    float[] weights = fixture.random(4 * 3 * 9);
    ByteBuffer halves = ByteBuffer.allocate(2 * weights.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float each : weights) {
      halves.putShort(Fp16Conversions.floatToFp16(each));
    }
    fixture
        .weights("w", DataType.FLOAT16, halves.array(), 4, 3, 3, 3)
        .node("Conv", List.of("in", "w"), "scores", ints("pads", 1, 1, 1, 1));
    assertThat(
            run(
                fixture,
                "size",
                WIDTH + "x" + HEIGHT,
                "order",
                "RGB",
                "normalize",
                "-1..1",
                "classes",
                "4"))
        .contains(SAME);
  }

  /** As quantisers write it: 8 bits between, floats at both ends. */
  @Test
  void takesEightBitIntegersBetweenQuantiseAndDequantise() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
            .floats("scale", new float[] {0.02f})
            .weights("zero", DataType.UINT8, new byte[] {(byte) 128})
            .floats("w.scale", new float[] {0.01f});
    byte[] weights = new byte[3 * 3 * 9];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (byte) (i * 37 % 255 - 127);
    }
    fixture
        .weights("w", DataType.INT8, weights, 3, 3, 3, 3)
        .weights("w.zero", DataType.INT8, new byte[1])
        .node("QuantizeLinear", List.of("in", "scale", "zero"), "q")
        .node("DequantizeLinear", List.of("q", "scale", "zero"), "dq")
        .node("DequantizeLinear", List.of("w", "w.scale", "w.zero"), "wf")
        .node("Conv", List.of("dq", "wf"), "scores", ints("pads", 1, 1, 1, 1))
        .output("scores", DataType.FLOAT, 1, 3, HEIGHT, WIDTH);
    assertThat(run(fixture, "order", "RGB", "normalize", "imagenet", "classes", "3"))
        .contains(SAME);
  }

  /** TensorFlow's way: channels last at both ends, scores softened. */
  @Test
  void takesChannelsLast() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in:0", DataType.FLOAT, "n", HEIGHT, WIDTH, 3)
            .node("Transpose", List.of("in:0"), "first", ints("perm", 0, 3, 1, 2))
            .conv("first", "small", 3, 5, 2)
            .node("Softmax", List.of("small"), "soft", integer("axis", 1))
            .node("Transpose", List.of("soft"), "Identity:0", ints("perm", 0, 2, 3, 1))
            .output("Identity:0", DataType.FLOAT, "n", HEIGHT / 2, WIDTH / 2, 5);
    assertThat(
            run(
                fixture,
                "order",
                "RGB",
                "normalize",
                "-1..1",
                "classes",
                "5",
                "output",
                "Identity:0:classes"))
        .contains(SAME);
  }

  private static OnnxFixture idsOfHalfTheSize(String name) {
    return new OnnxFixture()
        .input("in", DataType.UINT8, 1, 3, HEIGHT, WIDTH)
        .node("Cast", List.of("in"), "float", integer("to", DataType.FLOAT.getNumber()))
        .conv("float", "scores", 3, 4, 2)
        .node("ArgMax", List.of("scores"), name, integer("axis", 1), integer("keepdims", 1));
  }

  /** Ids of half the size, as bytes go in and whole numbers come out. */
  @Test
  void takesIdsAsTheyAre() throws Exception {
    OnnxFixture fixture =
        idsOfHalfTheSize("ids").output("ids", DataType.INT64, 1, 1, HEIGHT / 2, WIDTH / 2);
    assertThat(run(fixture, "order", "BGR", "classes", "4")).contains(SAME);
    refuses(
        fixture.write(temp.resolve("few.onnx")),
        new String[] {"order", "BGR", "classes", "1"},
        "few.onnx",
        "gave the id",
        "1 classes are named");
  }

  /** Ids that were cast to floats at the end. */
  @Test
  void takesIdsThatAreFloats() throws Exception {
    OnnxFixture fixture =
        idsOfHalfTheSize("whole")
            .node("Cast", List.of("whole"), "ids", integer("to", DataType.FLOAT.getNumber()))
            .output("ids", DataType.FLOAT, 1, 1, HEIGHT / 2, WIDTH / 2);
    assertThat(run(fixture, "order", "RGB", "classes", "4", "output", "ids:ids")).contains(SAME);
    refuses(
        fixture.write(temp.resolve("asked.onnx")),
        new String[] {"order", "RGB", "classes", "4"},
        "--output ids:classes",
        "--output ids:mask");
  }

  /** Scores as bytes, and as truth values: what a quantiser or a threshold leaves at the end. */
  @Test
  void takesScoresOfWholeTypes() throws Exception {
    OnnxFixture bytes =
        quarter(new OnnxFixture())
            .floats("scale", new float[] {0.05f})
            .weights("zero", DataType.UINT8, new byte[] {(byte) 128})
            .node("QuantizeLinear", List.of("scores", "scale", "zero"), "quantised");
    bytes.graph().clearOutput();
    bytes.output("quantised", DataType.UINT8, 1, 3, HEIGHT / 4, WIDTH / 4);
    assertThat(run(bytes, "order", "RGB", "normalize", "imagenet", "classes", "3")).contains(SAME);

    OnnxFixture truths =
        quarter(new OnnxFixture())
            .floats("half a score", new float[] {0.1f})
            .node("Greater", List.of("scores", "half a score"), "truths");
    truths.graph().clearOutput();
    truths.output("truths", DataType.BOOL, 1, 3, HEIGHT / 4, WIDTH / 4);
    assertThat(run(truths, "order", "RGB", "normalize", "imagenet", "classes", "3")).contains(SAME);
  }

  /** Masks of queries are no scores of classes, and prototypes of other rows neither. */
  @Test
  void refusesPartsOfOtherNetworksForInstances() throws Exception {
    OnnxFixture queries =
        quarter(new OnnxFixture())
            .floats("logits", new float[3 * 92], 1, 3, 92)
            .node("Identity", List.of("logits"), "labels")
            .output("labels", DataType.FLOAT, 1, 3, 92);
    refuses(
        queries.write(temp.resolve("queries.onnx")),
        "queries.onnx gives",
        "a mask for each of the 3 queries of 'labels'");
    OnnxFixture rows =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
            .conv("in", "output1", 3, 8, 2)
            .output("output1", DataType.FLOAT, 1, 8, HEIGHT / 2, WIDTH / 2)
            .floats("table", new float[500 * 17], 1, 500, 17)
            .node("Identity", List.of("table"), "output0")
            .output("output0", DataType.FLOAT, 1, 500, 17);
    refuses(rows.write(temp.resolve("rows.onnx")), "rows.onnx gives", "prototypes for the rows");
  }

  @Test
  void aMaskNeedsTheNameOfWhatIsMaskedAlone() throws Exception {
    Path names = Files.writeString(temp.resolve("one.txt"), "path\n");
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
            .conv("in", "logit", 3, 1, 2)
            .output("logit", DataType.FLOAT, 1, 1, HEIGHT / 2, WIDTH / 2);
    String[] options = {
      "order",
      "RGB",
      "normalize",
      "0..1",
      "classes",
      names.toString(),
      "output",
      "logit:mask-logits"
    };
    assertThat(run(fixture, options)).contains(SAME);
    assertThat(Bundle.load(bundle()).manifest().firstKind(ClassMap.class).orElseThrow().classes())
        .extracting(ClassLabel::name)
        .containsExactly("background", "path");
  }

  /** Nodes in another order than ONNX asks for, which ONNX Runtime takes all the same. */
  @Test
  void takesNodesInAnyOrderAndNamesThatItWouldGiveItself() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
            .conv("half", "scores", 8, 3, 1)
            .node("Relu", List.of("first"), "half")
            .conv("in", "first", 3, 8, 2)
            .output("scores", DataType.FLOAT, 1, 3, HEIGHT / 2, WIDTH / 2);
    fixture.graph().getNodeBuilder(0).setName("segmentation");
    fixture.graph().getNodeBuilder(1).setName("in");
    assertThat(run(fixture, "order", "RGB", "normalize", "0..1", "classes", "3")).contains(SAME);
  }

  /** With the size open, grey images and such with opacity are told by their channels. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void refusesOtherChannelsWhereTheSizeIsOpen(int channels) throws Exception {
    Path file =
        new OnnxFixture()
            .input("in", DataType.FLOAT, "n", channels, "h", "w")
            .conv("in", "scores", channels, 3, 1)
            .output("scores", DataType.FLOAT, "n", 3, "h", "w")
            .write(temp.resolve("open.onnx"));
    refuses(file, "open.onnx", "an image of %d channels".formatted(channels));
  }

  /** What a scale alone would do away with, stands beside the file. */
  @Test
  void refusesAPartOfANormalisationThatIsKnown() throws Exception {
    Path file = quarter(new OnnxFixture()).write(temp.resolve("model.onnx"));
    Files.writeString(
        temp.resolve("preprocessor_config.json"),
        "{\"image_processor_type\": \"X\", \"image_mean\": [0.5, 0.4, 0.3], \"image_std\": [0.2, 0.2, 0.2]}");
    refuses(
        file,
        new String[] {"mean", "0.5,0.5,0.5", "classes", "3"},
        "preprocessor_config.json",
        "give --mean and --std");
    assertThat(run(file, "mean", "0.5,0.5,0.5", "std", "0.2,0.2,0.2", "classes", "3"))
        .contains(SAME);
  }

  /** What is not taken may have any shape: here as many rows as the picture has bright pixels. */
  @Test
  void onlyWhatIsTakenMustHaveOneShape() throws Exception {
    OnnxFixture fixture =
        quarter(new OnnxFixture())
            .floats("half a", new float[] {0.5f})
            .node("Greater", List.of("in", "half a"), "bright")
            .node("NonZero", List.of("bright"), "where")
            .output("where", DataType.INT64, 4, "n");
    assertThat(run(fixture, "order", "RGB", "normalize", "0..1", "classes", "3")).contains(SAME);
  }

  /** Rows of a network that left overlapping boxes out, as many as there are bright pixels. */
  @Test
  void refusesRowsWhoseNumberDependsOnThePicture() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
            .conv("in", "basis", 3, 2, 4)
            .floats("half a", new float[] {0.5f})
            .node("Greater", List.of("in", "half a"), "bright")
            .node("NonZero", List.of("bright"), "where")
            .node("Cast", List.of("where"), "table", integer("to", DataType.FLOAT.getNumber()))
            .node("Transpose", List.of("table"), "turned")
            .node("Concat", List.of("turned", "turned"), "twice", integer("axis", 1))
            .longs("zero", 0)
            .node("Unsqueeze", List.of("twice", "zero"), "rows")
            .output("rows", DataType.FLOAT, 1, "n", 8)
            .output("basis", DataType.FLOAT, 1, 2, HEIGHT / 4, WIDTH / 4);
    refuses(
        fixture.write(temp.resolve("rows.onnx")),
        new String[] {"order", "RGB", "normalize", "0..1", "classes", "3"},
        "output 'rows' of",
        "on one picture and");
  }

  @Test
  void saysWhatComesOutInPlaceOfNumbers() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
            .node("SequenceConstruct", List.of("in"), "list");
    fixture
        .graph()
        .addOutputBuilder()
        .setName("list")
        .getTypeBuilder()
        .getSequenceTypeBuilder()
        .getElemTypeBuilder()
        .getTensorTypeBuilder()
        .setElemType(DataType.FLOAT.getNumber());
    refuses(
        fixture.write(temp.resolve("list.onnx")),
        "gives no tensor of numbers",
        "'list', a sequence");
  }

  /** No batch at all, at either end. */
  @Test
  void takesOneImageWithoutABatch() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 3, HEIGHT, WIDTH)
            .longs("first", 0)
            .node("Unsqueeze", List.of("in", "first"), "batch")
            .conv("batch", "scores", 3, 4, 2)
            .node("Squeeze", List.of("scores", "first"), "out")
            .output("out", DataType.FLOAT, 4, HEIGHT / 2, WIDTH / 2);
    assertThat(run(fixture, "order", "RGB", "normalize", "0..1", "classes", "4")).contains(SAME);
  }

  /** One network may give classes and depth. */
  @Test
  void takesSeveralOutputsByName() throws Exception {
    OnnxFixture fixture =
        quarter(new OnnxFixture())
            .conv("relu", "d", 8, 1, 1)
            .node("Relu", List.of("d"), "metres")
            .output("metres", DataType.FLOAT, 1, 1, HEIGHT / 2, WIDTH / 2);
    Path names = Files.writeString(temp.resolve("names.txt"), "floor\nwall\nthing\n");
    String agreement =
        run(
            fixture,
            "order",
            "RGB",
            "normalize",
            "0..1",
            "classes",
            names.toString(),
            "output",
            "scores:logits metres:metric");
    assertThat(agreement).contains(SAME, "differs by at most");
    Bundle made = Bundle.load(bundle());
    assertThat(made.manifest().heads()).hasSize(2);
    assertThat(made.manifest().firstKind(ClassMap.class).orElseThrow().classes())
        .extracting(ClassLabel::name)
        .containsExactly("floor", "wall", "thing");
    refuses(fixture.write(temp.resolve("two.onnx")), "'scores' [1,3,8,16]", "'metres' [1,1,16,32]");
  }

  private static final int PLACES =
      HEIGHT * WIDTH / 64 + HEIGHT * WIDTH / 256 + HEIGHT * WIDTH / 1024;

  /**
   * Rows with two things of class 1, one of them twice, and one of class 0 that lies over it. All
   * is constant, so that the map is known by hand.
   */
  private static OnnxFixture yolo(boolean finished) {
    // x, y, width, height (or corners), scores of two classes, coefficients of two prototypes
    float[][] things = {
      {16, 16, 16, 16, 0.1f, 0.8f, 1, 0},
      {17, 16, 16, 16, 0.1f, 0.7f, -1, 0}, // the same thing again; its mask is empty
      {24, 16, 16, 8, 0.9f, 0.2f, 1, 0}, // more certain, over the right half
      {48, 16, 8, 8, 0.0f, 0.6f, 0, 1}, // the second prototype, its left half only
      {48, 16, 8, 8, 0.0f, 0.2f, 1, 0}, // too uncertain
    };
    int values = 8;
    int rows = finished ? 300 : PLACES;
    float[] table = new float[values * rows];
    for (int row = 0; row < things.length; row++) {
      if (finished && row == 1) {
        continue; // such a network has left it out
      }
      float[] t = things[row].clone();
      if (finished) {
        float x = t[0];
        float y = t[1];
        float w = t[2];
        float h = t[3];
        t[0] = x - w / 2;
        t[1] = y - h / 2;
        t[2] = x + w / 2;
        t[3] = y + h / 2;
        float best = Math.max(t[4], t[5]);
        t[5] = t[5] > t[4] ? 1 : 0;
        t[4] = best;
      }
      for (int v = 0; v < values; v++) {
        table[finished ? row * values + v : v * rows + row] = t[v];
      }
    }
    int h = HEIGHT / 4;
    int w = WIDTH / 4;
    float[] prototypes = new float[2 * h * w];
    for (int i = 0; i < h * w; i++) {
      prototypes[i] = 5;
      prototypes[h * w + i] = i % w < 12 ? 5 : -5; // left of column 48 of the image
    }
    OnnxFixture fixture =
        new OnnxFixture()
            .input("images", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
            .floats("nothing", new float[] {0})
            .floats("table", table, 1, finished ? rows : values, finished ? values : rows)
            .floats("basis", prototypes, 1, 2, h, w)
            .node("ReduceMax", List.of("images"), "any", integer("keepdims", 0))
            .node("Mul", List.of("any", "nothing"), "zero")
            .node("Add", List.of("table", "zero"), "output0")
            .node("Add", List.of("basis", "zero"), "output1")
            .output(
                "output0", DataType.FLOAT, 1, finished ? rows : values, finished ? values : rows)
            .output("output1", DataType.FLOAT, 1, 2, h, w)
            .metadata("author", "Ultralytics")
            .metadata("task", "segment")
            .metadata("stride", "32")
            .metadata("imgsz", "[32, 64]")
            .metadata("names", "{0: 'cup', 1: \"cat's bed\"}")
            .metadata("license", "AGPL-3.0");
    return fixture;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void decodesInstancesToAMapOfClasses(boolean finished) throws Exception {
    String agreement =
        ModelImport.run(
                yolo(finished).write(temp.resolve("yolo.onnx")),
                told("licence", ""),
                bundle(),
                new ModelImport.Listener() {
                  @Override
                  public void note(String message) {}

                  @Override
                  public void compared(int done, int total) {}
                })
            .agreement();
    assertThat(agreement).contains(SAME);
    Bundle made = Bundle.load(bundle());
    assertThat(made.manifest().firstKind(ClassMap.class).orElseThrow().classes())
        .extracting(ClassLabel::name)
        .containsExactly("background", "cup", "cat's bed");
    try (InferenceSession session =
        InferenceSession.open(made, SessionOptions.of(ProviderPreference.cpu()))) {
      session.run();
      ByteBuffer ids = session.planes().values().iterator().next().ids();
      for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
          boolean cup = x >= 16 && x < 32 && y >= 12 && y < 20;
          boolean bed = x >= 8 && x < 24 && y >= 8 && y < 24;
          boolean second = x >= 44 && x < 48 && y >= 12 && y < 20;
          assertThat((int) ids.get(y * WIDTH + x))
              .as("%d, %d", x, y)
              .isEqualTo(cup ? 1 : bed || second ? 2 : 0);
        }
      }
    }
  }

  /** Nothing was found: there is nothing but the background, and no empty tensor breaks. */
  @Test
  void aPictureWithoutInstancesIsBackground() throws Exception {
    OnnxFixture fixture = yolo(false);
    fixture.graph().getInitializerBuilderList().stream()
        .filter(each -> each.getName().equals("table"))
        .forEach(each -> each.setRawData(ByteString.copyFrom(new byte[each.getRawData().size()])));
    assertThat(run(fixture)).contains(SAME);
  }

  @Test
  void refusesTwoImages() throws Exception {
    refuses(
        quarter(new OnnxFixture())
            .input("previous", DataType.FLOAT, 1, 3, HEIGHT, WIDTH)
            .write(temp.resolve("two.onnx")),
        "two.onnx takes 2 inputs",
        "'in' [1,3,32,64]",
        "'previous'");
  }

  @Test
  void refusesAFixedBatch() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 4, 3, HEIGHT, WIDTH)
            .conv("in", "out", 3, 3, 1)
            .output("out", DataType.FLOAT, 4, 3, HEIGHT, WIDTH);
    refuses(fixture.write(temp.resolve("four.onnx")), "fixed batch of 4");
  }

  @Test
  void refusesImagesOfOtherThanThreeColours() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 1, 6, HEIGHT, WIDTH)
            .conv("in", "out", 6, 3, 1)
            .output("out", DataType.FLOAT, 1, 3, HEIGHT, WIDTH);
    refuses(fixture.write(temp.resolve("six.onnx")), "[1,6,32,64]", "3 colours");
  }

  @Test
  void refusesWeightsThatAreNoNumber() throws Exception {
    OnnxFixture fixture = quarter(new OnnxFixture());
    TensorProto.Builder weight = fixture.graph().getInitializerBuilder(1);
    byte[] raw = weight.getRawData().toByteArray();
    ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).putFloat(40, Float.NaN);
    weight.setRawData(ByteString.copyFrom(raw));
    refuses(fixture.write(temp.resolve("nan.onnx")), "nan.onnx", "'scores.weight'", "NaN");
  }

  /** Moves a weight into a file beside the model. */
  private Path external(String location, Path data) throws IOException {
    ModelProto.Builder model = quarter(new OnnxFixture()).build().toBuilder();
    TensorProto.Builder weight = model.getGraphBuilder().getInitializerBuilder(0);
    if (data != null) {
      Files.write(data, weight.getRawData().toByteArray());
    }
    weight
        .addExternalData(entry("location", location))
        .addExternalData(entry("offset", "0"))
        .addExternalData(entry("length", Integer.toString(weight.getRawData().size())))
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .clearRawData();
    Path folder = Files.createDirectories(temp.resolve("model"));
    return Files.write(folder.resolve("ext.onnx"), model.build().toByteArray());
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  @Test
  void readsNoWeightsFromElsewhere() throws Exception {
    Path outside = temp.resolve("secret.bin");
    refuses(external("../secret.bin", outside), "'../secret.bin', which leaves its folder");
    refuses(external(outside.toString(), outside), "which leaves its folder");
    refuses(external("", null), "which leaves its folder");
    Path link = temp.resolve("model/link.bin");
    Files.createSymbolicLink(link, outside);
    refuses(external("link.bin", null), "link.bin, a link that leaves its folder");
  }

  @Test
  void putsWeightsBesideItIntoTheBundle() throws Exception {
    Files.createDirectories(temp.resolve("model"));
    Path data = temp.resolve("model/w.bin");
    Path model = external("w.bin", data);
    run(model, "order", "RGB", "normalize", "0..1", "classes", "3");
    Bundle made = Bundle.load(bundle());
    assertThat(made.manifest().provenance().versions()).containsKey("imported.sha256.w.bin");
    try (Stream<Path> files = Files.list(bundle())) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder("CARD.md", "golden", "model.json", "model.onnx");
    }
    Path round = model.getParent().resolve("../model/./ext.onnx");
    assertThat(run(round, "order", "RGB", "normalize", "0..1", "classes", "3"))
        .as("a path with dots in it")
        .contains(SAME);
    Files.write(data, new byte[10]);
    Files.move(bundle(), temp.resolve("moved"));
    refuses(model, "w.bin has 10 bytes", "incomplete");
  }

  @ParameterizedTest
  @CsvSource({
    "504B0304000000000000, a zip archive",
    "1F8B0800000000000000, gzip",
    "89484446000000000000, HDF5",
    "7B22000000000000, JSON",
    "48656C6C6F, no ONNX file"
  })
  void refusesOtherFilesByTheirBeginning(String hex, String why) throws Exception {
    byte[] bytes = new byte[hex.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
    }
    refuses(Files.write(temp.resolve("other.onnx"), bytes), "other.onnx", why);
    byte[] tar = new byte[1024];
    System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
    refuses(Files.write(temp.resolve("a.tar"), tar), "tar archive");
  }

  /** An older bundle stays where a new one is refused, and anything else is not replaced. */
  @Test
  void replacesAnOlderBundleAndNothingElse() throws Exception {
    String[] options = {"order", "RGB", "normalize", "0..1", "classes", "3"};
    run(quarter(new OnnxFixture()), options);
    String before = Bundle.load(bundle()).modelSha256();
    Path bad = Files.write(temp.resolve("bad.onnx"), new byte[] {1});
    assertThatThrownBy(() -> run(bad, options)).isInstanceOf(IOException.class);
    assertThat(Bundle.load(bundle()).modelSha256()).isEqualTo(before);
    Files.delete(bundle().resolve("model.json"));
    assertThatThrownBy(() -> run(quarter(new OnnxFixture()), options))
        .hasMessageContaining("is no bundle");
  }

  @Test
  void namesTheSizesThatWork() throws Exception {
    OnnxFixture fixture =
        new OnnxFixture()
            .input("in", DataType.FLOAT, 1, 3, "h", "w")
            .conv("in", "small", 3, 3, 2)
            .floats("scales", new float[] {1, 1, 2, 2}, 4)
            .node("Resize", List.of("small", "", "scales"), "large")
            .conv("in", "same", 3, 3, 1)
            .node("Add", List.of("large", "same"), "out")
            .output("out", DataType.FLOAT, 1, 3, "h", "w");
    refuses(
        fixture.write(temp.resolve("even.onnx")),
        new String[] {"size", "65x33", "order", "RGB", "normalize", "0..1", "classes", "3"},
        "65 wide and 33 high",
        "--input-size 64x32");
  }

  /** Whatever is broken, there is one sentence or a bundle that gives what the file gives. */
  @Test
  void damagedFilesGiveOneSentence() throws Exception {
    byte[] sound = quarter(new OnnxFixture()).build().toByteArray();
    SplittableRandom random = new SplittableRandom(3);
    int refused = 0;
    int rounds = Integer.getInteger("fuzz.rounds", 40);
    for (int round = 0; round < rounds; round++) {
      byte[] bytes =
          Arrays.copyOf(sound, round % 3 == 0 ? random.nextInt(sound.length) : sound.length);
      for (int i = 0; round % 3 != 0 && i < 1 + random.nextInt(4); i++) {
        // Half of the flips go into the structure, which the weights outweigh by far.
        int at = random.nextInt(round % 2 == 0 ? bytes.length : 200);
        at = round % 4 == 1 ? bytes.length - 1 - at : at;
        bytes[at] ^= (byte) (1 << random.nextInt(8));
      }
      Path file = Files.write(temp.resolve("damaged.onnx"), bytes);
      try {
        run(file, "order", "RGB", "normalize", "0..1", "classes", "3");
      } catch (IOException | IllegalArgumentException e) {
        refused++;
        assertThat(e.getMessage()).isNotNull();
        assertThat(e.getMessage().lines()).hasSize(1);
      }
    }
    assertThat(refused).isGreaterThan(rounds / 4);
  }
}
