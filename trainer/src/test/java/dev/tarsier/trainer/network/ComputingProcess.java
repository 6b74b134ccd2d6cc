package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import com.sun.jna.NativeLibrary;

/** A program that uses PyTorch through DJL and names no class of ours. */
public final class ComputingProcess {
  private ComputingProcess() {}

  /**
   * Computes a convolution and says what the C library's environment holds.
   *
   * @param limit none, or an instruction set to be set after DJL has chosen its own
   */
  public static void main(String[] limit) {
    try (NDManager manager = NDManager.newBaseManager()) {
      if (limit.length > 0) {
        Object[] limited = {"ONEDNN_MAX_CPU_ISA", limit[0], 1};
        NativeLibrary.getProcess().getFunction("setenv").invokeInt(limited);
      }
      // Large enough for PyTorch to hand it to oneDNN.
      Conv2d.conv2d(
          manager.ones(new Shape(4, 16, 32, 32)),
          manager.ones(new Shape(16, 16, 1, 1)),
          null,
          new Shape(1, 1),
          new Shape(0, 0),
          new Shape(1, 1),
          1);
      Object[] name = {"ONEDNN_MAX_CPU_ISA"};
      System.out.println(
          "environment: "
              + NativeLibrary.getProcess().getFunction("getenv").invokeString(name, false));
    }
  }
}
