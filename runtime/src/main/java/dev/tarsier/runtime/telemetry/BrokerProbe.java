package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.TelemetryConfig;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Asks a broker whether it is one, and tells it nothing. */
public final class BrokerProbe {
  private static final int KEEP_ALIVE_SECONDS = 60;

  private BrokerProbe() {}

  /** What came of it. */
  public enum Answer {
    /** It takes us. */
    ACCEPTS,
    /** It is a broker, and wants another user or password. */
    REFUSES,
    /** Nobody is there, or not a broker. */
    NONE
  }

  /**
   * What came of it.
   *
   * @param answer of the broker
   * @param reason why not, for people; empty where it accepts
   */
  public record Result(Answer answer, String reason) {}

  /**
   * Connects, and leaves again.
   *
   * @param config must name a broker
   * @param patience for everything
   * @throws ConfigException when a file that the configuration names cannot be used
   * @throws InterruptedException when interrupted while it waits
   */
  public static Result ask(TelemetryConfig config, Duration patience) throws InterruptedException {
    config.requireWhole();
    CountDownLatch changed = new CountDownLatch(1);
    MqttConnection.Listener listener =
        new MqttConnection.Listener() {
          @Override
          public void changed() {
            changed.countDown();
          }

          @Override
          public void message(byte[] message, boolean retained) {
            // Nothing is subscribed.
          }
        };
    BrokerSocket socket =
        new BrokerSocket(
            config.address(), config.address().encrypted() ? BrokerTls.sockets(config) : null);
    MqttConnection.Greeting greeting =
        new MqttConnection.Greeting(
            "tarsier-doctor-" + UUID.randomUUID(),
            BrokerLogin.of(config, System.getenv()),
            KEEP_ALIVE_SECONDS,
            patience.toMillis(),
            "",
            new byte[0]);
    try (MqttConnection connection = new MqttConnection(socket, greeting, listener)) {
      connection.start();
      boolean done = changed.await(patience.toMillis(), TimeUnit.MILLISECONDS);
      MqttConnection.Ending ending = connection.ending();
      if (ending != null && ending.refusal() > 0) {
        return new Result(Answer.REFUSES, ending.reason());
      }
      if (done && ending == null) {
        return new Result(Answer.ACCEPTS, "");
      }
      return new Result(
          Answer.NONE,
          ending == null
              ? "no answer in time"
              : ending.reason() + BrokerTls.hint(config, ending.reason()));
    }
  }
}
