package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import java.util.Optional;

/** What all forms of NYU Depth v2 have in common. */
public final class NyuV2 {
  private static final double FOCAL_OF_640 = 518.86;

  private NyuV2() {}

  /** Its camera, for frames of a size in pixels; square pixels, so the larger magnification. */
  public static Intrinsics camera(int width, int height) {
    double focal = FOCAL_OF_640 * Math.max(width / 640.0, height / 480.0);
    return new Intrinsics(focal, focal, (width - 1) / 2.0, (height - 1) / 2.0);
  }

  static Optional<String> licence(String data) {
    return data.startsWith("nyuv2")
        ? Optional.of(
            "They were trained on NYU Depth v2 (Silberman et al., ECCV 2012), which is for"
                + " research; ask its authors before other use.")
        : Optional.empty();
  }
}
