package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.doctor.Check;
import dev.tarsier.ros.doctor.Finding;
import dev.tarsier.ros.doctor.Surroundings;
import dev.tarsier.ros.doctor.Verdict;
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
    assertThat(findings.get(1))
        .isEqualTo(Finding.ok("Training", "encoder weights", data.resolve("weights").toString()));
    assertThat(findings.get(2).verdict()).isEqualTo(Verdict.MISSING);
    assertThat(findings.get(2).value()).isEqualTo(data.resolve("nyuv2") + " is not there");
  }

  @Test
  void nothingThatTrainingLacksBreaksPerceiving() {
    assertThat(examine(Map.of())).noneMatch(each -> each.verdict() == Verdict.BROKEN);
  }

  private List<Finding> examine(Map<String, String> environment) {
    return new TrainingCheck()
        .examine(
            new Surroundings(
                environment, home, "none", "tcp://localhost:1883", Duration.ofSeconds(1)));
  }
}
