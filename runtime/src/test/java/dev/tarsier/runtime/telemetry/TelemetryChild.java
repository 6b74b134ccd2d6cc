package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.config.TelemetryConfig;
import java.util.concurrent.CountDownLatch;

/**
 * A process that tells about itself until it is killed; arguments: the broker's address and, for
 * TLS, whom to trust.
 */
final class TelemetryChild {
  private TelemetryChild() {}

  public static void main(String[] args) throws InterruptedException {
    TelemetryConfig config =
        StrictYaml.parse(
            "{broker: '%s', ca_file: '%s', robot: victim, retry_max_millis: 100}"
                .formatted(args[0], args.length < 2 ? "" : args[1]),
            "arguments",
            TelemetryConfig.DEFAULTS);
    TelemetryPublisher publisher =
        TelemetryPublisher.start(
            config, "/tarsier_perception", new SampleSource(), new RaisedConditions());
    new CountDownLatch(1).await();
    publisher.close();
  }
}
