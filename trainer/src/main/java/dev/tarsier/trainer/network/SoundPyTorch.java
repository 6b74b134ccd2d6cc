package dev.tarsier.trainer.network;

import ai.djl.pytorch.engine.PtEngineProvider;

/**
 * DJL's PyTorch, with {@link InstructionSet} chosen first.
 *
 * <p>DJL makes an object of every engine provider on the class path before it loads any engine, so
 * it does not matter which of the two providers of PyTorch it then asks.
 */
public final class SoundPyTorch extends PtEngineProvider {
  /** Made by the service loader. */
  public SoundPyTorch() {
    InstructionSet.choose();
  }
}
