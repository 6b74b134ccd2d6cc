package dev.tarsier.trainer.experiment;

/** The two functions of the toy example (Erkent; methods §1.3), for z from 0 to 1. */
public final class ToyFunctions {
  private ToyFunctions() {}

  /** sin z + √z/300 + 2 + 3 sin 5z cos 2z: the task that is known everywhere. */
  public static double f1(double z) {
    return Math.sin(z) + Math.sqrt(z) / 300 + 2 + 3 * Math.sin(5 * z) * Math.cos(2 * z);
  }

  /** cos(z/3) + √z/200 + 1 − sin 3z cos 4z: the task with few samples. */
  public static double f2(double z) {
    return Math.cos(z / 3) + Math.sqrt(z) / 200 + 1 - Math.sin(3 * z) * Math.cos(4 * z);
  }
}
