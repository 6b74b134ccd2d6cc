package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.health.HealthConditions;
import dev.tarsier.runtime.health.HealthState;
import java.io.IOException;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLSocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one version's messages through one connection, on a daemon thread of its own. There is one
 * connection for each version because MQTT gives each a single last will.
 *
 * <p>{@link #start}, {@link #beginClose}, {@link #awaitEnd} and the counters may be called from any
 * thread; everything else happens on the telemetry thread. Nothing that the broker or the source
 * does ends that thread; a fault of our own is a health error, and the thread begins anew.
 */
final class TelemetryVoice {
  private static final Logger LOG = LoggerFactory.getLogger(TelemetryVoice.class);
  private static final long FIRST_RETRY_MILLIS = 500;
  private static final int MOST_REASONS = 8;
  private static final int MOST_SHOWN = 200;
  private static final int LOSSES_TO_DOUBT = 2;

  /** Attempts that end without a reason before that is told. */
  private static final int BARE_ENDS_TO_TELL = 3;

  private final Setup setup;
  private final TelemetryConfig config;
  private final TelemetrySource source;
  private final HealthConditions health;
  private final StatusWatch watch;
  private final Backoff backoff;
  private final Clock clock = Clock.systemUTC();
  private final Thread thread;
  private final Semaphore wake = new Semaphore(0);
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();
  private final AtomicLong connections = new AtomicLong();

  private volatile boolean closing;
  private volatile boolean connected;
  private volatile boolean answerDue;

  // Telemetry thread only.
  private final Set<String> saidReasons = new HashSet<>();
  private MqttConnection connection;
  private Thread receiver;
  private long attemptEnds;
  private long connectedSince;
  private long nextAttempt = System.nanoTime();
  private long nextMetrics = nextAttempt;
  private long nextPing;
  private long nextAnswer = nextAttempt;
  private long nextRepeat;
  private long sequence;
  private int unansweredSubscriptions;
  private int bareEnds;
  private boolean subscribed;
  private boolean repeats;
  private boolean shaky;
  private List<String> toldRivals = List.of();

  /** The factsheet that was published last; null before the first. */
  private Factsheet told;

  private boolean sourceFailureLogged;
  private boolean faultRaised;

  /**
   * What a voice says where.
   *
   * @param version of the messages
   * @param identity who tells
   * @param topics where
   * @param clientId unlike any other client's at the broker
   * @param login who the broker is told this is
   * @param tls makes encrypted sockets
   * @param timing of what has no setting
   */
  record Setup(
      TelemetryJson version,
      TelemetryIdentity identity,
      TelemetryTopics topics,
      String clientId,
      BrokerLogin login,
      SSLSocketFactory tls,
      Timing timing) {}

  /**
   * Times that have no setting, milliseconds.
   *
   * @param steady a connection that has held for so long is no part of a loop
   * @param answer least time between two corrections of the status
   * @param repeat the status is told again so often where the broker does not let it be read
   */
  record Timing(long steady, long answer, long repeat) {
    static final Timing USUAL = new Timing(10_000, 1000, 30_000);
  }

  TelemetryVoice(
      Setup setup, TelemetryConfig config, TelemetrySource source, HealthConditions health) {
    this.setup = setup;
    this.config = config;
    this.source = source;
    this.health = health;
    this.watch = new StatusWatch(setup.identity().session());
    this.backoff = new Backoff(FIRST_RETRY_MILLIS, config.retryMaxMillis(), new SplittableRandom());
    this.thread = new Thread(this::run, "tarsier-telemetry");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  boolean connected() {
    return connected;
  }

  long connections() {
    return connections.get();
  }

  long sent() {
    return sent.get();
  }

  long skipped() {
    return skipped.get();
  }

  /** Tells the thread to take leave; {@link #awaitEnd} waits for it. */
  void beginClose() {
    closing = true;
    wake.release();
  }

  /**
   * Waits until the thread has taken leave.
   *
   * @param deadline on {@link System#nanoTime}
   */
  void awaitEnd(long deadline) {
    try {
      thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closing) {
      try {
        speak();
      } catch (RuntimeException | Error e) {
        raiseFault("telling failed", e);
        drop("telling failed");
      }
    }
    try {
      sayGoodbye();
    } catch (RuntimeException e) {
      LOG.warn("Telemetry could not take leave: {}", e.toString());
    }
  }

  private void speak() {
    while (!closing) {
      seeToConnection();
      if (due(nextMetrics)) {
        publishMetrics();
      }
      await();
    }
  }

  private void seeToConnection() {
    if (connection == null) {
      // One that hangs in a name server cannot be ended; a second one would hang beside it.
      if (due(nextAttempt) && (receiver == null || !receiver.isAlive())) {
        connect();
      }
      return;
    }
    MqttConnection.Ending ending = connection.ending();
    if (ending != null) {
      if (ending.fault() != null) {
        raiseFault("receiving failed", ending.fault());
      }
      drop(ending.reason() + hint(ending));
    } else if (connected) {
      attend();
    } else if (connection.connected()) {
      announce();
    } else if (due(attemptEnds)) {
      drop("no answer within the connection timeout");
    }
  }

  private void connect() {
    MqttConnection.Greeting greeting =
        new MqttConnection.Greeting(
            setup.clientId(),
            setup.login(),
            config.keepAliveSeconds(),
            TimeUnit.SECONDS.toMillis(config.connectTimeoutSeconds()),
            setup.topics().status(),
            status(Status.State.OFFLINE, Status.Reason.LOST));
    attemptEnds = in(greeting.connectMillis());
    connection =
        new MqttConnection(
            new BrokerSocket(config.address(), setup.tls()), greeting, new BrokerEvents());
    receiver = connection.start();
  }

  /** A new connection: the broker is told everything that it keeps. */
  private void announce() {
    watch.reset();
    answerDue = false;
    connectedSince = System.nanoTime();
    nextPing = in(pingMillis());
    nextRepeat = in(setup.timing().repeat());
    repeats = false;
    // Some brokers end the connection of who subscribes without the right to. Without a
    // subscription the status is repeated instead.
    subscribed =
        unansweredSubscriptions < LOSSES_TO_DOUBT || connections.get() % LOSSES_TO_DOUBT == 0;
    connections.incrementAndGet();
    try {
      if (subscribed) {
        connection.subscribe(setup.topics().status());
      }
      publishStatus();
      publishFactsheet();
    } catch (IOException e) {
      drop(e.getMessage());
      return;
    }
    connected = true;
    if (shaky) {
      LOG.debug("Telemetry is connected again, for the moment");
    } else {
      log(true, "Telemetry goes to {} as {}", config.broker(), setup.topics().status());
    }
  }

  /** What a connection that holds needs from time to time. */
  private void attend() {
    long held = System.nanoTime() - connectedSince;
    if (held >= millis(setup.timing().steady())) {
      steady();
    }
    if (subscribed && connection.subscriptionAnswered()) {
      unansweredSubscriptions = 0;
    }
    if ((!subscribed || connection.subscriptionRefused()) && !repeats) {
      repeats = true;
      log(
          false,
          "Telemetry may not read {}: a late last will of a predecessor stays there for up to {} s,"
              + " and a second node of the same name is not found. Allow this robot to read it.",
          setup.topics().status(),
          setup.timing().repeat() / 1000);
    }
    tellRivals();
    try {
      if (due(nextPing)) {
        nextPing = in(pingMillis());
        connection.ping();
      }
      if (answerDue && due(nextAnswer)) {
        answerDue = false;
        nextAnswer = in(setup.timing().answer());
        publishStatus();
      }
      if (repeats && due(nextRepeat)) {
        nextRepeat = in(setup.timing().repeat());
        publishStatus();
      }
    } catch (IOException e) {
      drop(e.getMessage());
    }
  }

  private void steady() {
    backoff.reset();
    saidReasons.clear();
    bareEnds = 0;
    if (shaky) {
      shaky = false;
      log(true, "Telemetry goes to {} as {} again", config.broker(), setup.topics().status());
    }
    if (faultRaised) {
      faultRaised = false;
      health.clear(key("fault"));
    }
  }

  private void tellRivals() {
    List<String> rivals = watch.rivals();
    if (rivals.equals(toldRivals)) {
      return;
    }
    toldRivals = rivals;
    answerDue = true;
    if (rivals.isEmpty()) {
      health.clear(key("identity"));
      log(true, "Telemetry has {} for itself again", setup.topics().status());
      return;
    }
    String reason =
        "another node tells as robot %s, node %s too (session %s): telemetry shows either; give one of them another robot or node name"
            .formatted(
                shown(setup.identity().robot()),
                setup.identity().node(),
                String.join(", ", rivals));
    health.raise(key("identity"), HealthState.DEGRADED, reason);
    log(false, "Telemetry: {}", reason);
  }

  /** Gives a connection up, or notes that it is gone. */
  private void drop(String reason) {
    if (connection == null) {
      nextAttempt = in(backoff.nextMillis());
      return;
    }
    connection.close();
    if (connected) {
      long held = System.nanoTime() - connectedSince;
      shaky = held < millis(setup.timing().steady());
      if (subscribed && !connection.subscriptionAnswered()) {
        unansweredSubscriptions++;
      }
    }
    boolean was = connected;
    connected = false;
    connection = null;
    nextAttempt = in(backoff.nextMillis());
    String plain = shown(reason);
    if (!was && followsFromAnother(reason)) {
      return;
    }
    if (saidReasons.size() < MOST_REASONS && saidReasons.add(plain)) {
      log(
          false,
          "Telemetry {} {}: {}; trying again every {} s at most. Perception goes on.",
          was ? "lost" : "cannot reach",
          config.broker(),
          plain,
          Math.max(1, config.retryMaxMillis() / 1000));
    }
  }

  /**
   * Whether the reason is none. A broker that refuses TLS says why and closes, and we may be
   * writing just then, so that of the same refusal now the reason is seen and now only the broken
   * link.
   */
  private boolean followsFromAnother(String reason) {
    if (!config.address().encrypted() || !BrokerTls.isBareEnd(reason)) {
      return false;
    }
    bareEnds++;
    return !saidReasons.isEmpty() || bareEnds < BARE_ENDS_TO_TELL;
  }

  private void raiseFault(String what, Throwable e) {
    LOG.error("Telemetry: {}; it begins anew", what, e);
    faultRaised = true;
    health.raise(
        key("fault"), HealthState.ERROR, "telemetry: %s (%s); it begins anew".formatted(what, e));
  }

  private String hint(MqttConnection.Ending ending) {
    int refusal = ending.refusal();
    if (refusal == 0 && !connected) {
      return BrokerTls.hint(config, ending.reason());
    }
    if (refusal != 4 && refusal != 5) {
      return "";
    }
    if (setup.login().user().isEmpty()) {
      return "; there is no user: set user and password_file";
    }
    return setup.login().password().length == 0
        ? "; there is no password: set password_file or " + BrokerLogin.PASSWORD_VARIABLE
        : "";
  }

  /** What a broker says may hold anything; a log line may not. */
  private static String shown(String text) {
    String plain = text == null ? "no reason given" : text.replaceAll("\\p{Cntrl}", " ");
    return plain.length() > MOST_SHOWN ? plain.substring(0, MOST_SHOWN) + "…" : plain;
  }

  private String key(String what) {
    return "telemetry." + (setup.version() == TelemetryJson.VERSION_1 ? "version1." : "") + what;
  }

  /** Version 1 goes beside the current one, and would say everything twice. */
  private void log(boolean good, String text, Object... values) {
    if (setup.version() == TelemetryJson.VERSION_1) {
      LOG.debug("(version 1) " + text, values);
    } else if (good) {
      LOG.info(text, values);
    } else {
      LOG.warn(text, values);
    }
  }

  private void publishStatus() throws IOException {
    publish(setup.topics().status(), status(Status.State.ONLINE, Status.Reason.CONNECTED), 1, true);
  }

  private void publishFactsheet() throws IOException {
    Factsheet facts;
    byte[] json;
    try {
      facts = source.factsheet();
      json = setup.version().factsheet(setup.identity(), clock.instant(), facts);
    } catch (RuntimeException e) {
      logSourceFailure(e);
      return;
    }
    publish(setup.topics().factsheet(), json, 1, true);
    told = facts;
  }

  private void publishMetrics() {
    long number = sequence++;
    nextMetrics += millis(config.periodMillis());
    nextMetrics = due(nextMetrics) ? System.nanoTime() : nextMetrics;
    if (!connected) {
      skipped.incrementAndGet();
      return;
    }
    byte[] json;
    try {
      json = setup.version().metrics(setup.identity(), clock.instant(), number, source.metrics());
    } catch (RuntimeException e) {
      skipped.incrementAndGet();
      logSourceFailure(e);
      return;
    }
    try {
      publish(setup.topics().metrics(), json, 0, false);
      if (changed()) {
        publishFactsheet();
      }
    } catch (IOException e) {
      skipped.incrementAndGet();
      drop(e.getMessage());
    }
  }

  /** Another provider may compute by now. */
  private boolean changed() {
    try {
      return told != null && !told.equals(source.factsheet());
    } catch (RuntimeException e) {
      logSourceFailure(e);
      return false;
    }
  }

  private void logSourceFailure(RuntimeException e) {
    if (!sourceFailureLogged) {
      LOG.error("Telemetry could not be told what to say; messages are skipped", e);
      sourceFailureLogged = true;
    }
  }

  private int publish(String topic, byte[] json, int qos, boolean retained) throws IOException {
    int id = connection.publish(topic, json, qos, retained);
    sent.incrementAndGet();
    return id;
  }

  private byte[] status(Status.State state, Status.Reason reason) {
    return setup
        .version()
        .status(
            setup.identity(),
            clock.instant(),
            new Status(state, reason, ProductVersion.text(), watch.rivals()));
  }

  private void sayGoodbye() {
    if (connection == null) {
      return;
    }
    if (connected) {
      try {
        int each = Math.max(1, config.closeMillis() / 3);
        byte[] closed = status(Status.State.OFFLINE, Status.Reason.CLOSED);
        int id = publish(setup.topics().status(), closed, 1, true);
        await(each, () -> connection.acknowledged(id) || connection.ending() != null);
        connection.disconnect();
        await(each, () -> connection.ending() != null);
      } catch (IOException e) {
        LOG.debug("The broker did not take leave: {}", e.toString());
      }
    }
    connected = false;
    connection.close();
  }

  private void await(long mostMillis, BooleanSupplier condition) {
    long deadline = in(mostMillis);
    while (!condition.getAsBoolean() && !due(deadline)) {
      sleepUntil(deadline);
    }
  }

  /** Sleeps until something is due or has changed. */
  private void await() {
    long until = nextMetrics;
    if (connection == null) {
      until = earlier(until, due(nextAttempt) ? in(FIRST_RETRY_MILLIS) : nextAttempt);
    } else if (connected) {
      until = earlier(until, nextPing);
      until = answerDue ? earlier(until, nextAnswer) : until;
      until = repeats ? earlier(until, nextRepeat) : until;
      if (shaky || faultRaised) {
        until = earlier(until, connectedSince + millis(setup.timing().steady()));
      }
    } else {
      until = earlier(until, attemptEnds);
    }
    sleepUntil(until);
  }

  private void sleepUntil(long until) {
    try {
      long wait = until - System.nanoTime();
      if (wait > 0 && wake.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      // Nobody interrupts this thread but to end it.
      closing = true;
      Thread.currentThread().interrupt();
    }
  }

  private long pingMillis() {
    return config.keepAliveSeconds() * 1000L * 2 / 3;
  }

  private static long earlier(long one, long other) {
    return one - other < 0 ? one : other;
  }

  private static boolean due(long nanoTime) {
    return System.nanoTime() - nanoTime >= 0;
  }

  private static long in(long millis) {
    return System.nanoTime() + millis(millis);
  }

  private static long millis(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** Called on the receiving thread. */
  private final class BrokerEvents implements MqttConnection.Listener {
    @Override
    public void changed() {
      wake.release();
    }

    @Override
    public void message(byte[] message, boolean retained) {
      if (watch.mustAnswer(message, retained)) {
        answerDue = true;
        wake.release();
      }
    }
  }
}
