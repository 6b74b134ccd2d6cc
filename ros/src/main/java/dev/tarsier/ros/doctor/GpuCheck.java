package dev.tarsier.ros.doctor;

import dev.tarsier.runtime.inference.GpuFacts;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.NvidiaMachine;
import dev.tarsier.runtime.inference.Provider;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * NVIDIA's GPU and libraries, only where there is such a GPU: a robot without one lacks nothing.
 */
final class GpuCheck implements Check {
  private static final String GROUP = "GPU";
  private static final String PURPOSE = "running the network on the GPU";

  /** ONNX Runtime's plug-in takes no older one. */
  private static final int LEAST_TENSORRT = 10;

  private final NvidiaMachine machine;

  GpuCheck(NvidiaMachine machine) {
    this.machine = machine;
  }

  @Override
  public int order() {
    return 11;
  }

  @Override
  public List<Finding> examine(Surroundings surroundings) {
    if (!machine.hasGpu()) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    GpuFacts facts = machine.facts();
    findings.add(
        Finding.ok(
            GROUP,
            "device",
            "%s · compute capability %s · driver %s"
                .formatted(facts.name(), facts.computeCapability(), facts.driver())));
    Optional<String> jetson = machine.jetsonLinux();
    jetson.ifPresent(
        version -> findings.add(Finding.ok(GROUP, "Jetson Linux", version + jetPack(version))));
    String remedy =
        jetson.isPresent()
            ? "sudo apt install nvidia-jetpack; then see docs/jetson.md"
            : "install CUDA 12, cuDNN 9 and TensorRT 10 from NVIDIA's package repository";
    findings.add(library("CUDA runtime", "libcudart", remedy));
    findings.add(library("cuDNN", "libcudnn", remedy));
    findings.add(tensorRt(remedy));
    if (jetson.isPresent()) {
      findings.add(natives(InferenceEngine.usual().lacks(Provider.TENSORRT)));
    }
    return findings;
  }

  private static String jetPack(String jetsonLinux) {
    return switch (jetsonLinux.split("\\.")[0]) {
      case "35" -> " · JetPack 5";
      case "36" -> " · JetPack 6";
      case "38" -> " · JetPack 7";
      default -> "";
    };
  }

  private Finding tensorRt(String remedy) {
    Finding found = library("TensorRT", "libnvinfer", remedy);
    String version = machine.library("libnvinfer").map(NvidiaMachine.Library::version).orElse("");
    String major = version.split("\\.")[0];
    return major.matches("[0-9]{1,4}") && Integer.parseInt(major) < LEAST_TENSORRT
        ? Finding.missing(
            GROUP,
            "TensorRT",
            found.value() + " is too old",
            PURPOSE,
            "TensorRT %d or newer; on a Jetson JetPack 6.1 or newer has it"
                .formatted(LEAST_TENSORRT))
        : found;
  }

  private Finding library(String name, String file, String remedy) {
    return machine
        .library(file)
        .map(
            found ->
                Finding.ok(
                    GROUP,
                    name,
                    "%s · %s"
                        .formatted(
                            found.version().isEmpty() ? "?" : found.version(), found.file())))
        .orElseGet(() -> Finding.missing(GROUP, name, file + ".so was not found", PURPOSE, remedy));
  }

  private static Finding natives(Optional<String> lacks) {
    String name = "ONNX Runtime";
    return lacks.isEmpty()
        ? Finding.ok(GROUP, name, "with TensorRT")
        : Finding.missing(
            GROUP,
            name,
            "a build without TensorRT",
            PURPOSE,
            "a plug-in (provider:=plugin:/path/lib….so) or a build of your own"
                + " (TARSIER_JAVA_OPTS=-Donnxruntime.native.path=DIR); see docs/jetson.md");
  }
}
