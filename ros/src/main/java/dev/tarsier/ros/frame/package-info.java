/**
 * A camera's images as frames: {@code CameraImage ─(ImageToFrame, one copy)→ Frame}, and what a
 * calibration says of them ({@code Calibration}). Node and replay use the same.
 */
package dev.tarsier.ros.frame;
