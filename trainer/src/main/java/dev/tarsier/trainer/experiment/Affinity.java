package dev.tarsier.trainer.experiment;

/** Whether one task helps the other (Erkent; methods §1.2). */
public final class Affinity {
  private Affinity() {}

  /**
   * Two rows whose difference says whether one task helps the other.
   *
   * @param helper the task that helps, such as {@code depth}
   * @param helped the task that is helped, such as {@code classes}
   * @param evidence what the difference is, for people
   * @param with the row that has the helper
   * @param without the row that has not
   * @param figure what is compared, such as {@code miou}
   */
  public record Question(
      String helper, String helped, String evidence, String with, String without, String figure) {}
}
