package dev.tarsier.ros.port;

import java.nio.ByteBuffer;

/**
 * What was perceived for each pixel.
 *
 * @param stamp of the image
 * @param height rows
 * @param width columns
 * @param encoding {@code mono8}, {@code rgb8}, {@code 32FC1} or {@code 32FC3}
 * @param step bytes of a row
 * @param data little endian, from position to limit; viewed, not copied
 */
public record PixelMap(
    Stamp stamp, int height, int width, String encoding, int step, ByteBuffer data) {}
