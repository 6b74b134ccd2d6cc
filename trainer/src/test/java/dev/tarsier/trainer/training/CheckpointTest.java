package dev.tarsier.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  /** Something that the checkpoint was not made for. */
  private static final class Drawing implements State {
    private final NDArray mean;
    private long seed;
    private long resumedAt = -1;

    Drawing(NDManager manager, float mean, long seed) {
      this.mean = manager.create(new float[] {mean});
      this.seed = seed;
    }

    @Override
    public String name() {
      return "drawing";
    }

    @Override
    public Map<String, NDArray> tensors() {
      return Map.of("mean", mean);
    }

    @Override
    public Map<String, Long> numbers() {
      return Map.of("seed", seed);
    }

    @Override
    public void resume(long steps, Map<String, Long> numbers) {
      seed = numbers.get("seed");
      resumedAt = steps;
    }
  }

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private State weights(float value) {
    return State.of("model", Map.of("weight", manager.create(new float[] {value, value})));
  }

  @Test
  void holdsWhateverStatesThereAre(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("last.safetensors");
    // No double holds this number.
    long seed = Long.MIN_VALUE + 1;
    Checkpoint.write(file, "net", 7, List.of(weights(3), new Drawing(manager, 0.1f, seed)));
    State weights = weights(0);
    Drawing drawing = new Drawing(manager, 0, 0);
    assertThat(Checkpoint.read(file, List.of(weights, drawing))).isEqualTo(7);
    assertThat(weights.tensors().get("weight").toFloatArray()).containsExactly(3, 3);
    assertThat(drawing.mean.toFloatArray()).containsExactly(0.1f);
    assertThat(drawing.seed).isEqualTo(seed);
    assertThat(drawing.resumedAt).isEqualTo(7);
  }

  @Test
  void namesAStateThatIsMissingOrLeftOver(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("last.safetensors");
    Drawing drawing = new Drawing(manager, 5, 1);
    State weights = weights(0);
    Checkpoint.write(file, "net", 7, List.of(weights(3)));
    assertThatThrownBy(() -> Checkpoint.read(file, List.of(weights, drawing)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("drawing.seed is missing")
        .hasMessageContaining("move its folder away to train anew");
    Checkpoint.write(file, "net", 7, List.of(weights(3), drawing));
    assertThatThrownBy(() -> Checkpoint.read(file, List.of(weights)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("it has drawing.mean");
    assertThat(weights.tensors().get("weight").toFloatArray()).containsExactly(0, 0);
    assertThat(drawing.mean.toFloatArray()).containsExactly(5);
  }
}
