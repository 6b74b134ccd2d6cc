package dev.tarsier.ros.bag;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;

/**
 * The uncompressed bytes of one chunk, loaded when they are asked for, into a buffer of the pool
 * that may be taken away between two calls. A large uncompressed chunk is never loaded whole: a
 * window slides over it. One owner thread.
 */
final class ChunkContent {
  private static final long LOADED_WHOLE = 4L << 20;
  private static final int WINDOW = 1 << 20;
  private static final int COPY = 64 * 1024;

  private final BagFile file;
  private final BufferPool pool;
  private final long position;
  private final long dataPosition;
  private final BagCompression compression;
  private final long declared;
  private final boolean cut;
  private final long stored;
  private final BagDamage damage;
  private final long size;

  private ByteBuffer buffer;
  private long bufferStart;
  private int bufferLength;

  private ChunkContent(BagFile file, BufferPool pool, ChunkInfo info)
      throws IOException, DamagedRecord {
    this.file = file;
    this.pool = pool;
    this.position = info.position();
    FileRecord record = new FileRecord();
    record.read(file, position);
    if (record.header.op() != RecordHeader.OP_CHUNK) {
      throw new DamagedRecord("there should be a chunk, but it is another record");
    }
    this.compression = record.header.compression();
    this.dataPosition = record.dataPosition;
    if (!info.unfinished() && record.end() > info.limit() && info.limit() < file.length()) {
      throw new DamagedRecord(
          "the chunk says it ends at byte %d, but another record begins at byte %d"
              .formatted(record.end(), info.limit()));
    }
    long toEnd = file.length() - dataPosition;
    this.stored = info.unfinished() ? toEnd : record.dataPresent(file);
    this.declared =
        info.unfinished() ? Long.MAX_VALUE : record.header.number(RecordHeader.Field.SIZE);
    this.cut = info.unfinished() || stored < record.dataLength;
    BagDamage found = null;
    if (stored < record.dataLength) {
      found =
          new BagDamage(
              file.length(),
              "the file ends inside the chunk that begins at byte %d (%d of its %d bytes are there)"
                  .formatted(position, stored, record.dataLength));
    }
    if (compression == BagCompression.NONE) {
      this.size = stored;
      this.damage = found;
    } else {
      String wrong = decompress();
      this.size = bufferLength;
      this.damage = found == null && wrong != null ? new BagDamage(position, wrong) : found;
    }
  }

  /**
   * @throws DamagedRecord when there is no chunk where the info says
   */
  static ChunkContent open(BagFile file, BufferPool pool, ChunkInfo info)
      throws IOException, DamagedRecord {
    return new ChunkContent(file, pool, info);
  }

  /** Uncompressed bytes that are whole. */
  long size() {
    return size;
  }

  /** Null when all of the chunk is there. */
  BagDamage damage() {
    return damage;
  }

  /** Whether the file ends inside the chunk. */
  boolean cut() {
    return cut;
  }

  /** What to report for a record at this offset of the uncompressed bytes. */
  BagDamage damageAt(long offset, DamagedRecord what) {
    if (compression == BagCompression.NONE) {
      return what.at(dataPosition + offset);
    }
    return new BagDamage(
        position, "%s, at byte %d of the decompressed chunk".formatted(what.getMessage(), offset));
  }

  /**
   * Makes bytes available in {@link #buffer}.
   *
   * @param count must lie within {@link #size}
   * @return absolute position of the first one in the buffer
   */
  int index(long offset, int count) throws IOException, DamagedRecord {
    if (buffer == null || offset < bufferStart || offset + count > bufferStart + bufferLength) {
      load(offset, count);
    }
    pool.used(this);
    return (int) (offset - bufferStart);
  }

  /** Little endian; valid until the next {@link #index} of any chunk. */
  ByteBuffer buffer() {
    return buffer;
  }

  /** Gives the buffer back. */
  void unload() {
    if (buffer != null) {
      pool.give(buffer);
      buffer = null;
      bufferLength = 0;
    }
    pool.unused(this);
  }

  private void load(long offset, int count) throws IOException, DamagedRecord {
    unload();
    if (compression != BagCompression.NONE) {
      String wrong = decompress();
      if (bufferLength != size) {
        throw new DamagedRecord("a chunk changed while it was read: " + wrong);
      }
      return;
    }
    boolean whole = size <= LOADED_WHOLE;
    long from = whole ? 0 : offset;
    long wanted = whole ? size : Math.max(count, Math.min(WINDOW, size - offset));
    buffer = pool.take(wanted);
    bufferStart = from;
    buffer.clear().limit((int) wanted);
    file.read(buffer, dataPosition + from);
    buffer.clear();
    bufferLength = (int) wanted;
  }

  /** Returns what was wrong, or null. */
  private String decompress() throws IOException, DamagedRecord {
    if (declared != Long.MAX_VALUE) {
      pool.mayUnpack(stored, declared);
    }
    long expected = Math.max(COPY, 8 * stored);
    GrowingBuffer out = new GrowingBuffer(pool, expected, Math.min(declared, pool.largest()));
    String wrong = null;
    try {
      if (compression == BagCompression.LZ4) {
        pool.lz4().decode(file, dataPosition, stored, out);
      } else {
        unzip(out);
      }
      if (!cut && out.length() != declared) {
        wrong =
            "a chunk decompresses to %d bytes, its header says %d"
                .formatted(out.length(), declared);
      }
    } catch (DamagedRecord e) {
      wrong = e.getMessage();
    }
    pool.unpacked(out.length());
    buffer = out.buffer();
    bufferStart = 0;
    // of a chunk whose bytes are wrong nothing can be trusted; one that ends early is right till
    // then
    bufferLength = wrong == null || cut ? out.length() : 0;
    return wrong;
  }

  private void unzip(GrowingBuffer out) throws IOException, DamagedRecord {
    byte[] copy = new byte[COPY];
    try (InputStream in = new BZip2CompressorInputStream(new Stored())) {
      int count;
      while ((count = in.read(copy)) > 0) {
        int to = out.room(count);
        out.buffer().put(to, copy, 0, count);
        out.filled(count);
      }
    } catch (FileFault e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // the library meets damaged tables with whatever exception comes
      throw new DamagedRecord("a bz2 chunk is damaged: " + e.getMessage());
    }
  }

  /** The disk failed, as opposed to the data. */
  private static final class FileFault extends IOException {
    private static final long serialVersionUID = 1L;

    FileFault(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** The compressed bytes as a stream. */
  private final class Stored extends InputStream {
    private final ByteBuffer part = ByteBuffer.allocate(COPY).limit(0);
    private long at;

    @Override
    public int read() throws IOException {
      return fill() ? part.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] out, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!fill()) {
        return -1;
      }
      int count = Math.min(length, part.remaining());
      part.get(out, offset, count);
      return count;
    }

    private boolean fill() throws IOException {
      if (!part.hasRemaining() && at < stored) {
        part.clear().limit((int) Math.min(COPY, stored - at));
        try {
          file.read(part, dataPosition + at);
        } catch (IOException e) {
          throw new FileFault(e);
        }
        part.flip();
        at += part.limit();
      }
      return part.hasRemaining();
    }
  }
}
