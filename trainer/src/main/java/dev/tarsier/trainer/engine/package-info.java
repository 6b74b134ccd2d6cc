/**
 * What is settled before PyTorch loads, whoever loads it.
 *
 * <p>DJL finds {@link dev.tarsier.trainer.engine.SoundPyTorch} as a service when its first class is
 * touched, which is before PyTorch's libraries are: so the launcher, tests and a program that uses
 * this module as a library all compute with the same instructions.
 */
package dev.tarsier.trainer.engine;
