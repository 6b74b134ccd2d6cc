package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.TelemetryConfig;
import java.util.concurrent.CountDownLatch;

/** A process that tells about itself until it is killed; argument: the broker's address. */
final class TelemetryChild {
  private TelemetryChild() {}

  public static void main(String[] args) throws InterruptedException {
    TelemetryConfig config = TelemetryConfig.to(args[0]).withRobot("victim");
    TelemetryPublisher publisher =
        TelemetryPublisher.start(
            config, "/tarsier_perception", new SampleSource(), new RaisedConditions());
    new CountDownLatch(1).await();
    publisher.close();
  }
}
