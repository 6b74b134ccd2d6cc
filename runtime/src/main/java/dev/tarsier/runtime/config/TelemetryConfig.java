package dev.tarsier.runtime.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a robot's telemetry goes. Every value has a default; see {@link #DEFAULTS}.
 *
 * @param broker MQTT broker as {@code tcp://host:1883}, {@code ssl://host:8883}, {@code
 *     ws://host:port/path} or {@code wss://…}; empty = no telemetry
 * @param robot name in the topics {@code tarsier/<robot>/…}, made safe with {@link
 *     RobotName#sanitised}; empty = this machine's host name
 * @param user empty = none
 * @param password empty = none; never logged
 * @param caFile PEM certificates to trust for {@code ssl} and {@code wss}; empty = those that Java
 *     trusts
 * @param periodMillis time between two metrics messages, 100 to 3,600,000 ms
 * @param keepAliveSeconds the broker publishes the last will after 1.5 times this much silence, 1
 *     to 600 s
 * @param connectTimeoutSeconds longest wait for one connection attempt, 1 to 60 s
 * @param retryMaxMillis longest wait between two connection attempts, 100 to 600,000 ms
 * @param closeMillis longest time that closing may take for saying goodbye, 0 to 60,000 ms
 */
public record TelemetryConfig(
    String broker,
    String robot,
    String user,
    String password,
    Path caFile,
    int periodMillis,
    int keepAliveSeconds,
    int connectTimeoutSeconds,
    int retryMaxMillis,
    int closeMillis) {

  /** No broker, one message a second, a will after 7.5 s of silence. */
  public static final TelemetryConfig DEFAULTS =
      new TelemetryConfig("", "", "", "", Path.of(""), 1000, 5, 5, 15_000, 2000);

  private static final List<String> SCHEMES = List.of("tcp", "ssl", "ws", "wss");

  /** Checks every value and settles the robot's name. */
  public TelemetryConfig {
    broker = broker == null ? "" : broker.strip();
    user = user == null ? "" : user;
    password = password == null ? "" : password;
    caFile = caFile == null ? Path.of("") : caFile;
    robot =
        robot == null || robot.isBlank() ? RobotName.ofThisMachine() : RobotName.sanitised(robot);
    checkBroker(broker);
    if (user.isEmpty() && !password.isEmpty()) {
      throw new IllegalArgumentException("password must come with a user, got no user");
    }
    within("period_millis", periodMillis, 100, 3_600_000);
    within("keep_alive_seconds", keepAliveSeconds, 1, 600);
    within("connect_timeout_seconds", connectTimeoutSeconds, 1, 60);
    within("retry_max_millis", retryMaxMillis, 100, 600_000);
    within("close_millis", closeMillis, 0, 60_000);
  }

  /**
   * The defaults with a broker.
   *
   * @param broker such as {@code tcp://localhost:1883}
   */
  public static TelemetryConfig to(String broker) {
    return DEFAULTS.withBroker(broker);
  }

  /** A copy with another broker. */
  public TelemetryConfig withBroker(String newBroker) {
    return new TelemetryConfig(
        newBroker,
        robot,
        user,
        password,
        caFile,
        periodMillis,
        keepAliveSeconds,
        connectTimeoutSeconds,
        retryMaxMillis,
        closeMillis);
  }

  /** A copy with another robot name. */
  public TelemetryConfig withRobot(String newRobot) {
    return new TelemetryConfig(
        broker,
        newRobot,
        user,
        password,
        caFile,
        periodMillis,
        keepAliveSeconds,
        connectTimeoutSeconds,
        retryMaxMillis,
        closeMillis);
  }

  /** Whether there is a broker to talk to. */
  public boolean enabled() {
    return !broker.isEmpty();
  }

  /** Everything but the password. */
  @Override
  public String toString() {
    return "TelemetryConfig[broker=%s, robot=%s, user=%s, password=%s, period=%d ms]"
        .formatted(
            broker.isEmpty() ? "none" : broker,
            robot,
            user.isEmpty() ? "none" : user,
            password.isEmpty() ? "none" : "given",
            periodMillis);
  }

  private static void checkBroker(String broker) {
    if (broker.isEmpty()) {
      return;
    }
    try {
      URI uri = new URI(broker);
      if (uri.getScheme() == null
          || !SCHEMES.contains(uri.getScheme())
          || uri.getHost() == null
          || uri.getUserInfo() != null) {
        throw new IllegalArgumentException(
            "broker must be tcp://host:port, ssl://host:port, ws://… or wss://… (user and password"
                + " have keys of their own), got '"
                + withoutSecrets(broker)
                + "'");
      }
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "broker must be an address such as tcp://localhost:1883, got '"
              + withoutSecrets(broker)
              + "'",
          e);
    }
  }

  private static String withoutSecrets(String broker) {
    return broker.replaceAll("//[^/@]*@", "//…@");
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s must be %d to %d, got %d".formatted(name, least, most, value));
    }
  }
}
