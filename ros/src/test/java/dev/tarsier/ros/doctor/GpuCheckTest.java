package dev.tarsier.ros.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.inference.NvidiaMachine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuCheckTest {
  @TempDir Path root;

  private List<Finding> findings() {
    return new GpuCheck(new NvidiaMachine(root, Map.of(), "/there/is/none"))
        .examine(
            new Surroundings(Map.of(), root, "any", "tcp://localhost:1", Duration.ofMillis(1)));
  }

  private Finding finding(String name) {
    return findings().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  private void file(String path, String text) throws Exception {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void aMachineWithoutAGpuLacksNothing() {
    assertThat(findings()).isEmpty();
  }

  @Test
  void aJetsonIsToldWhatItLacks() throws Exception {
    file("etc/nv_tegra_release", "# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic\n");
    file("proc/device-tree/model", "NVIDIA Jetson Orin Nano\0");
    file("usr/local/cuda/targets/aarch64-linux/lib/libcudart.so.12.6.68", "");

    assertThat(findings()).noneMatch(each -> each.verdict() == Verdict.BROKEN);
    assertThat(finding("device").value()).startsWith("NVIDIA Jetson Orin Nano · ");
    assertThat(finding("Jetson Linux").value()).isEqualTo("36.4.3 · JetPack 6");
    assertThat(finding("CUDA runtime").value()).startsWith("12.6.68 · ");
    assertThat(finding("TensorRT").verdict()).isEqualTo(Verdict.MISSING);
    assertThat(finding("TensorRT").remedy()).contains("nvidia-jetpack");
    assertThat(finding("ONNX Runtime").remedy()).contains("plugin:", "docs/jetson.md");
  }

  @Test
  void anOldTensorRtIsNamed() throws Exception {
    file("etc/nv_tegra_release", "# R35 (release), REVISION: 4.1, GCID: 1, BOARD: x\n");
    file("usr/lib/aarch64-linux-gnu/libnvinfer.so.8.5.2", "");
    assertThat(finding("Jetson Linux").value()).isEqualTo("35.4.1 · JetPack 5");
    assertThat(finding("TensorRT").verdict()).isEqualTo(Verdict.MISSING);
    assertThat(finding("TensorRT").value()).startsWith("8.5.2 · ").endsWith(" is too old");
    assertThat(finding("TensorRT").remedy()).contains("JetPack 6.1 or newer");
  }
}
