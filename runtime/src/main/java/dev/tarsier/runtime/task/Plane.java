package dev.tarsier.runtime.task;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * What a head says of one image: uint8 ids [height, width] or float32 values [height, width,
 * channels], row by row. What is known of an image as a whole is one id of any size. A view of
 * memory that somebody else owns; as safe for threads as that.
 */
public final class Plane {
  private static final int NO_IMAGE = -1;

  private final int width;
  private final int height;
  private final int channels;
  private final ByteBuffer bytes;
  private final FloatBuffer floats;
  private final int imageId;

  private Plane(int imageId) {
    width = 1;
    height = 1;
    channels = 1;
    bytes = null;
    floats = null;
    this.imageId = imageId;
  }

  private Plane(int width, int height, int channels, ByteBuffer bytes, FloatBuffer floats) {
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.bytes = bytes;
    this.floats = floats;
    imageId = NO_IMAGE;
    int values = floats == null ? bytes.capacity() : floats.capacity();
    if (values != Math.multiplyExact(Math.multiplyExact(width, height), channels)) {
      throw new IllegalArgumentException(
          "%dx%d pixels of %d values must have %d values, got %d"
              .formatted(width, height, channels, width * height * channels, values));
    }
  }

  /**
   * Over memory in which a network writes.
   *
   * @param kind of the values
   * @param bytes from 0 to the capacity, little endian
   */
  public static Plane over(HeadKind kind, int width, int height, ByteBuffer bytes) {
    ByteBuffer own = bytes.duplicate().clear().order(ByteOrder.LITTLE_ENDIAN);
    return new Plane(
        width, height, kind.channels(), own, kind.isIds() ? null : own.asFloatBuffer());
  }

  /** Ids uint8 [height, width] on the heap; the array is not copied. */
  public static Plane ofIds(byte[] ids, int width, int height) {
    return new Plane(width, height, 1, ByteBuffer.wrap(ids), null);
  }

  /**
   * The class of an image as a whole. Of an image of which none is known there is no plane.
   *
   * @param id ≥ 0
   */
  public static Plane ofImageId(int id) {
    if (id < 0) {
      throw new IllegalArgumentException("the class of an image must be >= 0, got " + id);
    }
    return new Plane(id);
  }

  /** Values float32 [height, width, channels] on the heap; the array is not copied. */
  public static Plane ofValues(float[] values, int width, int height, int channels) {
    return ofValues(FloatBuffer.wrap(values), width, height, channels);
  }

  /** Values float32 [height, width, channels], from 0 to the capacity; not copied. */
  public static Plane ofValues(FloatBuffer values, int width, int height, int channels) {
    return new Plane(width, height, channels, null, values.duplicate().clear());
  }

  /** The same on the heap, in memory of its own; what is known of an image as a whole is itself. */
  public Plane copy() {
    if (imageId != NO_IMAGE) {
      return this;
    }
    if (isIds()) {
      byte[] ids = new byte[bytes.capacity()];
      bytes.get(0, ids);
      return ofIds(ids, width, height);
    }
    float[] values = new float[floats.capacity()];
    floats.get(0, values);
    return ofValues(values, width, height, channels);
  }

  /** Columns. */
  public int width() {
    return width;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /** Values of a pixel. */
  public int channels() {
    return channels;
  }

  /** Whether it holds ids, not values. */
  public boolean isIds() {
    return floats == null;
  }

  /** The class of the image as a whole; only of {@link #ofImageId}. */
  public int imageId() {
    if (imageId == NO_IMAGE) {
      throw new IllegalStateException("pixels are no class of the image as a whole");
    }
    return imageId;
  }

  /** The ids, position 0, limit at the end; only of ids of pixels. */
  public ByteBuffer ids() {
    if (floats != null) {
      throw new IllegalStateException("values are no ids");
    }
    if (bytes == null) {
      throw new IllegalStateException("the class of an image as a whole is no id of a pixel");
    }
    return bytes.clear();
  }

  /** The values, position 0, limit at the end; only of values. */
  public FloatBuffer values() {
    if (floats == null) {
      throw new IllegalStateException("ids are no values");
    }
    return floats.clear();
  }

  /** The memory of ids, or of values that a network wrote: little endian, position 0. */
  public ByteBuffer bytes() {
    return bytes.clear();
  }

  /** The array behind ids on the heap. */
  public byte[] idArray() {
    return ids().array();
  }

  /** The array behind values on the heap. */
  public float[] valueArray() {
    return values().array();
  }
}
