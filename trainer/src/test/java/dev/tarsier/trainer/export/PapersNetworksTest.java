package dev.tarsier.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.tarsier.runtime.inference.EngineStart;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.evaluation.OutputPlanes;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TestTasks;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SegNet, MTAN and XTasC-Net in ONNX Runtime against PyTorch. */
class PapersNetworksTest {
  /** At a size that all poolings divide, and at one that none does. */
  @ParameterizedTest
  @CsvSource({"64, 96", "45, 83"})
  void exportedNetworksGiveWhatTheyGaveInPyTorch(int height, int width) throws OrtException {
    for (LayerGraph graph : TensorRtTableTest.papers(TestPorts.withNormals(5))) {
      try (NDManager manager = PyTorch.newBaseManager();
          GraphModule module = GraphModule.create(graph, manager, 3)) {
        byte[] pixels = pixels(height, width);
        NDArray image = image(manager, pixels, height, width);
        for (int i = 0; i < 30; i++) {
          module.forward(image, true).values().forEach(NDArray::close);
        }
        NetworkTasks tasks = TestTasks.of(graph, 5);
        assertThat(tasks.outputs()).hasSize(3);
        compare(module, tasks, pixels, image, height, width);
      }
    }
  }

  /** A vector of length 0 has no direction, and a division by 0 no value. */
  @Test
  void aHeadThatIsSilentGivesNoDirection() throws OrtException {
    LayerGraph graph =
        new Edge(PublishedEncoder.TORCHVISION, 0.25, 16).graph(TestPorts.withNormals(5));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, manager, 3)) {
      Gradients.without(
          () ->
              module
                  .parameters()
                  .forEach(
                      (name, values) -> values.muli(name.startsWith("heads.normals") ? 0 : 1)));
      byte[] pixels = pixels(32, 64);
      NDArray image = image(manager, pixels, 32, 64);
      NetworkTasks tasks = TestTasks.of(graph, 5);
      Map<String, Plane> said = compare(module, tasks, pixels, image, 32, 64);
      assertThat(said.get("normals").valueArray()).containsOnly(0);
    }
  }

  private static byte[] pixels(int height, int width) {
    byte[] pixels = new byte[height * width * 3];
    new Random(5).nextBytes(pixels);
    return pixels;
  }

  private static NDArray image(NDManager manager, byte[] pixels, int height, int width) {
    float[] values = new float[pixels.length];
    for (int i = 0; i < values.length; i++) {
      int plane = i / (height * width);
      values[i] = Byte.toUnsignedInt(pixels[i % (height * width) * 3 + plane]);
    }
    return manager.create(values, new Shape(1, 3, height, width));
  }

  /** Runs a network in both; gives what it says in PyTorch, by task. */
  private static Map<String, Plane> compare(
      GraphModule module, NetworkTasks tasks, byte[] pixels, NDArray image, int height, int width)
      throws OrtException {
    ModelProto model = OnnxExporter.export(module, tasks, new Size(height, width), Map.of());
    OnnxExporterTest.check(model);

    Map<String, Plane> planes = new HashMap<>();
    Map<String, NDArray> expected = module.forward(image, false);
    OrtEnvironment environment = EngineStart.environment();
    ByteBuffer direct = ByteBuffer.allocateDirect(pixels.length).put(pixels).rewind();
    try (OnnxTensor tensor =
            OnnxTensor.createTensor(
                environment, direct, new long[] {1, height, width, 3}, OnnxJavaType.UINT8);
        OrtSession session = environment.createSession(model.toByteArray());
        OrtSession.Result result = session.run(Map.of("image", tensor))) {
      for (Task task : tasks.outputs()) {
        Plane plane =
            OutputPlanes.of(task.head().kind(), expected.get(task.tensor()), height, width).get(0);
        OnnxTensor found = (OnnxTensor) result.get(task.tensor()).orElseThrow();
        planes.put(task.id(), plane);
        compare(module.graph().name() + " " + task.id(), plane, found);
      }
    }
    return planes;
  }

  private static void compare(String what, Plane expected, OnnxTensor found) {
    if (expected.isIds()) {
      ByteBuffer ids = found.getByteBuffer();
      int different = 0;
      for (int i = 0; i < ids.remaining(); i++) {
        different += ids.get(i) == expected.ids().get(i) ? 0 : 1;
      }
      // Logits that are nearly equal may fall to either.
      assertThat(different).as(what).isLessThanOrEqualTo(ids.remaining() / 1000);
      return;
    }
    FloatBuffer values = found.getFloatBuffer();
    float[] got = new float[values.remaining()];
    values.get(got);
    float[] wanted = new float[got.length];
    expected.values().get(wanted);
    // Sums in another order, through fifty layers, of values of size 1; depth is of size 10.
    assertThat(got).as(what).containsExactly(wanted, offset(1e-3f));
  }
}
