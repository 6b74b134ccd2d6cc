package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines as folders: what the files of each say, from NVIDIA's own documentation. */
class NvidiaMachineTest {
  @TempDir Path root;

  private NvidiaMachine machine(String smi) {
    return new NvidiaMachine(root, Map.of("LD_LIBRARY_PATH", root + "/opt/trt/lib:"), smi);
  }

  private void file(String path, String text) throws Exception {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void library(String folder, String name, String version) throws Exception {
    file(folder + "/" + name + ".so." + version, "");
    Files.createSymbolicLink(
        root.resolve(folder).resolve(name + ".so." + version.split("\\.")[0]),
        Path.of(name + ".so." + version));
  }

  private String smi(String answer) throws Exception {
    Path program = root.resolve("nvidia-smi");
    Files.writeString(program, "#!/bin/sh\n" + answer + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    return program.toString();
  }

  @Test
  void aWorkstationTellsByNvidiaSmi() throws Exception {
    library("usr/local/cuda/lib64", "libcudart", "12.6.77");
    library("opt/trt/lib", "libnvinfer", "10.3.0");
    NvidiaMachine machine = machine(smi("echo 'NVIDIA H200, 9.0, 560.35.05'"));
    assertThat(machine.facts())
        .isEqualTo(new GpuFacts("NVIDIA H200", "9.0", "560.35.05", "12.6.77", "10.3.0"));
    assertThat(machine.library("libnvinfer").orElseThrow().file())
        .isEqualTo(root.resolve("opt/trt/lib/libnvinfer.so.10.3.0").toRealPath());
    assertThat(machine.jetsonLinux()).isEmpty();
  }

  @Test
  void withoutNvidiaSmiTheDriversFilesTell() throws Exception {
    file(
        "proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t NVIDIA RTX A2000\nIRQ: 1\n");
    file(
        "proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n");
    assertThat(machine("/there/is/none").facts())
        .isEqualTo(new GpuFacts("NVIDIA RTX A2000", "unknown", "550.54.14", "unknown", "unknown"));
    assertThat(machine("x").hasGpu()).isTrue();
  }

  @Test
  void aJetsonTellsByItsDeviceTree() throws Exception {
    file(
        "etc/nv_tegra_release",
        "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64\n");
    file("proc/device-tree/model", "NVIDIA Jetson Orin Nano Developer Kit\0");
    file("proc/device-tree/compatible", "nvidia,p3768-0000+p3767-0005\0nvidia,tegra234\0");
    library("usr/lib/aarch64-linux-gnu", "libnvinfer", "10.3.0");
    library("usr/local/cuda/targets/aarch64-linux/lib", "libcudart", "12.6.68");
    NvidiaMachine machine = machine(smi("echo 'Orin (nvgpu), [N/A], [N/A]'"));
    assertThat(machine.facts())
        .isEqualTo(new GpuFacts("Orin (nvgpu)", "8.7", "L4T 36.4.3", "12.6.68", "10.3.0"));
    assertThat(machine.board()).contains("NVIDIA Jetson Orin Nano Developer Kit");
    assertThat(machine("/there/is/none").facts().name())
        .isEqualTo("NVIDIA Jetson Orin Nano Developer Kit");
  }

  @Test
  void aMachineWithoutAnythingTellsNothing() throws Exception {
    assertThat(machine(smi("exit 9")).facts())
        .isEqualTo(new GpuFacts("unknown", "unknown", "unknown", "unknown", "unknown"));
    assertThat(machine("x").hasGpu()).isFalse();
  }
}
