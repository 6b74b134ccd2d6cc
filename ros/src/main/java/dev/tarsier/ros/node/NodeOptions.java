package dev.tarsier.ros.node;

import dev.tarsier.ros.graph.Parameters;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.health.HealthLimits;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.metrics.TimeSource;
import dev.tarsier.runtime.pipeline.PipelineOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The node's private parameters, by the same names in snake case; every one has a default, see
 * {@link #DEFAULTS}.
 *
 * @param model a bundle's folder: absolute, or below Tarsier's folder or its {@code models/}
 * @param provider {@code auto}, {@code tensorrt}, {@code cuda} or {@code cpu}
 * @param requireProvider whether to end rather than use a slower provider than the one asked for
 * @param threads of the CPU provider, 1 to 1024; 0 = one for each processor, at most four
 * @param compressed whether to subscribe to compressed images
 * @param cameraInfo topic of the calibration; empty = beside the image's
 * @param maxAgeMillis nothing is published of an image older than this, counted from its arrival, 0
 *     to 600,000 ms; 0 = no limit
 * @param staleMillis no image for this long is a stale camera, 10 to 600,000 ms
 * @param frozenFrames so many equal images in a row are a frozen camera, 0 to 1,000,000; 0 = never
 * @param mqtt broker for telemetry, such as {@code tcp://host:1883}; empty = as {@code telemetry}
 *     says
 * @param robot name in telemetry's topics; empty = as {@code telemetry} says
 * @param telemetry all that telemetry can be told
 */
public record NodeOptions(
    String model,
    String provider,
    boolean requireProvider,
    int threads,
    boolean compressed,
    String cameraInfo,
    int maxAgeMillis,
    int staleMillis,
    int frozenFrames,
    String mqtt,
    String robot,
    TelemetryConfig telemetry) {
  /** The shipped model, the fastest provider, raw images, no telemetry. */
  public static final NodeOptions DEFAULTS =
      new NodeOptions(
          ModelFolder.SHIPPED,
          "auto",
          false,
          0,
          false,
          "",
          1000,
          1000,
          30,
          "",
          "",
          TelemetryConfig.DEFAULTS);

  /** So that a broker that hangs does not hold up the node's end. */
  private static final int LONGEST_GOODBYE_MILLIS = 800;

  /** Checks the ranges. */
  public NodeOptions {
    Objects.requireNonNull(cameraInfo, "cameraInfo");
    Objects.requireNonNull(mqtt, "mqtt");
    Objects.requireNonNull(robot, "robot");
    Objects.requireNonNull(telemetry, "telemetry");
    if (model.isBlank()) {
      throw new IllegalArgumentException("model must be a bundle's folder, got nothing");
    }
    ProviderPreference.parse(provider, requireProvider);
    within("threads", threads, 0, 1024);
    within("max_age_millis", maxAgeMillis, 0, 600_000);
    within("stale_millis", staleMillis, 10, 600_000);
    within("frozen_frames", frozenFrames, 0, 1_000_000);
  }

  /**
   * The parameters on the master over the defaults.
   *
   * @param parameters of the node
   * @param over values that win over the master's, by parameter name. Not modified.
   * @throws dev.tarsier.runtime.config.ConfigException where one is unknown or wrong
   */
  public static NodeOptions read(Parameters parameters, Map<String, Object> over) {
    Map<String, Object> values = new HashMap<>();
    if (parameters.get("~").orElse(Map.of()) instanceof Map<?, ?> given) {
      given.forEach((key, value) -> values.put(String.valueOf(key), value));
    }
    values.putAll(over);
    return StrictYaml.bind(values, "the node's parameters", DEFAULTS);
  }

  /** Which providers to try. */
  ProviderPreference providers() {
    return ProviderPreference.parse(provider, requireProvider);
  }

  SessionOptions session() {
    return SessionOptions.of(providers())
        .withThreads(threads == 0 ? SessionOptions.defaultThreads() : threads);
  }

  PipelineOptions pipeline(TimeSource time) {
    HealthLimits usual = HealthLimits.DEFAULT;
    return new PipelineOptions(
        maxAgeMillis == 0 ? Long.MAX_VALUE : maxAgeMillis * 1_000_000L,
        new HealthLimits(
            usual.startupNanos(),
            staleMillis * 1_000_000L,
            frozenFrames,
            usual.frozenNanos(),
            usual.rejectedRatio()),
        time);
  }

  TelemetryConfig effectiveTelemetry() {
    TelemetryConfig config = mqtt.isBlank() ? telemetry : telemetry.withBroker(mqtt);
    config = robot.isBlank() ? config : config.withRobot(robot);
    return new TelemetryConfig(
        config.broker(),
        config.robot(),
        config.user(),
        config.password(),
        config.caFile(),
        config.periodMillis(),
        config.keepAliveSeconds(),
        config.connectTimeoutSeconds(),
        config.retryMaxMillis(),
        Math.min(config.closeMillis(), LONGEST_GOODBYE_MILLIS));
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s must be %d to %d, got %d".formatted(name, least, most, value));
    }
  }
}
