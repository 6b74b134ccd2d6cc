package dev.tarsier.runtime.accuracy;

/** The definitions of mean intersection over union that are found in papers' code. */
public enum MiouProtocol {
  /**
   * Ours: one confusion matrix over the data set, ignored pixels removed, mean over the classes
   * that are in the ground truth or in the prediction.
   */
  DATASET("dataset"),
  /** The same with a class that is in neither counting as 0 (MTI-Net's code). */
  DATASET_ABSENT_AS_ZERO("dataset-absent-as-zero"),
  /**
   * Mean over images of the mean over the image's classes, where predictions on ignored pixels
   * still widen the union (KD4MTL's code).
   */
  PER_IMAGE_VOID_IN_UNION("per-image-void-in-union"),
  /** Mean over images of the mean over the image's classes (MTAN's older code, XTasC-Net's). */
  PER_IMAGE("per-image");

  private final String id;

  MiouProtocol(String id) {
    this.id = id;
  }

  /** The name in reports. */
  public String id() {
    return id;
  }
}
