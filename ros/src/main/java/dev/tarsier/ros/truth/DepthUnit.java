package dev.tarsier.ros.truth;

import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.message.FloatMessage;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * How many metres a count of a 16-bit depth image is. A millimetre by REP 118; but some cameras
 * count tenths of it, and RealSense's own recordings say theirs in an option topic, {@code
 * /device_0/sensor_0/option/Depth_Units/value}.
 *
 * @param metres to a count
 * @param from who says so, in words
 */
public record DepthUnit(double metres, String from) {
  /** REP 118. */
  public static final double MILLIMETRE = 0.001;

  private static final String OPTION = "/option/depth_units/value";

  /** Units that cameras and data sets have by default. */
  private static final double[] COMMON = {1, 0.01, 1.0 / 256, 0.001, 0.00025, 0.0002, 0.0001};

  /**
   * What a network may be wrong by, so that a common unit is likelier than an odd one that fits.
   */
  private static final double NETWORK = 3;

  /** Checks that it is a unit of depth. */
  public DepthUnit {
    check(metres);
  }

  /**
   * Checks a unit that a user gives.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static double check(double metres) {
    if (!isUnit(metres)) {
      throw new IllegalArgumentException(
          "a depth unit must be 1e-9 to 1 metre to a count (0.001 is a millimetre), got " + metres);
    }
    return metres;
  }

  /** Whether it can be a unit of depth. */
  public static boolean isUnit(double metres) {
    return metres >= 1e-9 && metres <= 1;
  }

  /** What the user gives, else what the recording says, else a millimetre. */
  static DepthUnit of(Recording recording, String depth, OptionalDouble given)
      throws IOException, TruthException {
    if (given.isPresent()) {
      return new DepthUnit(given.getAsDouble(), "as given");
    }
    for (BagTopic topic : recording.topicsOfType(FloatMessage.TYPE.name())) {
      String name = topic.name().toLowerCase(Locale.ROOT).replace(' ', '_');
      if (!name.endsWith(OPTION)) {
        continue;
      }
      String sensor = topic.name().substring(0, topic.name().length() - OPTION.length() + 1);
      if (depth.startsWith(sensor)) {
        return read(recording, topic.name());
      }
    }
    return new DepthUnit(MILLIMETRE, "by convention, for the recording does not say");
  }

  private static DepthUnit read(Recording recording, String topic)
      throws IOException, TruthException {
    try (Recording.Cursor cursor =
        recording.cursor(connection -> ImageStream.is(connection, topic, FloatMessage.TYPE))) {
      if (!cursor.next()) {
        return new DepthUnit(MILLIMETRE, "by convention, for %s has no message".formatted(topic));
      }
      // the shortest decimal of the float, 0.00025 and not 0.0002500000118743628
      String value = Float.toString(FloatMessage.TYPE.read(cursor.body()).data());
      return new DepthUnit(Double.parseDouble(value), "from " + topic);
    } catch (MessageFormatException | IllegalArgumentException e) {
      throw new TruthException(
          "%s says no unit (%s); --depth-unit gives one".formatted(topic, e.getMessage()));
    }
  }

  /**
   * The unit with which depth would fit: of those in use the one that leaves least, if that is what
   * a network may be wrong by; else the number itself.
   *
   * @param present the unit it was read with
   * @param ratio of the depth to what it should be
   */
  public static double fitting(double present, double ratio) {
    double wanted = present / ratio;
    double best = COMMON[0];
    for (double known : COMMON) {
      if (Math.abs(Math.log(known / wanted)) < Math.abs(Math.log(best / wanted))) {
        best = known;
      }
    }
    return Math.abs(Math.log(best / wanted)) < Math.log(NETWORK)
        ? best
        : Double.parseDouble(String.format(Locale.ROOT, "%.1e", wanted));
  }

  /**
   * Other units in use with which depth would fit no worse than a network may be wrong by.
   *
   * @param present as for {@link #fitting}
   * @param ratio as for {@link #fitting}
   * @param fitting the one that is left out
   * @return the nearest first
   */
  public static List<Double> alsoNear(double present, double ratio, double fitting) {
    double wanted = present / ratio;
    return Arrays.stream(COMMON)
        .filter(known -> known != fitting && known != present)
        .filter(known -> Math.abs(Math.log(known / wanted)) < Math.log(NETWORK))
        .boxed()
        .sorted(Comparator.comparingDouble(known -> Math.abs(Math.log(known / wanted))))
        .toList();
  }

  /** In a sentence. */
  @Override
  public String toString() {
    return "unit %s m (%s)".formatted(text(metres), from);
  }

  /** As a user would type it. */
  public static String text(double metres) {
    return new java.math.BigDecimal(Double.toString(metres)).stripTrailingZeros().toPlainString();
  }
}
