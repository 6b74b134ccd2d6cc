package dev.tarsier.runtime.pipeline;

/**
 * What perception holds outside of Java's heap, by number. On a stream of frames each of these
 * stays where it is after the first few of each size and encoding; one that rises is a leak.
 *
 * @param frames that are leased now: at most one is filled, one waits and one is perceived
 * @param frameOverflows how often, since the start, all frames were out and one more was made
 * @param tensors of the inference engine, in the whole process
 * @param openCv objects of OpenCV's, Mats above all, in the whole process
 */
public record HeldMemory(int frames, long frameOverflows, long tensors, long openCv) {}
