package dev.tarsier.ros.bag;

import dev.tarsier.runtime.natives.NativeLibraries;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.util.Native;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;
import org.slf4j.LoggerFactory;

/**
 * LZ4 frames between direct buffers, as roslz4 writes and reads them: independent blocks of 1 MB, a
 * checksum over the content. (LZ4 frame format 1.6; the library has frames for streams of arrays
 * only.) One owner thread.
 */
final class Lz4Frame {
  private static final int MAGIC = 0x184d2204;
  private static final int VERSION_MASK = 0xc0;
  private static final int VERSION = 0x40;
  private static final int INDEPENDENT = 0x20;
  private static final int BLOCK_CHECKSUM = 0x10;
  private static final int CONTENT_SIZE = 0x08;
  private static final int CONTENT_CHECKSUM = 0x04;
  private static final int DICTIONARY = 0x01;
  private static final int ONE_MEGABYTE_BLOCKS = 6;
  private static final int STORED = 0x8000_0000;
  private static final int LONGEST_DESCRIPTOR = 15;

  static {
    loadLibrary();
  }

  private final LZ4SafeDecompressor decompressor = LZ4Factory.fastestInstance().safeDecompressor();
  private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
  private final XXHash32 hash = XXHashFactory.fastestInstance().hash32();
  private ByteBuffer scratch = ByteBuffer.allocateDirect(0);

  /**
   * Loads the library from where it is unpacked once. Left to itself it unpacks into the temporary
   * folder each time; what is done here it takes for done.
   */
  private static void loadLibrary() {
    try {
      String architecture = System.getProperty("os.arch");
      Path folder =
          NativeLibraries.unpacked(
              "lz4",
              new NativeLibraries.Source(
                  LZ4Factory.class.getClassLoader(),
                  "net/jpountz/util/linux/" + architecture + "/",
                  "liblz4-java.so"));
      if (folder == null) {
        return;
      }
      Field loaded = Native.class.getDeclaredField("loaded");
      loaded.setAccessible(true);
      System.load(folder.resolve("liblz4-java.so").toString());
      loaded.setBoolean(null, true);
      NativeLibraries.loaded(folder);
    } catch (IOException | ReflectiveOperationException | RuntimeException | LinkageError e) {
      LoggerFactory.getLogger(Lz4Frame.class).debug("LZ4 unpacks by itself: {}", e.toString());
    }
  }

  /**
   * Decompresses a frame of a file.
   *
   * @param from position in the file
   * @param stored bytes of the frame that the file has
   * @param out what is whole was appended, also when this throws
   */
  void decode(BagFile file, long from, long stored, GrowingBuffer out)
      throws IOException, DamagedRecord {
    long at = from;
    long end = from + stored;
    ByteBuffer head = read(file, at, (int) Math.min(LONGEST_DESCRIPTOR + 4, stored));
    if (head.limit() < 7 || head.getInt(0) != MAGIC) {
      throw new DamagedRecord("a chunk that should be LZ4 does not begin as an LZ4 frame");
    }
    int flags = head.get(4) & 0xff;
    int blockCode = (head.get(5) >> 4) & 7;
    int descriptor =
        2 + ((flags & CONTENT_SIZE) != 0 ? 8 : 0) + ((flags & DICTIONARY) != 0 ? 4 : 0);
    if ((flags & VERSION_MASK) != VERSION
        || (flags & INDEPENDENT) == 0
        || (flags & DICTIONARY) != 0
        || blockCode < 4
        || head.limit() < 5 + descriptor
        || (byte) (hash.hash(head, 4, descriptor, 0) >> 8) != head.get(4 + descriptor)) {
      throw new DamagedRecord("an LZ4 frame has a damaged or unknown header");
    }
    int blockSize = 1 << (8 + 2 * blockCode);
    at += 5 + descriptor;
    int begin = out.length();
    while (true) {
      need(end - at >= 4);
      int word = read(file, at, 4).getInt(0);
      at += 4;
      if (word == 0) {
        break;
      }
      int length = word & ~STORED;
      int trailer = (flags & BLOCK_CHECKSUM) != 0 ? 4 : 0;
      if (length > blockSize) {
        throw new DamagedRecord("an LZ4 block is longer than its frame allows");
      }
      need(end - at >= length + trailer);
      ByteBuffer block = read(file, at, length + trailer);
      if (trailer > 0 && hash.hash(block, 0, length, 0) != block.getInt(length)) {
        throw new DamagedRecord("an LZ4 block fails its checksum");
      }
      append(block, length, (word & STORED) != 0, blockSize, out);
      at += length + trailer;
    }
    if ((flags & CONTENT_CHECKSUM) != 0) {
      need(end - at >= 4);
      int expected = read(file, at, 4).getInt(0);
      if (hash.hash(out.buffer(), begin, out.length() - begin, 0) != expected) {
        throw new DamagedRecord("an LZ4 chunk fails its checksum");
      }
    }
  }

  private void append(
      ByteBuffer block, int length, boolean stored, int blockSize, GrowingBuffer out)
      throws DamagedRecord {
    if (stored) {
      int to = out.room(length);
      out.buffer().put(to, block, 0, length);
      out.filled(length);
      return;
    }
    int most = (int) Math.min(blockSize, out.left());
    int to = out.room(most);
    try {
      out.filled(decompressor.decompress(block, 0, length, out.buffer(), to, most));
    } catch (LZ4Exception e) {
      throw new DamagedRecord("an LZ4 block is damaged");
    }
  }

  private static void need(boolean present) throws DamagedRecord {
    if (!present) {
      throw new DamagedRecord("an LZ4 frame ends early");
    }
  }

  private ByteBuffer read(BagFile file, long at, int length) throws IOException {
    ByteBuffer buffer = scratch(length);
    buffer.clear().limit(length);
    file.read(buffer, at);
    return buffer.flip();
  }

  /**
   * Compresses bytes to a frame.
   *
   * @param content direct, from position to limit. Not modified.
   * @return the frame; valid until the next call
   */
  ByteBuffer encode(ByteBuffer content) {
    int blockSize = 1 << (8 + 2 * ONE_MEGABYTE_BLOCKS);
    int length = content.remaining();
    int blocks = length / blockSize + 1;
    ByteBuffer out =
        scratch(
            Math.toIntExact(
                (long) length + 8L * blocks + 64 + compressor.maxCompressedLength(blockSize)));
    out.clear();
    out.putInt(MAGIC).put((byte) (VERSION | INDEPENDENT | CONTENT_CHECKSUM));
    out.put((byte) (ONE_MEGABYTE_BLOCKS << 4));
    out.put((byte) (hash.hash(out, 4, 2, 0) >> 8));
    for (int at = 0; at < length; at += blockSize) {
      int from = content.position() + at;
      int size = Math.min(blockSize, length - at);
      int to = out.position() + 4;
      int packed = compressor.compress(content, from, size, out, to, out.capacity() - to);
      if (packed < size) {
        out.putInt(packed).position(to + packed);
      } else {
        out.putInt(size | STORED).put(to, content, from, size).position(to + size);
      }
    }
    out.putInt(0).putInt(hash.hash(content, content.position(), length, 0));
    return out.flip();
  }

  private ByteBuffer scratch(int length) {
    if (scratch.capacity() < length) {
      scratch =
          ByteBuffer.allocateDirect(Math.max(length, 64 * 1024)).order(ByteOrder.LITTLE_ENDIAN);
    }
    return scratch;
  }
}
