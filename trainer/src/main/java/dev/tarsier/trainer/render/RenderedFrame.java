package dev.tarsier.trainer.render;

import dev.tarsier.trainer.dataset.Sample;

/**
 * One rendered image with everything that is known about it.
 *
 * @param sample colour, depth in metres along the optical axis (NaN where the simulated sensor sees
 *     nothing) and classes
 * @param camera the intrinsics
 * @param pose of the camera in the room
 * @param stampNanos capture time, nanoseconds since the epoch
 */
public record RenderedFrame(
    Sample sample, PinholeCamera camera, CameraPose pose, long stampNanos) {}
