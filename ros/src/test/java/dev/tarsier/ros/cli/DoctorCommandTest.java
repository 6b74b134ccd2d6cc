package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.ros.doctor.Finding;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
  private static final List<Finding> FINDINGS =
      List.of(
          Finding.ok("Machine", "Java", "17.0.13"),
          Finding.missing(
              "ROS 1", "rosbag", "not on the PATH", "bags, ".repeat(40), "apt install it"),
          Finding.broken("Perception", "bundle", "no such folder", "perceiving", "restore it"));

  @Test
  void noLineIsWiderThanTheTerminal() {
    String text = printed(FINDINGS, new Terminal(false, 60));
    assertThat(text.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(60));
    assertThat(text).contains("✓ Java").contains("○ rosbag").contains("✗ bundle");
    assertThat(text).contains("for: perceiving").contains("get: restore it");
    assertThat(text).contains("Not ready: 1 needed thing is missing or broken");
  }

  @Test
  void saysReadyWhenOnlyOptionalThingsAreMissing() {
    assertThat(printed(FINDINGS.subList(0, 2), new Terminal(false, 100)))
        .contains("Ready: perception works here on the CPU; 1 optional thing is missing.");
  }

  @Test
  void jsonCarriesEveryFinding() throws Exception {
    JsonNode json = new ObjectMapper().readTree(DoctorCommand.json(FINDINGS));
    assertThat(json.get("schema").asText()).isEqualTo("tarsier.doctor/1");
    assertThat(json.get("ready").asBoolean()).isFalse();
    assertThat(json.at("/findings/1/verdict").asText()).isEqualTo("missing");
    assertThat(json.at("/findings/2/remedy").asText()).isEqualTo("restore it");
  }

  private static String printed(List<Finding> findings, Terminal terminal) {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    DoctorCommand.print(findings, out, terminal);
    out.flush();
    return text.toString();
  }
}
