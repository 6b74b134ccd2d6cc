package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class InstructionSetTest {
  @TempDir private Path temp;

  /** What a program prints that uses DJL with this module on its class path, without a launcher. */
  private String compute(Map<String, String> environment, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-Dai.djl.offline=true", "-Dai.djl.pytorch.num_threads=2"));
    command.add(ComputingProcess.class.getName());
    command.addAll(List.of(arguments));
    Path log = temp.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().keySet().removeAll(List.of(InstructionSet.VARIABLE, "DNNL_MAX_CPU_ISA"));
    builder.environment().putAll(environment);
    builder.environment().put("ONEDNN_VERBOSE", "1");
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    int code = builder.start().waitFor();
    String text = Files.readString(log);
    assertThat(code).as(text).isZero();
    return text;
  }

  @Test
  void isChosenBeforePyTorchLoadsWhoeverLoadsIt() throws Exception {
    boolean sound =
        InstructionSet.isSound(
            System.getProperty("os.arch"), InstructionSet.vendor(Path.of("/proc/cpuinfo")));
    assertThat(compute(Map.of())).contains("environment: " + (sound ? "null" : "AVX2"));
  }

  @Test
  void whatTheUserSetsIsKept() throws Exception {
    String text = compute(Map.of(InstructionSet.VARIABLE, "SSE41"));
    assertThat(text).contains("environment: SSE41").contains("isa:Intel SSE4.1");
  }

  @Test
  void oneDnnReadsWhatIsSetSoLate() throws Exception {
    // Lower than what is chosen, so that each processor shows it.
    assertThat(compute(Map.of(), "SSE41")).contains("isa:Intel SSE4.1");
  }

  @Test
  void onlyIntelsProcessorsAreKnownToBeSound() {
    assertThat(InstructionSet.isSound("amd64", Optional.of("GenuineIntel"))).isTrue();
    assertThat(InstructionSet.isSound("amd64", Optional.of("AuthenticAMD"))).isFalse();
    assertThat(InstructionSet.isSound("amd64", Optional.of("HygonGenuine"))).isFalse();
    assertThat(InstructionSet.isSound("amd64", Optional.empty())).isFalse();
    // There is no AVX-512.
    assertThat(InstructionSet.isSound("aarch64", Optional.empty())).isTrue();
  }

  @Test
  void readsWhoMadeTheProcessor() throws IOException {
    Path info = temp.resolve("cpuinfo");
    Files.writeString(info, "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\n");
    assertThat(InstructionSet.vendor(info)).contains("AuthenticAMD");
    assertThat(InstructionSet.vendor(temp.resolve("none"))).isEmpty();
  }

  @Test
  void aBlankVariableIsNoChoice() {
    assertThat(InstructionSet.users(Map.of(InstructionSet.VARIABLE, " "))).isEmpty();
    assertThat(InstructionSet.users(Map.of("DNNL_MAX_CPU_ISA", "AVX"))).contains("AVX");
    assertThat(InstructionSet.users(Map.of(InstructionSet.VARIABLE, "ALL", "DNNL_MAX_CPU_ISA", "")))
        .contains("ALL");
  }
}
