package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another engine in ONNX Runtime's place. */
class InferenceEngineTest {
  @TempDir Path folder;

  /** Has one provider, whose networks say that all is class 2 at 3 m. */
  private static final class OtherEngine implements InferenceEngine {
    private final boolean fails;
    private boolean closed;

    OtherEngine(boolean fails) {
      this.fails = fails;
    }

    @Override
    public String name() {
      return "Other";
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public long liveTensors() {
      return 0;
    }

    @Override
    public LoadedNetwork load(Model model, ProviderStep step, SessionOptions options, Path built)
        throws InferenceException {
      if (step.provider() != Provider.CUDA) {
        throw new InferenceException("only cuda here", null);
      }
      return new LoadedNetwork() {
        private final Map<String, ByteBuffer> tensors = new HashMap<>();

        @Override
        public Map<String, TensorSpec> inputs() {
          return Map.of("image", TensorSpec.uint8(1, TestBundles.HEIGHT, TestBundles.WIDTH, 3));
        }

        @Override
        public Map<String, TensorSpec> outputs() {
          return Map.of(
              "classes", TensorSpec.uint8(1, 12, 16), "depth", TensorSpec.floats(1, 12, 16));
        }

        @Override
        public ByteBuffer tensor(String name) {
          int bytes = name.equals("depth") ? 4 * 12 * 16 : 3 * 4 * 12 * 16;
          return tensors
              .computeIfAbsent(
                  name,
                  any ->
                      ByteBuffer.allocateDirect(name.equals("classes") ? 12 * 16 : bytes)
                          .order(ByteOrder.LITTLE_ENDIAN))
              .clear();
        }

        @Override
        public void run() throws InferenceException {
          if (fails) {
            throw new InferenceException("out of memory", null);
          }
          for (int i = 0; i < 12 * 16; i++) {
            tensor("classes").put(i, (byte) 2);
            tensor("depth").putFloat(4 * i, 3);
          }
        }

        @Override
        public void close() {
          closed = true;
        }
      };
    }
  }

  @Test
  void anotherEngineRunsABundle() throws Exception {
    Bundle bundle = TestBundles.load(folder);
    OtherEngine engine = new OtherEngine(false);
    SessionOptions options = SessionOptions.of(ProviderPreference.auto());
    try (InferenceSession session = InferenceSession.open(bundle, options, engine)) {
      assertThat(session.provider()).isEqualTo(Provider.CUDA);
      assertThat(session.fallbacks())
          .extracting(ProviderFallback::toString)
          .containsExactly("tensorrt fp16: only cuda here", "tensorrt fp32: only cuda here");
      session.run();
      assertThat(session.plane("segmentation").ids().get(191)).isEqualTo((byte) 2);
      assertThat(session.plane("depth").values().get(191)).isEqualTo(3);
    }
    assertThat(engine.closed).isTrue();
  }

  @Test
  void itsFailureNamesTheProvider() throws Exception {
    Bundle bundle = TestBundles.load(folder);
    SessionOptions options = SessionOptions.of(ProviderPreference.require(Provider.CUDA));
    try (InferenceSession session = InferenceSession.open(bundle, options, new OtherEngine(true))) {
      assertThatThrownBy(session::run)
          .isInstanceOf(InferenceException.class)
          .hasMessage("the network failed on cuda: out of memory");
    }
  }
}
