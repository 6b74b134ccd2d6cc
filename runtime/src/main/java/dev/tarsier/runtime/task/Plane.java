package dev.tarsier.runtime.task;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * What a head says of one image: uint8 ids [height, width] or float32 values [height, width,
 * channels], row by row. A view of memory that somebody else owns; as safe for threads as that.
 */
public final class Plane {
  private final int width;
  private final int height;
  private final int channels;
  private final ByteBuffer bytes;
  private final FloatBuffer floats;

  private Plane(int width, int height, int channels, ByteBuffer bytes, FloatBuffer floats) {
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.bytes = bytes;
    this.floats = floats;
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

  /** Values float32 [height, width, channels] on the heap; the array is not copied. */
  public static Plane ofValues(float[] values, int width, int height, int channels) {
    return ofValues(FloatBuffer.wrap(values), width, height, channels);
  }

  /** Values float32 [height, width, channels], from 0 to the capacity; not copied. */
  public static Plane ofValues(FloatBuffer values, int width, int height, int channels) {
    return new Plane(width, height, channels, null, values.duplicate().clear());
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

  /** The ids, position 0, limit at the end; only of ids. */
  public ByteBuffer ids() {
    if (floats != null) {
      throw new IllegalStateException("values are no ids");
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
