package dev.tarsier.ros.port;

/**
 * Which image of which camera something was perceived in.
 *
 * @param sequence counts the camera's images
 * @param nanos when the image was taken, since the epoch
 * @param frameId the camera's coordinate frame; may be empty
 */
public record Stamp(long sequence, long nanos, String frameId) {}
