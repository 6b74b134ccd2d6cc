package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.doctor.Check;
import dev.tarsier.ros.doctor.Finding;
import dev.tarsier.ros.doctor.Surroundings;
import dev.tarsier.ros.doctor.Verdict;
import dev.tarsier.trainer.network.ConvolutionCheck;
import dev.tarsier.trainer.network.Device;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingCheckTest {
  @TempDir Path home;

  @Test
  void theDoctorFindsIt() {
    assertThat(ServiceLoader.load(Check.class)).hasAtLeastOneElementOfType(TrainingCheck.class);
  }

  @Test
  void computesWithPyTorchAndSaysWhichDataIsThere() throws Exception {
    Path data = home.resolve("data");
    Files.createDirectories(data.resolve("weights"));
    List<Finding> findings = examine(Map.of("TARSIER_DATA", data.toString()));
    assertThat(findings.get(0).name()).isEqualTo("PyTorch");
    assertThat(findings.get(0).verdict()).isEqualTo(Verdict.OK);
    assertThat(findings.get(0).value()).startsWith("2.");
    assertThat(findings.get(1).name()).isEqualTo("convolutions");
    assertThat(findings.get(1).verdict()).isEqualTo(Verdict.OK);
    assertThat(findings.get(2))
        .isEqualTo(Finding.ok("Training", "encoder weights", data.resolve("weights").toString()));
    assertThat(findings.get(3).verdict()).isEqualTo(Verdict.MISSING);
    assertThat(findings.get(3).value()).isEqualTo(data.resolve("nyuv2") + " is not there");
  }

  @Test
  void saysWhichDeviceTrainingsUse() {
    assertThat(examine(Map.of()).get(0).value()).endsWith("trainings use the device cpu");
    assertThat(examine(Map.of("TARSIER_DEVICE", "CPU")).get(0).verdict()).isEqualTo(Verdict.OK);
    Finding wrong = examine(Map.of("TARSIER_DEVICE", "gpu")).get(0);
    assertThat(wrong.verdict()).isEqualTo(Verdict.BROKEN);
    assertThat(wrong.value())
        .isEqualTo("TARSIER_DEVICE: device must be one of cpu, cuda, auto, got 'gpu'");
  }

  /** Without natives for CUDA, which no machine of the tests has on its class path. */
  @Test
  void namesTheWayToCuda() {
    assertThat(PyTorch.resolve(Device.AUTO)).isEqualTo(Device.CPU);
    Finding wrong = examine(Map.of("TARSIER_DEVICE", "cuda")).get(0);
    assertThat(wrong.verdict()).isEqualTo(Verdict.BROKEN);
    assertThat(wrong.value()).contains("pytorch-native-cu128").contains("take device cpu");
  }

  @Test
  void nothingThatTrainingLacksBreaksPerceiving() {
    assertThat(examine(Map.of())).noneMatch(each -> each.verdict() == Verdict.BROKEN);
  }

  @Test
  void aProcessorThatComputesWronglyIsBrokenAndTheFindingNamesTheWayOut() {
    Finding finding =
        TrainingCheck.convolutions(
            new ConvolutionCheck.Result(
                "edge",
                2,
                40,
                1e-6,
                List.of(
                    new ConvolutionCheck.Difference(
                        "encoder.features.17.conv.2",
                        Layer.Conv.pointwise(960, 320, false),
                        4,
                        new Size(4, 5),
                        "output",
                        1.5))));
    assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
    assertThat(finding.value())
        .contains("2 threads")
        .contains("1 of 40 convolutions of edge")
        .contains("encoder.features.17.conv.2 (1x1, 960 to 320 channels")
        .contains("[4,960,4,5]");
    assertThat(finding.remedy()).contains("ONEDNN_MAX_CPU_ISA=AVX2").contains("TARSIER_THREADS=1");
  }

  private List<Finding> examine(Map<String, String> environment) {
    return new TrainingCheck()
        .examine(
            new Surroundings(
                environment, home, "none", "tcp://localhost:1883", Duration.ofSeconds(1)));
  }
}
