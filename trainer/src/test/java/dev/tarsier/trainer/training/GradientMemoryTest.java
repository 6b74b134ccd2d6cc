package dev.tarsier.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Scalars;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.MaskedCrossEntropy;
import dev.tarsier.trainer.task.MaskedL1;
import dev.tarsier.trainer.task.MaskedLogL1;
import dev.tarsier.trainer.task.SoftCrossEntropy;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** PyTorch keeps arrays for the backward pass; their memory must not be Java's to free. */
class GradientMemoryTest {
  private static final LayerGraph SMALL =
      new Edge(PublishedEncoder.TORCHVISION, 0.25, 16).graph(TestPorts.of(2));
  private static final int HEIGHT = 48;
  private static final int WIDTH = 64;

  @Test
  void gradientsAreTheSameWhenTheGarbageCollectorRunsBeforeThem() throws Exception {
    Map<String, List<Float>> undisturbed = gradients(false);
    assertThat(undisturbed).isNotEmpty();
    assertThat(gradients(true)).isEqualTo(undisturbed);
  }

  private static Map<String, List<Float>> gradients(boolean collect) throws InterruptedException {
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(SMALL, base, 7);
        NDManager work = base.newSubManager()) {
      JniUtils.setGradMode(true);
      NDArray loss = loss(work, module);
      List<ByteBuffer> overwriting = collect ? freeAndOverwrite() : List.of();
      try {
        JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
      } finally {
        Reference.reachabilityFence(overwriting);
      }
      Map<String, List<Float>> gradients = new TreeMap<>();
      module
          .parameters()
          .forEach(
              (name, parameter) -> {
                try (NDArray gradient = parameter.getGradient()) {
                  gradients.put(name, list(gradient.toFloatArray()));
                }
              });
      return gradients;
    }
  }

  private static NDArray loss(NDManager work, GraphModule module) {
    Random random = new Random(1);
    float[] pixels = new float[3 * HEIGHT * WIDTH];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(256);
    }
    int targets = HEIGHT / 2 * (WIDTH / 2);
    long[] ids = new long[targets];
    float[] metres = new float[targets];
    for (int i = 0; i < targets; i++) {
      ids[i] = random.nextInt(2);
      metres[i] = 1 + random.nextFloat();
    }
    Shape target = new Shape(1, 1, HEIGHT / 2, WIDTH / 2);
    NDArray ones = work.ones(target);
    NDArray depth = work.create(metres, target);
    Map<String, NDArray> said =
        module.forward(work.create(pixels, new Shape(1, 3, HEIGHT, WIDTH)), true);
    NDArray logits = said.get(TestPorts.CLASSES);
    NDArray halves = work.ones(logits.getShape()).div(2);
    NDArray classes = MaskedCrossEntropy.of(logits, work.create(ids, target), ones, targets);
    NDArray soft = SoftCrossEntropy.of(logits, halves, targets);
    NDArray near = MaskedL1.of(said.get(TestPorts.DEPTH), depth, ones, targets);
    NDArray ratio = MaskedLogL1.of(said.get(TestPorts.DEPTH), depth, ones, targets);
    return Scalars.times(classes.add(soft).add(near).add(ratio), 0.7);
  }

  /** Frees all that Java believes nobody needs, and writes over what is handed out again. */
  private static List<ByteBuffer> freeAndOverwrite() throws InterruptedException {
    for (int round = 0; round < 2; round++) {
      ReferenceQueue<Object> queue = new ReferenceQueue<>();
      PhantomReference<Object> last = new PhantomReference<>(new Object(), queue);
      System.gc();
      assertThat((Object) queue.remove(10_000)).isSameAs(last);
    }
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      buffers.add(
          ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder()).putFloat(0, 7777f));
    }
    return buffers;
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>(values.length);
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}
