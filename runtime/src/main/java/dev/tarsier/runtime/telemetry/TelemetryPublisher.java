package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.health.HealthConditions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;

/**
 * Tells a broker about one node of this robot, on daemon threads of its own: {@code status} (with a
 * last will) and {@code factsheet} retained at each connection, {@code metrics} once a period.
 *
 * <p>Perception never waits for it. Without a broker it tries again with growing pauses and says so
 * once; a broker that goes away is found again and given the retained messages anew. Nothing is
 * queued while there is no connection, so memory does not grow. What the broker sends is limited,
 * too: see {@code MqttConnection}.
 *
 * <p>A status that is not this process's own, such as the late last will of a killed predecessor,
 * is corrected; another live process of the same robot's and node's name is a health condition.
 *
 * <p>Any thread may call.
 */
public final class TelemetryPublisher implements AutoCloseable {
  private final TelemetryTopics topics;
  private final int closeMillis;
  private final List<TelemetryVoice> voices;

  private TelemetryPublisher(TelemetryTopics topics, int closeMillis, List<TelemetryVoice> voices) {
    this.topics = topics;
    this.closeMillis = closeMillis;
    this.voices = voices;
  }

  /**
   * Reads the files that a configuration names, so that what is wrong with them is said before
   * anything begins.
   *
   * @param config must name a broker
   * @throws ConfigException if it does not, or a file cannot be used
   */
  public static void check(TelemetryConfig config) {
    login(config, System.getenv());
    sockets(config);
  }

  private static BrokerLogin login(TelemetryConfig config, Map<String, String> environment) {
    if (!config.enabled()) {
      throw new ConfigException(
          "telemetry has no broker; set broker, for example tcp://localhost:1883");
    }
    config.requireWhole();
    return BrokerLogin.of(config, environment);
  }

  private static SSLSocketFactory sockets(TelemetryConfig config) {
    return config.address().encrypted() ? BrokerTls.sockets(config) : null;
  }

  /**
   * Starts telling, and returns at once whether or not there is a broker.
   *
   * @param config must name a broker
   * @param node its full name, such as {@code /tarsier_perception}
   * @param source asked on the telemetry threads. Owned by the caller, used until {@link #close}.
   * @param health told of conflicts and faults. Owned by the caller, used until {@link #close}.
   * @throws ConfigException if there is no broker in it, or a file that it names cannot be used
   */
  public static TelemetryPublisher start(
      TelemetryConfig config, String node, TelemetrySource source, HealthConditions health) {
    return start(config, node, source, health, System.getenv(), TelemetryVoice.Timing.USUAL);
  }

  static TelemetryPublisher start(
      TelemetryConfig config,
      String node,
      TelemetrySource source,
      HealthConditions health,
      Map<String, String> environment,
      TelemetryVoice.Timing timing) {
    BrokerLogin login = login(config, environment);
    SSLSocketFactory tls = sockets(config);
    TelemetryIdentity identity = TelemetryIdentity.newSession(config.robot(), node);
    TelemetryTopics topics = TelemetryTopics.of(identity.robot(), identity.node());
    String client = "tarsier-" + identity.session();
    List<TelemetryVoice.Setup> setups = new ArrayList<>();
    setups.add(
        new TelemetryVoice.Setup(
            TelemetryJson.VERSION_2, identity, topics, client, login, tls, timing));
    version1(config, identity)
        .map(
            old ->
                new TelemetryVoice.Setup(
                    TelemetryJson.VERSION_1, identity, old, client + "-1", login, tls, timing))
        .ifPresent(setups::add);
    List<TelemetryVoice> voices =
        setups.stream().map(each -> new TelemetryVoice(each, config, source, health)).toList();
    voices.forEach(TelemetryVoice::start);
    return new TelemetryPublisher(topics, config.closeMillis(), voices);
  }

  private static Optional<TelemetryTopics> version1(
      TelemetryConfig config, TelemetryIdentity identity) {
    boolean wanted =
        switch (config.version1Topics()) {
          case ALWAYS -> true;
          case DEFAULT_NODE -> identity.node().equals(TelemetryIdentity.DEFAULT_NODE);
          case NEVER -> false;
        };
    return wanted ? TelemetryTopics.version1(identity.robot()) : Optional.empty();
  }

  /** Where the messages go. */
  public TelemetryTopics topics() {
    return topics;
  }

  /** Whether there is a connection now. */
  public boolean connected() {
    return voices.get(0).connected();
  }

  /** Connections made since the start. */
  public long connections() {
    return voices.get(0).connections();
  }

  /** Messages handed to the broker's connection since the start. */
  public long sent() {
    return voices.get(0).sent();
  }

  /** Metrics messages that were not sent because there was no connection. */
  public long skipped() {
    return voices.get(0).skipped();
  }

  /**
   * Publishes {@code offline} where there is a connection, and ends. Takes at most the configured
   * {@code closeMillis}; what the broker has not taken by then is left to the last will. Closing
   * twice is allowed.
   */
  @Override
  public void close() {
    voices.forEach(TelemetryVoice::beginClose);
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(closeMillis);
    voices.forEach(each -> each.awaitEnd(deadline));
  }
}
