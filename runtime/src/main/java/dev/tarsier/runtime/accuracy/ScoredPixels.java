package dev.tarsier.runtime.accuracy;

/**
 * Which pixels of a metric map are scored.
 *
 * @param id the name in reports
 * @param eigenCrop only rows 45 to 470 and columns 41 to 600 of 480x640, scaled to the image's size
 *     (Eigen et al., 2014): outside them NYUDv2 has no true depth
 * @param capMetres true depth above this is not scored, and predictions are clamped to it; infinite
 *     for no cap
 */
public record ScoredPixels(String id, boolean eigenCrop, double capMetres) {
  /** Every pixel with a true depth. */
  public static final ScoredPixels FULL = new ScoredPixels("full", false, Double.POSITIVE_INFINITY);

  /** The crop that NYUDv2 is scored in. */
  public static final ScoredPixels EIGEN =
      new ScoredPixels("eigen", true, Double.POSITIVE_INFINITY);

  /** Up to ten metres. */
  public static final ScoredPixels CAP10 = new ScoredPixels("cap10", false, 10);

  /** The crop, up to ten metres. */
  public static final ScoredPixels EIGEN_CAP10 = new ScoredPixels("eigen+cap10", true, 10);

  /** Checks the cap. */
  public ScoredPixels {
    if (!(capMetres > 0)) {
      throw new IllegalArgumentException("capMetres must be positive, got " + capMetres);
    }
  }

  /** The protocol of that name. */
  public static ScoredPixels of(String id) {
    for (ScoredPixels each : new ScoredPixels[] {FULL, EIGEN, CAP10, EIGEN_CAP10}) {
      if (each.id.equals(id)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "the protocol must be full, eigen, cap10 or eigen+cap10, got '" + id + "'");
  }

  /** First scored row, for an image of that many rows. */
  int firstRow(int rows) {
    return eigenCrop ? first(45, 480, rows) : 0;
  }

  /** Row behind the last scored one. */
  int endRow(int rows) {
    return eigenCrop ? first(471, 480, rows) : rows;
  }

  /** First scored column, for an image of that many columns. */
  int firstColumn(int columns) {
    return eigenCrop ? first(41, 640, columns) : 0;
  }

  /** Column behind the last scored one. */
  int endColumn(int columns) {
    return eigenCrop ? first(601, 640, columns) : columns;
  }

  /** The first pixel whose centre lies at or behind {@code edge}, counted at the full size. */
  private static int first(int edge, int fullSize, int size) {
    return (int) Math.ceil((double) edge * size / fullSize - 0.5);
  }
}
