package dev.tarsier.runtime.config;

import java.nio.file.Path;

/**
 * Where a robot's telemetry goes. Every value has a default; see {@link #DEFAULTS}.
 *
 * @param broker MQTT broker as {@link BrokerAddress} reads it, such as {@code tcp://host:1883} or
 *     {@code mqtts://host}; empty = no telemetry
 * @param robot name in the topics {@code tarsier/<robot>/<node>/…}, see {@link RobotName}; empty =
 *     this machine's host name
 * @param user empty = none
 * @param password empty = none; never logged. Where others can read it, such as a ROS parameter,
 *     {@code passwordFile} or the environment variable TARSIER_MQTT_PASSWORD is better
 * @param passwordFile file with the password in its only line; empty = none
 * @param caFile PEM certificates to trust with TLS; empty = those that Java trusts
 * @param certificateFile PEM certificate that this robot shows the broker, with its chain; empty =
 *     none
 * @param keyFile PEM private key of that certificate, without a password; empty = it stands in
 *     {@code certificateFile}
 * @param version1Topics which nodes also use version 1's topics, {@code tarsier/<robot>/…}
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
    Path passwordFile,
    Path caFile,
    Path certificateFile,
    Path keyFile,
    Version1Topics version1Topics,
    int periodMillis,
    int keepAliveSeconds,
    int connectTimeoutSeconds,
    int retryMaxMillis,
    int closeMillis) {
  private static final Path NONE = Path.of("");

  /** No broker, one message a second, a will after 7.5 s of silence. */
  public static final TelemetryConfig DEFAULTS =
      new TelemetryConfig(
          "",
          "",
          "",
          "",
          NONE,
          NONE,
          NONE,
          NONE,
          Version1Topics.DEFAULT_NODE,
          1000,
          5,
          5,
          15_000,
          2000);

  /** Who also tells on version 1's topics, which have the robot's name and no node's. */
  public enum Version1Topics {
    /** The node with the default name, so that those who watch it need not change at once. */
    DEFAULT_NODE,
    /** This node, whatever it is called. One node of a robot at most may do so. */
    ALWAYS,
    /** Nobody. */
    NEVER
  }

  /** Checks every value and settles the robot's name. */
  public TelemetryConfig {
    broker = broker == null ? "" : broker.strip();
    user = user == null ? "" : user;
    password = password == null ? "" : password;
    passwordFile = passwordFile == null ? NONE : passwordFile;
    caFile = caFile == null ? NONE : caFile;
    certificateFile = certificateFile == null ? NONE : certificateFile;
    keyFile = keyFile == null ? NONE : keyFile;
    version1Topics = version1Topics == null ? Version1Topics.DEFAULT_NODE : version1Topics;
    robot = robot == null || robot.isEmpty() ? RobotName.ofThisMachine() : RobotName.checked(robot);
    if (!broker.isEmpty()) {
      BrokerAddress.parse(broker);
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
    return copy(newBroker, robot, closeMillis);
  }

  /** A copy with another robot name. */
  public TelemetryConfig withRobot(String newRobot) {
    return copy(broker, newRobot, closeMillis);
  }

  /** A copy whose closing takes at most so long. */
  public TelemetryConfig withCloseMillis(int newCloseMillis) {
    return copy(broker, robot, newCloseMillis);
  }

  private TelemetryConfig copy(String newBroker, String newRobot, int newCloseMillis) {
    return new TelemetryConfig(
        newBroker,
        newRobot,
        user,
        password,
        passwordFile,
        caFile,
        certificateFile,
        keyFile,
        version1Topics,
        periodMillis,
        keepAliveSeconds,
        connectTimeoutSeconds,
        retryMaxMillis,
        newCloseMillis);
  }

  /**
   * Checks what single values cannot show: that those which belong together are there.
   *
   * @throws ConfigException where one is missing
   */
  public void requireWhole() {
    if (!enabled()) {
      return;
    }
    needsTls("ca_file", caFile);
    needsTls("certificate_file", certificateFile);
    if (isGiven(keyFile) && !isGiven(certificateFile)) {
      throw new ConfigException(
          "telemetry: key_file must come with a certificate_file, got only " + keyFile);
    }
    if (user.isEmpty() && (!password.isEmpty() || isGiven(passwordFile))) {
      throw new ConfigException("telemetry: a password must come with a user, got no user");
    }
  }

  /** Whether there is a broker to talk to. */
  public boolean enabled() {
    return !broker.isEmpty();
  }

  /** Where the broker listens. Call only where there is one. */
  public BrokerAddress address() {
    return BrokerAddress.parse(broker);
  }

  /**
   * Whether a file is named.
   *
   * @param file one of this record's
   */
  public static boolean isGiven(Path file) {
    return !file.toString().isEmpty();
  }

  /** Everything but the password. */
  @Override
  public String toString() {
    return "TelemetryConfig[broker=%s, robot=%s, user=%s, password=%s, period=%d ms]"
        .formatted(
            broker.isEmpty() ? "none" : broker,
            robot,
            user.isEmpty() ? "none" : user,
            password.isEmpty() && !isGiven(passwordFile) ? "none" : "given",
            periodMillis);
  }

  private void needsTls(String key, Path file) {
    if (isGiven(file) && !address().encrypted()) {
      throw new ConfigException(
          "telemetry: %s is for an encrypted connection: ssl://, mqtts:// or wss://, got %s"
              .formatted(key, address()));
    }
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s must be %d to %d, got %d".formatted(name, least, most, value));
    }
  }
}
