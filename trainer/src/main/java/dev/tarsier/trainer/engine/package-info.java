/**
 * What is settled before PyTorch computes, whoever loads it: instructions and device.
 *
 * <p>DJL finds {@link dev.tarsier.trainer.engine.SoundPyTorch} as a service when its first class is
 * touched, which is before PyTorch's libraries are: so the launcher, tests and a program that uses
 * this module as a library all compute with the same instructions.
 */
package dev.tarsier.trainer.engine;
