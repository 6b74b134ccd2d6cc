package dev.tarsier.ros.port;

/** Takes the images of a camera, one after the other. */
public interface ImageHandler {
  /**
   * Takes an image.
   *
   * @param image valid until return. Not modified.
   * @param arrivalNanos {@link System#nanoTime()} when its last byte had come
   */
  void onImage(CameraImage image, long arrivalNanos);

  /**
   * Hears of a message that holds no image.
   *
   * @param reason what is wrong with it
   */
  void onMalformed(String reason);
}
