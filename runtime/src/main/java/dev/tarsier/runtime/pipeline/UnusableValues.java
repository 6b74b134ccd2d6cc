package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.NamedClasses;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.nio.FloatBuffer;
import java.util.function.ToIntFunction;

/**
 * Counts the pixels whose value says nothing, and makes NaN of values that cannot be: what no
 * surface can have is unknown, not a number that someone may steer by. One loop over the pixels for
 * each head.
 */
final class UnusableValues implements HeadKind.Visitor<ToIntFunction<Plane>> {
  static final UnusableValues COUNT = new UnusableValues();

  private UnusableValues() {}

  @Override
  public ToIntFunction<Plane> classMap(ClassMap kind) {
    NamedClasses named = new NamedClasses(kind);
    return plane -> named.countOthers(plane.ids());
  }

  @Override
  public ToIntFunction<Plane> metricMap(MetricMap kind) {
    return plane -> {
      FloatBuffer values = plane.values();
      int unknown = 0;
      for (int i = 0; i < values.limit(); i++) {
        if (!MetricMap.isKnown(values.get(i))) {
          values.put(i, Float.NaN);
          unknown++;
        }
      }
      return unknown;
    };
  }

  @Override
  public ToIntFunction<Plane> relativeMap(RelativeMap kind) {
    return plane -> {
      FloatBuffer values = plane.values();
      int unknown = 0;
      for (int i = 0; i < values.limit(); i++) {
        if (!RelativeMap.isKnown(values.get(i))) {
          values.put(i, Float.NaN);
          unknown++;
        }
      }
      return unknown;
    };
  }

  @Override
  public ToIntFunction<Plane> unitVectorMap(UnitVectorMap kind) {
    return plane -> {
      FloatBuffer values = plane.values();
      int unknown = 0;
      for (int i = 0; i < values.limit(); i += 3) {
        if (!UnitVectorMap.isKnown(values.get(i), values.get(i + 1), values.get(i + 2))) {
          values.put(i, Float.NaN).put(i + 1, Float.NaN).put(i + 2, Float.NaN);
          unknown++;
        }
      }
      return unknown;
    };
  }

  @Override
  public ToIntFunction<Plane> imageClass(ImageClass kind) {
    return plane -> {
      FloatBuffer scores = plane.values();
      for (int i = 0; i < scores.limit(); i++) {
        if (!(scores.get(i) >= 0 && scores.get(i) <= 1)) {
          return 1;
        }
      }
      return 0;
    };
  }
}
