package dev.tarsier.trainer.dataset.depth;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.tarsier.ros.truth.DepthUnit;
import dev.tarsier.runtime.config.NearestName;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one count of a stored depth is: a number of metres, or a name for it.
 *
 * @param given as a recipe has it, a name or a number
 * @param metres to a count
 * @param rotatedBits by how many bits a 16-bit value was rotated to the left before it was stored
 */
public record StoredUnit(Object given, double metres, int rotatedBits) {
  /** Metres, what files of floating-point numbers usually hold. */
  public static final StoredUnit METRE = named("m", 1);

  /** Millimetres, what files of 16 bits usually hold. */
  public static final StoredUnit MILLIMETRE = named("mm", DepthUnit.MILLIMETRE);

  private static final Map<String, StoredUnit> NAMED = new LinkedHashMap<>();

  static {
    for (StoredUnit unit :
        new StoredUnit[] {
          METRE,
          named("cm", 0.01),
          MILLIMETRE,
          // file_formats of TUM's RGB-D benchmark: 5000 is a metre
          named("tum", 1.0 / 5000),
          named("scannet", DepthUnit.MILLIMETRE),
          // read3dPoints.m of SUN RGB-D's toolbox: bitor(bitshift(v, -3), bitshift(v, 16 - 3)) /
          // 1000
          new StoredUnit("sun_rgbd", DepthUnit.MILLIMETRE, 3),
          // readme of KITTI's depth benchmark: 256 is a metre
          named("kitti", 1.0 / 256)
        }) {
      NAMED.put((String) unit.given(), unit);
    }
  }

  private static StoredUnit named(String name, double metres) {
    return new StoredUnit(name, metres, 0);
  }

  /**
   * A unit as a recipe has it.
   *
   * @param given {@code m}, {@code cm}, {@code mm}, {@code tum}, {@code scannet}, {@code sun_rgbd},
   *     {@code kitti}, or metres to a count
   * @throws IllegalArgumentException when it is neither; the message says what there is
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static StoredUnit of(Object given) {
    if (given instanceof Number number) {
      return new StoredUnit(number, DepthUnit.check(number.doubleValue()), 0);
    }
    StoredUnit known = NAMED.get(String.valueOf(given));
    if (known == null) {
      throw new IllegalArgumentException(
          "unit must be metres to a count, such as 0.001, or one of %s, got %s%s"
              .formatted(
                  String.join(", ", NAMED.keySet()),
                  given,
                  NearestName.question(String.valueOf(given), NAMED.keySet()).orElse("")));
    }
    return known;
  }

  /** As a recipe has it. */
  @JsonValue
  @Override
  public Object given() {
    return given;
  }

  /** Undoes the rotation of a 16-bit value. */
  double unrotated(double stored) {
    int value = (int) stored;
    return rotatedBits == 0
        ? stored
        : ((value >>> rotatedBits) | (value << (Short.SIZE - rotatedBits))) & 0xffff;
  }

  @Override
  public String toString() {
    return given instanceof String name ? name : metres + " m to a count";
  }
}
