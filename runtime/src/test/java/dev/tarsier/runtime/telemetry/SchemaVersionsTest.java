package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.testing.Prerequisites;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers that were written for a version go on reading. */
class SchemaVersionsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Objects whose keys are no fields: a stage, a reason, a library. */
  private static final Set<String> KEYED = Set.of("dropped", "latencyMillis", "versions");

  private static final TelemetryIdentity WHO = TelemetryIdentity.newSession("r2", "front");

  private static String message(TelemetryJson version, String name) {
    byte[] json =
        switch (name) {
          case "status" ->
              version.status(
                  WHO,
                  Instant.EPOCH,
                  new Status(
                      Status.State.ONLINE, Status.Reason.CONNECTED, "1", List.of(WHO.session())));
          case "factsheet" -> version.factsheet(WHO, Instant.EPOCH, SampleSource.FACTSHEET);
          default -> version.metrics(WHO, Instant.EPOCH, 3, SampleSource.METRICS);
        };
    return new String(json, StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"status", "factsheet", "metrics"})
  void aReaderOfTodaySurvivesTomorrowsMessage(String name) throws Exception {
    JsonNode today = JSON.readTree(message(TelemetryJson.VERSION_2, name));
    Schemas.assertValid(name, today.toString());
    int added = addFields("", today);
    assertThat(added).isPositive();
    Schemas.assertValid(name, today.toString());
  }

  /** Adds a field to every object there is. */
  private static int addFields(String key, JsonNode node) {
    int added = 0;
    for (Map.Entry<String, JsonNode> each : node.properties()) {
      added += addFields(each.getKey(), each.getValue());
    }
    if (node instanceof ArrayNode array) {
      for (JsonNode each : array) {
        added += addFields("", each);
      }
    }
    if (node instanceof ObjectNode object && !KEYED.contains(key)) {
      object.putObject("ofTomorrow").put("nested", 1);
      added++;
    }
    return added;
  }

  @ParameterizedTest
  @ValueSource(strings = {"status", "factsheet", "metrics"})
  void aStrictReaderOfVersion1SurvivesTodaysMessage(String name) {
    Schemas.assertValid("version-1/" + name, message(TelemetryJson.VERSION_1, name));
  }

  @ParameterizedTest
  @EnumSource(HealthState.class)
  void version1KnowsEveryHealth(HealthState state) {
    Metrics sample = SampleSource.METRICS;
    Metrics metrics =
        new Metrics(
            sample.uptimeSeconds(),
            sample.fps(),
            sample.frames(),
            null,
            sample.dropped(),
            sample.latencyMillis(),
            new Metrics.Health(state.name().toLowerCase(Locale.ROOT), List.of()),
            false,
            sample.held(),
            null);
    Schemas.assertValid(
        "version-1/metrics",
        new String(
            TelemetryJson.VERSION_1.metrics(WHO, Instant.EPOCH, 0, metrics),
            StandardCharsets.UTF_8));
  }

  /** Version 1 is what readers have: not a byte of its schemas may change. */
  @Test
  void version1IsAsItWasReleased() throws Exception {
    Map<String, String> released =
        Map.of(
            "status", "84c4d3933a2e7375d3414bfab3fbf9da248f5e4c45edffa69e9945204907b3a4",
            "factsheet", "4c5ee85c1f36bba99f124477aa151666b355299dda4657e0d504144e87636b68",
            "metrics", "eed6dea151f4fd214572456ccb53afcd553e8a7166ffff35739e27170896e533");
    for (Map.Entry<String, String> each : released.entrySet()) {
      byte[] now =
          Files.readAllBytes(
              Prerequisites.root()
                  .resolve("docs/telemetry/version-1/" + each.getKey() + ".schema.json"));
      assertThat(Sha256.of(now)).as(each.getKey()).isEqualTo(each.getValue());
    }
  }
}
