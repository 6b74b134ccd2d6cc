package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.config.TelemetryConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSocketFactory;
import org.eclipse.paho.client.mqttv3.IMqttActionListener;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a broker about this robot, on a daemon thread of its own: {@code status} (with a last will)
 * and {@code factsheet} retained at each connection, {@code metrics} once a period.
 *
 * <p>Perception never waits for it. Without a broker it tries again with growing pauses and says so
 * once; a broker that goes away is found again and given the retained messages anew. Nothing is
 * queued while there is no connection, so memory does not grow.
 *
 * <p>{@link #start}, {@link #close} and the counters may be called from any thread; everything else
 * happens on the telemetry thread.
 */
public final class TelemetryPublisher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TelemetryPublisher.class);
  private static final int MAX_IN_FLIGHT = 16;
  private static final long FIRST_RETRY_MILLIS = 500;

  private final TelemetryConfig config;
  private final TelemetrySource source;
  private final TelemetryTopics topics;
  private final Clock clock;
  private final String session = UUID.randomUUID().toString();
  private final SSLSocketFactory sockets;
  private final Backoff backoff;
  private final Thread thread;
  private final Semaphore wake = new Semaphore(0);
  private final AtomicReference<String> lost = new AtomicReference<>();

  private volatile boolean closing;
  private volatile boolean connected;
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();
  private final AtomicLong connections = new AtomicLong();

  // Telemetry thread only.
  private MqttAsyncClient client;
  private long sequence;
  private boolean outageLogged;
  private boolean sourceFailureLogged;

  private TelemetryPublisher(TelemetryConfig config, TelemetrySource source, Clock clock) {
    if (!config.enabled()) {
      throw new ConfigException(
          "telemetry has no broker; set broker, for example tcp://localhost:1883");
    }
    this.config = config;
    this.source = source;
    this.clock = clock;
    this.topics = TelemetryTopics.of(config.robot());
    this.sockets = sockets(config);
    this.backoff = new Backoff(FIRST_RETRY_MILLIS, config.retryMaxMillis(), new SplittableRandom());
    this.thread = new Thread(this::run, "tarsier-telemetry");
    // Paho's own threads inherit this, so that no telemetry keeps a process alive.
    thread.setDaemon(true);
  }

  /**
   * Starts telling, and returns at once whether or not there is a broker.
   *
   * @param config must name a broker
   * @param source asked on the telemetry thread. Owned by the caller, used until {@link #close}.
   * @throws ConfigException if there is no broker in it, or its CA file cannot be used
   */
  public static TelemetryPublisher start(TelemetryConfig config, TelemetrySource source) {
    TelemetryPublisher publisher = new TelemetryPublisher(config, source, Clock.systemUTC());
    publisher.thread.start();
    return publisher;
  }

  /** Where the messages go. */
  public TelemetryTopics topics() {
    return topics;
  }

  /** Whether there is a connection now. */
  public boolean connected() {
    return connected;
  }

  /** Connections made since the start. */
  public long connections() {
    return connections.get();
  }

  /** Messages handed to the broker's connection since the start. */
  public long sent() {
    return sent.get();
  }

  /** Metrics messages that were not sent because there was no connection or no room in it. */
  public long skipped() {
    return skipped.get();
  }

  /**
   * Publishes {@code offline} where there is a connection, and ends. Takes at most the configured
   * {@code closeMillis}; what the broker has not taken by then is left to the last will. Closing
   * twice is allowed.
   */
  @Override
  public void close() {
    closing = true;
    wake.release();
    try {
      thread.join(Math.max(1, config.closeMillis()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    long nextAttempt = System.nanoTime();
    long nextMetrics = nextAttempt;
    while (!closing) {
      noteLoss();
      long now = System.nanoTime();
      if (!connected && now - nextAttempt >= 0) {
        Optional<String> failure = connect();
        if (failure.isPresent()) {
          logOutage("cannot reach " + config.broker() + ": " + failure.get());
          nextAttempt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(backoff.nextMillis());
        } else {
          backoff.reset();
          outageLogged = false;
          nextAttempt = System.nanoTime();
        }
      }
      now = System.nanoTime();
      if (now - nextMetrics >= 0) {
        publishMetrics();
        nextMetrics += TimeUnit.MILLISECONDS.toNanos(config.periodMillis());
        nextMetrics = nextMetrics - now < 0 ? now : nextMetrics;
      }
      await(connected ? nextMetrics : Math.min(nextAttempt, nextMetrics));
    }
    sayGoodbye();
  }

  private void noteLoss() {
    String reason = lost.getAndSet(null);
    if (reason != null) {
      connected = false;
      release(client);
      client = null;
      logOutage("lost " + config.broker() + ": " + reason);
    }
  }

  private void logOutage(String what) {
    if (!outageLogged) {
      LOG.warn(
          "Telemetry {}; trying again every {} s at most. Perception goes on.",
          what,
          Math.max(1, config.retryMaxMillis() / 1000));
      outageLogged = true;
    }
  }

  /** Sleeps until a time on {@link System#nanoTime} or until there is something to see to. */
  private void await(long deadline) {
    try {
      long wait = deadline - System.nanoTime();
      if (wait > 0 && wake.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      closing = true;
      Thread.currentThread().interrupt();
    }
  }

  /** One attempt. Returns why it failed, or nothing when connected. */
  private Optional<String> connect() {
    MqttAsyncClient attempt = null;
    try {
      // A new client for each connection: after a failed connect an old one may refuse every other.
      attempt = new MqttAsyncClient(config.broker(), "tarsier-" + session, new MemoryPersistence());
      attempt.setCallback(new LossListener());
      lost.set(null);
      Outcome outcome = new Outcome();
      attempt.connect(options(), null, outcome);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(config.connectTimeoutSeconds());
      while (!outcome.done && !closing && System.nanoTime() - deadline < 0) {
        await(deadline);
      }
      if (outcome.done && outcome.failure == null) {
        // Before anything is noted: where the broker goes again meanwhile, this attempt failed.
        publishRetained(attempt);
        client = attempt;
        connected = true;
        connections.incrementAndGet();
        LOG.info("Telemetry goes to {} as {}", config.broker(), topics.status());
        return Optional.empty();
      }
      release(attempt);
      return Optional.of(
          outcome.done ? reason(outcome.failure) : "no answer within the connection timeout");
    } catch (MqttException e) {
      release(attempt);
      return Optional.of(reason(e));
    }
  }

  private MqttConnectOptions options() {
    MqttConnectOptions options = new MqttConnectOptions();
    options.setCleanSession(true);
    options.setAutomaticReconnect(false);
    options.setKeepAliveInterval(config.keepAliveSeconds());
    options.setConnectionTimeout(config.connectTimeoutSeconds());
    options.setMaxInflight(MAX_IN_FLIGHT);
    options.setExecutorServiceTimeout(0);
    options.setWill(topics.status(), status(Status.State.OFFLINE, Status.Reason.LOST), 1, true);
    if (!config.user().isEmpty()) {
      options.setUserName(config.user());
      options.setPassword(config.password().toCharArray());
    }
    if (sockets != null) {
      options.setSocketFactory(sockets);
    }
    return options;
  }

  private void publishRetained(MqttAsyncClient to) throws MqttException {
    publish(to, topics.status(), status(Status.State.ONLINE, Status.Reason.CONNECTED), 1, true);
    try {
      byte[] json = TelemetryJson.factsheet(config.robot(), clock.instant(), source.factsheet());
      publish(to, topics.factsheet(), json, 1, true);
    } catch (RuntimeException e) {
      logSourceFailure(e);
    }
  }

  private void publishMetrics() {
    long number = sequence++;
    if (!connected) {
      skipped.incrementAndGet();
      return;
    }
    try {
      byte[] json =
          TelemetryJson.metrics(config.robot(), clock.instant(), number, source.metrics());
      publish(client, topics.metrics(), json, 0, false);
    } catch (MqttException e) {
      // The connection is going or full; the callback reports a loss, and a full one drains.
      skipped.incrementAndGet();
    } catch (RuntimeException e) {
      skipped.incrementAndGet();
      logSourceFailure(e);
    }
  }

  private void logSourceFailure(RuntimeException e) {
    if (!sourceFailureLogged) {
      LOG.error("Telemetry could not be told what to say; messages are skipped", e);
      sourceFailureLogged = true;
    }
  }

  private void publish(MqttAsyncClient to, String topic, byte[] json, int qos, boolean retained)
      throws MqttException {
    to.publish(topic, json, qos, retained);
    sent.incrementAndGet();
  }

  private byte[] status(Status.State state, Status.Reason reason) {
    return TelemetryJson.status(
        new Status(
            Status.SCHEMA,
            config.robot(),
            state,
            reason,
            session,
            TelemetryJson.text(clock.instant()),
            ProductVersion.text()));
  }

  private void sayGoodbye() {
    MqttAsyncClient last = client;
    client = null;
    if (last == null) {
      return;
    }
    if (connected) {
      try {
        int each = Math.max(1, config.closeMillis() / 3);
        last.publish(topics.status(), status(Status.State.OFFLINE, Status.Reason.CLOSED), 1, true)
            .waitForCompletion(each);
        sent.incrementAndGet();
        last.disconnect(0).waitForCompletion(each);
      } catch (MqttException e) {
        LOG.debug("The broker did not take leave in time: {}", reason(e));
      }
    }
    connected = false;
    release(last);
  }

  /** Frees a client's threads and socket, in whatever state it is. */
  private static void release(MqttAsyncClient old) {
    if (old == null) {
      return;
    }
    try {
      old.setCallback(null);
      old.disconnectForcibly(0, 1, false);
    } catch (MqttException | RuntimeException e) {
      // A client that Paho has shut down itself has no parts left, and answers with a null pointer.
      LOG.debug("Was not connected any more: {}", reason(e));
    }
    try {
      old.close(true);
    } catch (MqttException | RuntimeException e) {
      LOG.debug("Was closed already: {}", reason(e));
    }
  }

  private static String reason(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return Objects.requireNonNullElse(root.getMessage(), root.getClass().getSimpleName());
  }

  private static SSLSocketFactory sockets(TelemetryConfig config) {
    if (config.caFile().toString().isEmpty()) {
      return null;
    }
    if (!Files.isReadable(config.caFile())) {
      throw new ConfigException(
          "telemetry: ca_file must be a readable PEM file, got " + config.caFile());
    }
    try {
      return TrustedCertificates.sockets(config.caFile());
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigException(
          "telemetry: ca_file must hold PEM certificates, got %s: %s"
              .formatted(config.caFile(), e.getMessage()),
          e);
    }
  }

  /** How a connection attempt ended; set on a Paho thread. */
  private final class Outcome implements IMqttActionListener {
    private volatile boolean done;
    private volatile Throwable failure;

    @Override
    public void onSuccess(IMqttToken token) {
      done = true;
      wake.release();
    }

    @Override
    public void onFailure(IMqttToken token, Throwable exception) {
      failure = exception;
      done = true;
      wake.release();
    }
  }

  /** Reports a lost connection to the telemetry thread; called on a Paho thread. */
  private final class LossListener implements MqttCallback {
    @Override
    public void connectionLost(Throwable cause) {
      lost.set(reason(cause));
      wake.release();
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
      // Nothing is subscribed.
    }

    @Override
    public void deliveryComplete(IMqttDeliveryToken token) {
      // Retained messages are sent anew at each connection; nothing waits for a delivery.
    }
  }
}
