package dev.tarsier.ros.port;

/**
 * The calibration of what was perceived.
 *
 * @param stamp of the image
 * @param model scaled to the size of the maps
 */
public record ScaledCamera(Stamp stamp, CameraModel model) {}
