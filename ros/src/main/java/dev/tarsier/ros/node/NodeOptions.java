package dev.tarsier.ros.node;

import dev.tarsier.ros.port.Parameters;
import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.port.RosPort;
import dev.tarsier.runtime.config.BrokerAddress;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.config.RobotName;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.health.HealthLimits;
import dev.tarsier.runtime.inference.NetworkChoice;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.inference.TensorRtOptions;
import dev.tarsier.runtime.pipeline.PipelineOptions;
import dev.tarsier.runtime.pipeline.TimeSource;
import dev.tarsier.runtime.telemetry.TelemetryPublisher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's private parameters, by the same names in snake case; every one has a default, see
 * {@link #DEFAULTS}.
 *
 * @param model a bundle's folder: absolute, or below Tarsier's folder or its {@code models/}
 * @param provider {@code auto}, {@code tensorrt}, {@code cuda}, {@code cpu}, or {@code
 *     plugin:/path/lib….so}
 * @param requireProvider whether to end rather than use a slower provider than the one asked for
 * @param precision which of the bundle's networks: {@code float}, {@code int8} (on the CPU), or
 *     {@code auto}, int8 where the bundle has it and only the CPU may compute
 * @param threads of the CPU provider, 1 to 1024; 0 = as many of 1, 2 and 4 as are fastest here,
 *     which is measured at the first start
 * @param tensorrt how TensorRT builds engines, and where they are kept
 * @param pluginOptions of a provider that is a plug-in, by its own names
 * @param compressed whether to subscribe to compressed images
 * @param cameraInfo topic of the calibration; empty = beside the image's
 * @param lazy whether images are perceived only while somebody subscribes to an output
 * @param maxAgeMillis nothing is published of an image older than this, 0 to 600,000 ms; 0 = no
 *     limit. Age counts from the image's stamp where the clocks agree, see {@code docs/topics.md}.
 * @param staleMillis no image for this long is a stale camera, 10 to 600,000 ms
 * @param frozenFrames so many equal images in a row are a frozen camera, 0 to 1,000,000; 0 = never
 * @param inferenceTimeoutMillis one image that is perceived for longer than this is a hung
 *     inference, 100 to 600,000 ms; the first one may take two minutes, in which engines warm up
 * @param mqtt broker for telemetry, such as {@code tcp://host:1883}; empty = as {@code telemetry}
 *     says
 * @param robot name in telemetry's topics; empty = as {@code telemetry} says
 * @param telemetry all that telemetry can be told
 */
public record NodeOptions(
    String model,
    String provider,
    boolean requireProvider,
    String precision,
    int threads,
    TensorRtOptions tensorrt,
    Map<String, String> pluginOptions,
    boolean compressed,
    String cameraInfo,
    boolean lazy,
    int maxAgeMillis,
    int staleMillis,
    int frozenFrames,
    int inferenceTimeoutMillis,
    String mqtt,
    String robot,
    TelemetryConfig telemetry) {
  /** The shipped model, the fastest provider, raw images, no telemetry. */
  public static final NodeOptions DEFAULTS =
      new NodeOptions(
          ModelFolder.SHIPPED,
          "auto",
          false,
          "float",
          0,
          TensorRtOptions.DEFAULTS,
          Map.of(),
          false,
          "",
          true,
          1000,
          1000,
          30,
          10_000,
          "",
          "",
          TelemetryConfig.DEFAULTS);

  private static final Logger LOG = LoggerFactory.getLogger(NodeOptions.class);
  private static final String PASSWORD = "~telemetry/password";
  private static final String PROVIDER = "provider";
  private static final String REQUIRE_PROVIDER = "require_provider";

  /** So that a broker that hangs does not hold up the node's end. */
  private static final int LONGEST_GOODBYE_MILLIS = 800;

  /** Checks the ranges. */
  public NodeOptions {
    Objects.requireNonNull(tensorrt, "tensorrt");
    pluginOptions = Map.copyOf(pluginOptions);
    Objects.requireNonNull(cameraInfo, "cameraInfo");
    Objects.requireNonNull(mqtt, "mqtt");
    Objects.requireNonNull(robot, "robot");
    Objects.requireNonNull(telemetry, "telemetry");
    if (model.isBlank()) {
      throw new IllegalArgumentException("model must be a bundle's folder, got nothing");
    }
    NetworkChoice.parse(precision).providers(ProviderPreference.parse(provider, requireProvider));
    if (!mqtt.isBlank()) {
      BrokerAddress.parse(mqtt);
    }
    if (!robot.isEmpty()) {
      RobotName.checked(robot);
    }
    within("threads", threads, 0, 1024);
    within("max_age_millis", maxAgeMillis, 0, 600_000);
    within("stale_millis", staleMillis, 10, 600_000);
    within("frozen_frames", frozenFrames, 0, 1_000_000);
    within("inference_timeout_millis", inferenceTimeoutMillis, 100, 600_000);
  }

  /**
   * The parameters on the master over the defaults; see {@link #of}. A password among them is taken
   * and deleted on the master.
   *
   * @param parameters of the node
   * @param over values that win over the master's, by parameter name. Not modified.
   * @throws ConfigException where one is misspelt or wrong
   */
  public static NodeOptions read(Parameters parameters, Map<String, Object> over) {
    return read("~", DEFAULTS, parameters, over);
  }

  /**
   * The same over other options than the defaults, with the parameters' full names in what is said
   * of them.
   *
   * @param base what holds where nothing else is given. Not modified.
   */
  public static NodeOptions read(RosPort ros, NodeOptions base, Map<String, Object> over) {
    return read(ros.name() + "/", base, ros.parameters(), over);
  }

  private static NodeOptions read(
      String prefix, NodeOptions base, Parameters master, Map<String, Object> over) {
    Map<String, Object> values = onMaster(master);
    NodeOptions options = of(prefix, base, values, over);
    Set<String> known = StrictYaml.keys(DEFAULTS);
    values.keySet().stream()
        .filter(name -> !known.contains(top(name)))
        .forEach(
            name ->
                LOG.warn(
                    "parameter {}{} is none of this node's and is ignored; {}if another program left"
                        + " it over, 'rosparam delete {}{}' removes it",
                    prefix,
                    name,
                    name.equals(Topic.IMAGE.topicName())
                        ? "the topic is renamed by %s:=%s; ".formatted(name, values.get(name))
                        : "",
                    prefix,
                    name));
    options.effectiveTelemetry().requireWhole();
    // Last: where something is wrong with it, a node that is started again is to find it again.
    if (values.get("telemetry") instanceof Map<?, ?> section && section.containsKey("password")) {
      takeAway(master, PASSWORD);
    }
    return options;
  }

  private static Map<String, Object> onMaster(Parameters parameters) {
    Map<String, Object> values = new TreeMap<>();
    if (parameters.get("~").orElse(Map.of()) instanceof Map<?, ?> given) {
      given.forEach((key, value) -> values.put(String.valueOf(key), value));
    }
    return values;
  }

  /**
   * Private parameters over the defaults. One that the node does not have is ignored, as another
   * program of the same name may have left it over; one that is nearly a name of the node's is
   * refused. {@link #read} warns of those that are ignored.
   *
   * @param prefix what to put before a parameter's name in messages, such as {@code
   *     /tarsier_perception/}
   * @param parameters by name; one such as {@code telemetry/user} is of a section. Not modified.
   * @param over the command line's values that win over those, by parameter name. Not modified.
   * @throws ConfigException where one is misspelt or wrong; it names the parameter and its value
   */
  public static NodeOptions of(
      String prefix, Map<String, Object> parameters, Map<String, Object> over) {
    return of(prefix, DEFAULTS, parameters, over);
  }

  /**
   * The same over other options than the defaults.
   *
   * @param base what holds where nothing else is given. Not modified.
   */
  public static NodeOptions of(
      String prefix, NodeOptions base, Map<String, Object> parameters, Map<String, Object> over) {
    Set<String> known = StrictYaml.keys(DEFAULTS);
    Map<String, Object> values = new TreeMap<>();
    parameters.forEach(
        (name, value) -> values.merge(top(name), below(name, value), NodeOptions::both));
    values.keySet().removeIf(name -> isOfAnotherProgram(prefix, name, values.get(name), known));
    Map<String, Object> beside = beside(values, over);
    values.forEach(
        (name, value) -> check("parameter " + prefix + name, List.of(name), value, base, beside));
    over.forEach(
        (name, value) -> check("--" + name.replace('_', '-'), List.of(name), value, base, beside));
    over.forEach((name, value) -> values.merge(name, value, NodeOptions::both));
    return StrictYaml.bind(values, "the node's parameters", base);
  }

  private static boolean isOfAnotherProgram(
      String prefix, String name, Object value, Set<String> known) {
    if (known.contains(name)) {
      return false;
    }
    Optional<String> meant = NearestName.misspelt(name, known);
    if (meant.isPresent()) {
      throw new ConfigException(
          "parameter %s%s = %s: there is no such parameter; did you mean '%s'?"
              .formatted(prefix, name, text(name, value), meant.get()));
    }
    return true;
  }

  /** The provider, which only some may be required of. */
  private static Map<String, Object> beside(Map<String, Object> values, Map<String, Object> over) {
    Object provider = over.getOrDefault(PROVIDER, values.get(PROVIDER));
    return provider == null ? Map.of() : Map.of(PROVIDER, provider);
  }

  /**
   * Each value by itself over the base, so that what is wrong is said with name and value.
   *
   * @param beside what the value is judged with where it is {@code require_provider}
   */
  private static void check(
      String source,
      List<String> path,
      Object value,
      NodeOptions base,
      Map<String, Object> beside) {
    if (value instanceof Map<?, ?> section && !section.isEmpty()) {
      section.forEach(
          (key, inner) -> {
            List<String> below = new ArrayList<>(path);
            below.add(String.valueOf(key));
            check(source + "/" + key, below, inner, base, beside);
          });
      return;
    }
    Object nested = value;
    for (int i = path.size() - 1; i > 0; i--) {
      Map<String, Object> section = new HashMap<>();
      section.put(path.get(i), nested);
      nested = section;
    }
    Map<String, Object> alone = new HashMap<>();
    alone.put(path.get(0), nested);
    if (path.get(0).equals(REQUIRE_PROVIDER)) {
      alone.putAll(beside);
    }
    StrictYaml.bind(alone, source + " = " + text(path.get(path.size() - 1), value), base);
  }

  private static String text(String name, Object value) {
    boolean secret = NearestName.of(name, Set.of("password")).isPresent();
    String text = secret ? "…" : BrokerAddress.withoutSecrets(String.valueOf(value));
    return text.length() > 80 ? text.substring(0, 80) + "…" : text;
  }

  private static String top(String name) {
    return name.contains("/") ? name.substring(0, name.indexOf('/')) : name;
  }

  private static Object below(String name, Object value) {
    int slash = name.indexOf('/');
    return slash < 0 ? value : Map.of(name.substring(slash + 1), value);
  }

  /** Of two sections the keys of both, the second one's first. */
  private static Object both(Object below, Object above) {
    if (!(below instanceof Map<?, ?> first) || !(above instanceof Map<?, ?> second)) {
      return above;
    }
    Map<Object, Object> merged = new HashMap<>(first);
    merged.putAll(second);
    return merged;
  }

  /** Everybody in the network can read the master's parameters; a password must not stay there. */
  private static void takeAway(Parameters parameters, String secret) {
    String left;
    try {
      parameters.delete(secret);
      left = "it was taken and deleted there, so a restarted node will not find it again";
    } catch (RosException e) {
      left = "it could not be deleted there (" + e.getMessage() + ")";
    }
    LOG.warn(
        "The parameter {} is readable by everybody who reaches the master; {}. Use"
            + " ~telemetry/password_file or the environment variable TARSIER_MQTT_PASSWORD.",
        secret,
        left);
  }

  /** Which providers to try. */
  ProviderPreference providers() {
    return network().providers(ProviderPreference.parse(provider, requireProvider));
  }

  /** Which of the bundle's networks is used. */
  NetworkChoice network() {
    return NetworkChoice.parse(precision);
  }

  SessionOptions session() {
    return SessionOptions.of(providers())
        .withThreads(threads)
        .withTensorRt(tensorrt)
        .withPluginOptions(pluginOptions);
  }

  PipelineOptions pipeline(TimeSource time) {
    HealthLimits usual = HealthLimits.DEFAULT;
    return new PipelineOptions(
        maxAgeMillis == 0 ? Long.MAX_VALUE : maxAgeMillis * 1_000_000L,
        inferenceTimeoutMillis * 1_000_000L,
        new HealthLimits(
            usual.startupNanos(),
            staleMillis * 1_000_000L,
            frozenFrames,
            usual.frozenNanos(),
            usual.rejectedRatio()),
        time);
  }

  /**
   * Reads the files that the telemetry's settings name.
   *
   * @throws dev.tarsier.runtime.config.ConfigException names the setting of one that cannot be used
   */
  public void checkFiles() {
    TelemetryConfig config = effectiveTelemetry();
    if (config.enabled()) {
      TelemetryPublisher.check(config);
    }
  }

  TelemetryConfig effectiveTelemetry() {
    TelemetryConfig config = mqtt.isBlank() ? telemetry : telemetry.withBroker(mqtt);
    config = robot.isEmpty() ? config : config.withRobot(robot);
    return config.withCloseMillis(Math.min(config.closeMillis(), LONGEST_GOODBYE_MILLIS));
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s must be %d to %d, got %d".formatted(name, least, most, value));
    }
  }
}
