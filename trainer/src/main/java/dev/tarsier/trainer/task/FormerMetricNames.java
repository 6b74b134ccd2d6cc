package dev.tarsier.trainer.task;

import java.util.HashMap;
import java.util.Map;

/**
 * Metrics as they were called before they had their task's name: recipes and records may have them,
 * and the hashes of trainings stand over them.
 */
public final class FormerMetricNames {
  private static final Map<String, String> CURRENT = new HashMap<>();
  private static final Map<String, String> FORMER = new HashMap<>();

  static {
    for (String figure : new String[] {"miou", "pixel_accuracy"}) {
      put(figure, Segmentation.ID + "." + figure);
    }
    for (String figure :
        new String[] {
          "abs", "rel", "rmse", "log_rmse", "delta1", "delta2", "delta3", "bias", "scale"
        }) {
      put("depth_" + figure, Depth.ID + "." + figure);
    }
  }

  private FormerMetricNames() {}

  private static void put(String former, String current) {
    CURRENT.put(former, current);
    FORMER.put(current, former);
  }

  /** What a metric is called now. */
  public static String current(String name) {
    return CURRENT.getOrDefault(name, name);
  }

  /** What a metric was called first. */
  public static String former(String name) {
    return FORMER.getOrDefault(name, name);
  }
}
