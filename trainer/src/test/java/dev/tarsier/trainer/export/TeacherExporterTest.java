package dev.tarsier.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.tarsier.runtime.inference.EngineStart;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.Fusion;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.MtiNet;
import dev.tarsier.trainer.network.Noise;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.TestTasks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TeacherExporterTest {
  private static final Size SIZE = new Size(48, 64);
  private static final Edge EDGE = new Edge(PublishedEncoder.TORCHVISION, 0.25, 24);
  private static final MtiNet MTI = new MtiNet();
  private static final Ports BOTH = TestPorts.of(3);
  private static final Ports CLASSES = TestPorts.of(3, false);
  private static final Ports SEES_DEPTH = TestPorts.withDepthInput(BOTH, Fusion.FEATURES);
  private static final Ports SEES_LABELS = TestPorts.withLabelsInput(BOTH, Fusion.FEATURES, 5);

  @TempDir Path temp;
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  static List<LayerGraph> networks() {
    return List.of(
        EDGE.graph(SEES_DEPTH),
        EDGE.graph(TestPorts.withDepthInput(BOTH, Fusion.INPUT)),
        EDGE.graph(SEES_LABELS),
        MTI.graph(SEES_DEPTH),
        new MtiNet(2).graph(TestPorts.withDepthInput(CLASSES, Fusion.INPUT)),
        new MtiNet(4).graph(SEES_LABELS),
        MTI.graph(TestPorts.of(0, true)),
        // What UMST-S is: the image alone, classes alone.
        EDGE.graph(CLASSES),
        MTI.graph(CLASSES));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void writesAModelThatGivesWhatTheNetworkGives(LayerGraph graph) throws Exception {
    GraphModule module = settled(graph);
    Path file = temp.resolve("models/teacher.onnx");

    ParityReport parity =
        TeacherExporter.export(
            module,
            TestTasks.of(module.graph(), 3),
            SIZE,
            2,
            Map.of("from", "a test"),
            List.of(frame(1, 64, 48), frame(2, 90, 70)),
            file);

    assertThat(parity.passes()).isTrue();
    assertThat(parity.frames()).isEqualTo(2);
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(file));
    OnnxExporterTest.check(model);
    assertThat(filesIn(file.getParent())).containsExactly("teacher.onnx");
    Map<String, String> expected = new TreeMap<>();
    expected.put("image", "UINT8[1, 48, 64, 3]");
    graph.inputs().keySet().stream()
        .filter(name -> !name.equals(Ports.IMAGE))
        .forEach(
            name ->
                expected.put(
                    name,
                    (name.equals(TestPorts.DEPTH_INPUT) ? "FLOAT" : "UINT8") + "[1, 48, 64]"));
    try (OrtSession session = session(file)) {
      assertThat(shapes(session.getInputInfo())).isEqualTo(expected);
      Map<String, String> outputs = shapes(session.getOutputInfo());
      assertThat(outputs.keySet()).isSubsetOf(TestPorts.CLASSES, TestPorts.DEPTH);
      assertThat(outputs.keySet())
          .containsExactlyInAnyOrderElementsOf(graph.forInference().outputs().keySet());
    }
  }

  @Test
  void takesWhatIsNoDistanceAsUnknown() throws Exception {
    Path file = temp.resolve("teacher.onnx");
    GraphModule module = settled(EDGE.graph(SEES_DEPTH));
    Sample frame = frame(3, 64, 48);
    TeacherExporter.export(
        module, TestTasks.of(module.graph(), 3), SIZE, 2, Map.of(), List.of(frame), file);
    float[] zeros = frame.values(Depth.ID).clone();
    float[] odd = frame.values(Depth.ID).clone();
    float[] near = frame.values(Depth.ID).clone();
    float[] unknown = {Float.NaN, -1, Float.POSITIVE_INFINITY, 0};
    for (int i = 0; i < zeros.length; i += 3) {
      zeros[i] = 0;
      odd[i] = unknown[i / 3 % 4];
      near[i] = 0.5f;
    }

    try (OrtSession session = session(file)) {
      float[] expected = depth(session, frame.rgb(), TestPorts.DEPTH_INPUT, zeros, null);

      assertThat(depth(session, frame.rgb(), TestPorts.DEPTH_INPUT, odd, null)).isEqualTo(expected);
      assertThat(depth(session, frame.rgb(), TestPorts.DEPTH_INPUT, near, null))
          .isNotEqualTo(expected);
    }
  }

  @Test
  void ignoresIdsThatAreNoClass() throws Exception {
    Path file = temp.resolve("teacher.onnx");
    GraphModule module = settled(EDGE.graph(SEES_LABELS));
    Sample frame = frame(4, 64, 48);
    TeacherExporter.export(
        module, TestTasks.of(module.graph(), 3), SIZE, 2, Map.of(), List.of(frame), file);
    byte[] ignored = frame.ids(Segmentation.ID).clone();
    byte[] beyond = frame.ids(Segmentation.ID).clone();
    byte[] first = frame.ids(Segmentation.ID).clone();
    for (int i = 0; i < ignored.length; i += 3) {
      ignored[i] = (byte) 255;
      beyond[i] = 5;
      first[i] = 0;
    }

    try (OrtSession session = session(file)) {
      float[] expected = depth(session, frame.rgb(), TestPorts.LABELS_INPUT, null, ignored);

      assertThat(depth(session, frame.rgb(), TestPorts.LABELS_INPUT, null, beyond))
          .isEqualTo(expected);
      assertThat(depth(session, frame.rgb(), TestPorts.LABELS_INPUT, null, first))
          .isNotEqualTo(expected);
    }
  }

  @Test
  void leavesNothingWhereTheModelDoesNotAgreeOrCannotBeChecked() throws IOException {
    GraphModule module = settled(EDGE.graph(SEES_DEPTH));
    Path file = temp.resolve("teacher.onnx");
    Sample blind = Sample.of("blind", 64, 48, new byte[3 * 64 * 48]);

    assertThatThrownBy(
            () ->
                TeacherExporter.export(
                    module, TestTasks.of(module.graph(), 3), SIZE, 2, Map.of(), List.of(), file))
        .isInstanceOf(ExportException.class)
        .hasMessage("edge cannot be checked without frames; give one or more");
    assertThatThrownBy(
            () ->
                TeacherExporter.export(
                    module,
                    TestTasks.of(module.graph(), 3),
                    SIZE,
                    2,
                    Map.of(),
                    List.of(blind),
                    file))
        .isInstanceOf(DataException.class)
        .hasMessage("no frame of blind has the depth that the network edge asks for");
    module.parameters().get("heads.depth.out.bias").set(new float[] {Float.NaN});
    assertThatThrownBy(
            () ->
                TeacherExporter.export(
                    module,
                    TestTasks.of(module.graph(), 3),
                    SIZE,
                    2,
                    Map.of(),
                    List.of(frame(5, 64, 48)),
                    file))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("depth differs by at most NaN m");
    assertThat(filesIn(temp)).isEmpty();
  }

  /**
   * A network whose running statistics are not 0 and 1, so that folding them is put to the test.
   */
  private GraphModule settled(LayerGraph graph) {
    GraphModule module = GraphModule.create(graph, manager, 11);
    for (int i = 0; i < 5; i++) {
      long seed = i;
      try (NDManager step = manager.newSubManager()) {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        graph
            .inputs()
            .forEach(
                (name, channels) ->
                    inputs.put(
                        name,
                        Noise.uniform(
                            step,
                            seed,
                            switch (name) {
                              case Ports.IMAGE -> 255;
                              case TestPorts.DEPTH_INPUT -> 5;
                              default -> 1;
                            },
                            new Shape(2, channels, 48, 64))));
        module.forward(inputs, true);
      }
    }
    return module;
  }

  /** Noise, with depth of some metres and holes, and with labels of 5 classes, some ignored. */
  private static Sample frame(long seed, int width, int height) {
    Random random = new Random(seed);
    byte[] rgb = new byte[3 * width * height];
    random.nextBytes(rgb);
    float[] depth = new float[width * height];
    byte[] labels = new byte[width * height];
    for (int i = 0; i < depth.length; i++) {
      depth[i] = random.nextInt(5) == 0 ? Float.NaN : 1 + 4 * random.nextFloat();
      labels[i] = (byte) (random.nextInt(5) == 0 ? 255 : random.nextInt(5));
    }
    return Sample.of("frame " + seed, width, height, rgb)
        .withValues(Depth.ID, depth)
        .withIds(Segmentation.ID, labels);
  }

  private static OrtSession session(Path file) throws OrtException {
    return EngineStart.environment().createSession(file.toString());
  }

  private static float[] depth(
      OrtSession session, byte[] rgb, String extra, float[] metres, byte[] labels)
      throws OrtException {
    OrtEnvironment environment = EngineStart.environment();
    long[] map = {1, 48, 64};
    try (OnnxTensor image =
            OnnxTensor.createTensor(
                environment, ByteBuffer.wrap(rgb), new long[] {1, 48, 64, 3}, OnnxJavaType.UINT8);
        OnnxTensor second =
            metres != null
                ? OnnxTensor.createTensor(environment, FloatBuffer.wrap(metres), map)
                : OnnxTensor.createTensor(
                    environment, ByteBuffer.wrap(labels), map, OnnxJavaType.UINT8);
        OrtSession.Result result = session.run(Map.of(Ports.IMAGE, image, extra, second))) {
      FloatBuffer values =
          ((OnnxTensor) result.get(TestPorts.DEPTH).orElseThrow()).getFloatBuffer();
      float[] copy = new float[values.remaining()];
      values.get(copy);
      return copy;
    }
  }

  private static Map<String, String> shapes(Map<String, NodeInfo> nodes) {
    Map<String, String> shapes = new TreeMap<>();
    nodes.forEach(
        (name, node) -> {
          TensorInfo info = (TensorInfo) node.getInfo();
          shapes.put(name, info.type + Arrays.toString(info.getShape()));
        });
    return shapes;
  }

  private static List<String> filesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).toList();
    }
  }
}
