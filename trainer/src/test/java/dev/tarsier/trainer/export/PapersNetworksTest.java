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
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TestTasks;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Random;
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
        byte[] pixels = new byte[height * width * 3];
        new Random(5).nextBytes(pixels);
        float[] values = new float[pixels.length];
        for (int i = 0; i < values.length; i++) {
          int plane = i / (height * width);
          values[i] = Byte.toUnsignedInt(pixels[i % (height * width) * 3 + plane]);
        }
        NDArray image = manager.create(values, new Shape(1, 3, height, width));
        for (int i = 0; i < 30; i++) {
          module.forward(image, true).values().forEach(NDArray::close);
        }
        NetworkTasks tasks = TestTasks.of(graph, 5);
        assertThat(tasks.outputs()).hasSize(3);
        ModelProto model = OnnxExporter.export(module, tasks, new Size(height, width), Map.of());
        OnnxExporterTest.check(model);

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
                OutputPlanes.of(task.head().kind(), expected.get(task.tensor()), height, width)
                    .get(0);
            OnnxTensor found = (OnnxTensor) result.get(task.tensor()).orElseThrow();
            compare(graph.name() + " " + task.id(), plane, found);
          }
        }
      }
    }
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
