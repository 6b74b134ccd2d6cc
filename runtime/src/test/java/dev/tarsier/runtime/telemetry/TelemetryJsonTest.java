package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TelemetryJsonTest {
  private static final TelemetryIdentity WHO =
      new TelemetryIdentity("Küche", "/front", "7d1b5c0e-0000-4000-8000-000000000000");
  private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678901Z");

  @Test
  void statusFollowsItsSchema() {
    for (Status.State state : Status.State.values()) {
      for (Status.Reason reason : Status.Reason.values()) {
        Schemas.assertValid("status", status(state, reason));
      }
    }
  }

  @Test
  void statusIsExactlyThis() {
    assertThat(status(Status.State.OFFLINE, Status.Reason.LOST))
        .isEqualTo(
            "{\"schema\":\"tarsier.status/2\",\"robot\":\"Küche\",\"node\":\"front\","
                + "\"session\":\"7d1b5c0e-0000-4000-8000-000000000000\","
                + "\"time\":\"2026-01-02T03:04:05.678Z\",\"state\":\"offline\","
                + "\"reason\":\"lost\",\"version\":\"0.1.0\",\"conflicts\":[]}");
  }

  @Test
  void factsheetFollowsItsSchema() {
    Schemas.assertValid(
        "factsheet", text(TelemetryJson.VERSION_2.factsheet(WHO, TIME, SampleSource.FACTSHEET)));
  }

  @Test
  void factsheetWithoutDepthFollowsItsSchema() {
    Factsheet classesOnly =
        new Factsheet(
            SampleSource.FACTSHEET.bundle(),
            SampleSource.FACTSHEET.input(),
            List.of(),
            255,
            null,
            "cpu",
            List.of(),
            SampleSource.FACTSHEET.versions());
    Schemas.assertValid(
        "factsheet", text(TelemetryJson.VERSION_2.factsheet(WHO, TIME, classesOnly)));
  }

  @Test
  void metricsFollowTheirSchema() {
    Schemas.assertValid(
        "metrics", text(TelemetryJson.VERSION_2.metrics(WHO, TIME, 7, SampleSource.METRICS)));
  }

  @Test
  void metricsWithoutAFrameFollowTheirSchema() {
    Metrics nothingYet =
        new Metrics(
            0,
            new Metrics.Rates(0, 0),
            new Metrics.Frames(0, 0, 0, 0, 0),
            null,
            new TreeMap<>(),
            new TreeMap<>(),
            new Metrics.Health("stale", List.of()),
            false,
            new Metrics.Held(0, 0, 0, 0),
            null);
    Schemas.assertValid("metrics", text(TelemetryJson.VERSION_2.metrics(WHO, TIME, 0, nothingYet)));
  }

  @Test
  void theSchemasRefuseWhatIsNotAgreed() {
    String good = text(TelemetryJson.VERSION_2.metrics(WHO, TIME, 7, SampleSource.METRICS));
    for (Map.Entry<String, String> change :
        List.of(
            Map.entry("\"degraded\"", "\"fine\""),
            Map.entry("tarsier.metrics/2", "tarsier.metrics/3"),
            Map.entry("\"sequence\":7,", ""),
            Map.entry("2026-01-02T03:04:05.678Z", "yesterday"))) {
      String bad = good.replace(change.getKey(), change.getValue());
      assertThat(bad).isNotEqualTo(good);
      assertThat(Schemas.errors("metrics", bad)).as(bad).isNotEmpty();
    }
  }

  private static String status(Status.State state, Status.Reason reason) {
    return text(
        TelemetryJson.VERSION_2.status(WHO, TIME, new Status(state, reason, "0.1.0", List.of())));
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }
}
