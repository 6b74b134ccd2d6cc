package dev.tarsier.runtime.frame;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * One camera image: a lease over a pooled direct buffer. Acquire it from a {@link FramePool}, fill
 * it with {@link #prepare} and {@link #describe}, hand it on or {@link #close} it, once. Every use
 * after closing throws.
 *
 * <p>Owned by one thread at a time; handing it through a {@link FrameSlot} hands over the memory.
 */
public final class Frame implements AutoCloseable {
  private final FramePool pool;
  private final FramePool.Lease lease;
  private ByteBuffer bytes;
  private int start;
  private PixelEncoding encoding = PixelEncoding.RGB8;
  private int width;
  private int height;
  private int stepBytes;
  private long captureNanos;
  private long arrivalNanos;
  private String frameId = "";
  private long sequence;
  private boolean closed;

  Frame(FramePool pool, FramePool.Storage storage, boolean traced) {
    this.pool = pool;
    this.lease = new FramePool.Lease(this, pool.abandoned(), storage, traced);
    this.bytes = storage.bytes;
    bytes.clear().limit(0);
  }

  FramePool.Lease lease() {
    return lease;
  }

  /**
   * Makes room for the pixels.
   *
   * @param byteLength how many bytes will be filled, 0 to {@link FramePool#MAX_FRAME_BYTES}
   * @return direct, little endian, position 0, limit {@code byteLength}; owned by the frame, valid
   *     until it is closed. Its content is whatever the last frame left.
   */
  public ByteBuffer prepare(int byteLength) {
    checkOpen();
    if (byteLength < 0 || byteLength > FramePool.MAX_FRAME_BYTES) {
      throw new IllegalArgumentException(
          "frame length must be 0 to %d bytes, got %d"
              .formatted(FramePool.MAX_FRAME_BYTES, byteLength));
    }
    if (bytes.capacity() < byteLength) {
      bytes = ByteBuffer.allocateDirect(byteLength).order(ByteOrder.LITTLE_ENDIAN);
      lease.storage.bytes = bytes;
    }
    start = 0;
    bytes.clear().limit(byteLength);
    return bytes;
  }

  /**
   * Takes memory that holds the pixels, and gives its own for it.
   *
   * @param filled direct, little endian. The frame's from here on, and its pool's after it.
   * @param offset of the first pixel
   * @param byteLength of the pixels
   * @return direct, little endian, of any capacity and content; the caller's from here on
   */
  public ByteBuffer exchange(ByteBuffer filled, int offset, int byteLength) {
    checkOpen();
    Objects.checkFromIndexSize(offset, byteLength, filled.capacity());
    ByteBuffer before = bytes;
    bytes = filled;
    lease.storage.bytes = filled;
    start = offset;
    bytes.limit(offset + byteLength);
    return before;
  }

  /**
   * Says what the bytes are. Nothing is checked here: a frame describes what a camera sent, and the
   * conversion to the network's input rejects what does not hold.
   *
   * @param encoding how to read the bytes
   * @param width pixels; for compressed frames 0, the file tells
   * @param height pixels; for compressed frames 0
   * @param stepBytes bytes from one row to the next; for compressed frames 0
   * @param captureNanos when the camera took it, nanoseconds since the epoch (the ROS stamp)
   * @param arrivalNanos when it came in, on the pipeline's monotonic clock
   * @param frameId coordinate frame of the camera, kept in the outputs
   * @param sequence counts the camera's frames
   */
  public void describe(
      PixelEncoding encoding,
      int width,
      int height,
      int stepBytes,
      long captureNanos,
      long arrivalNanos,
      String frameId,
      long sequence) {
    checkOpen();
    this.encoding = Objects.requireNonNull(encoding, "encoding");
    this.width = width;
    this.height = height;
    this.stepBytes = stepBytes;
    this.captureNanos = captureNanos;
    this.arrivalNanos = arrivalNanos;
    this.frameId = Objects.requireNonNull(frameId, "frameId");
    this.sequence = sequence;
  }

  /**
   * The pixels.
   *
   * @return the frame's own direct buffer, from position to limit; valid until the frame is closed.
   *     Those of a file begin at 0.
   */
  public ByteBuffer bytes() {
    checkOpen();
    bytes.position(start);
    return bytes;
  }

  /** How the bytes are to be read. */
  public PixelEncoding encoding() {
    checkOpen();
    return encoding;
  }

  /** Pixels in a row; 0 for compressed frames. */
  public int width() {
    checkOpen();
    return width;
  }

  /** Rows; 0 for compressed frames. */
  public int height() {
    checkOpen();
    return height;
  }

  /** Bytes from one row to the next; 0 for compressed frames. */
  public int stepBytes() {
    checkOpen();
    return stepBytes;
  }

  /** When the camera took it, nanoseconds since the epoch. */
  public long captureNanos() {
    checkOpen();
    return captureNanos;
  }

  /** When it came in, on the monotonic clock. */
  public long arrivalNanos() {
    checkOpen();
    return arrivalNanos;
  }

  /** Coordinate frame of the camera. */
  public String frameId() {
    checkOpen();
    return frameId;
  }

  /** Counts the camera's frames. */
  public long sequence() {
    checkOpen();
    return sequence;
  }

  /** Gives the buffer back. Closing twice throws, as any other use after closing. */
  @Override
  public void close() {
    checkOpen();
    closed = true;
    pool.giveBack(this);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(
          "frame "
              + sequence
              + " is closed: its buffer may already hold another image. Take what you need before"
              + " closing it, and close it once");
    }
  }
}
