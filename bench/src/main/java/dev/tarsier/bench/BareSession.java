package dev.tarsier.bench;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.tarsier.runtime.inference.EngineStart;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The bound: the same network with pinned tensors and nothing around it. */
final class BareSession implements AutoCloseable {
  private final OrtSession session;
  private final OnnxTensor input;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> outputs;

  BareSession(Bundle bundle, int threads) throws Exception {
    OrtEnvironment environment = EngineStart.environment();
    BundleManifest manifest = bundle.manifest();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      // As in the product: with spinning, two sessions in one process would hold each other up.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      session = environment.createSession(bundle.readModel(), options);
    }
    BundleManifest.Input in = manifest.input();
    ByteBuffer pixels = ByteBuffer.allocateDirect(in.byteLength());
    long[] shape = {1, in.height(), in.width(), 3};
    input = OnnxTensor.createTensor(environment, pixels, shape, OnnxJavaType.UINT8);
    inputs = Map.of(in.name(), input);
    outputs = new HashMap<>();
    for (BundleManifest.Output output : manifest.outputs().values()) {
      long[] out = output.shape().stream().mapToLong(Long::longValue).toArray();
      int values = (int) Arrays.stream(out).reduce(1, (a, b) -> a * b);
      ByteBuffer memory =
          ByteBuffer.allocateDirect(output.kind().isIds() ? values : Float.BYTES * values)
              .order(ByteOrder.nativeOrder());
      outputs.put(
          output.tensor(),
          output.kind().isIds()
              ? OnnxTensor.createTensor(environment, memory, out, OnnxJavaType.UINT8)
              : OnnxTensor.createTensor(environment, memory.asFloatBuffer(), out));
    }
  }

  void run() throws OrtException {
    session.run(inputs, outputs).close();
  }

  @Override
  public void close() throws OrtException {
    input.close();
    outputs.values().forEach(OnnxTensor::close);
    session.close();
  }
}
