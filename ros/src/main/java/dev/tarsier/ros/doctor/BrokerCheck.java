package dev.tarsier.ros.doctor;

import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.telemetry.BrokerProbe;
import java.util.List;

/** Whether an MQTT broker answers as one. */
final class BrokerCheck implements Check {
  private static final String GROUP = "Telemetry";
  private static final String NAME = "MQTT broker";

  @Override
  public int order() {
    return 30;
  }

  @Override
  public List<Finding> examine(Surroundings surroundings) {
    String broker = surroundings.broker();
    try {
      BrokerProbe.Result result =
          BrokerProbe.ask(TelemetryConfig.to(broker), surroundings.patience());
      return List.of(
          switch (result.answer()) {
            case ACCEPTS -> Finding.ok(GROUP, NAME, broker + " answers");
            case REFUSES ->
                Finding.ok(GROUP, NAME, broker + " answers, and asks for a user and a password");
            case NONE -> missing("no answer from " + broker + ": " + result.reason());
          });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of(missing("stopped while asking " + broker));
    } catch (IllegalArgumentException e) {
      return List.of(missing(e.getMessage()));
    }
  }

  private static Finding missing(String value) {
    return Finding.missing(
        GROUP,
        NAME,
        value,
        "watching robots from elsewhere; perception and demo need none",
        "Debian: apt install mosquitto; or name yours with --broker tcp://host:1883");
  }
}
