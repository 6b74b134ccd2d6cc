package dev.tarsier.ros.bag;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a bag of format 2.0. Opening reads the index only; where there is none (the recorder was
 * killed) or it is damaged, opening walks over all chunks. Messages are then read chunk by chunk,
 * in bounded memory. One owner thread.
 *
 * <pre>{@code
 * try (BagReader bag = BagReader.open(file)) {
 *   bag.forEach(Selection.topics("/camera/rgb/image_color"), (connection, receiveNanos, body) -> ...);
 * }
 * }</pre>
 */
public final class BagReader implements AutoCloseable {
  private final BagFile file;
  private final BagIndex index;
  private BufferPool idlePool;

  /** Of messages that are read by their places: chunks by their position. */
  private final Map<Long, ChunkContent> placed = new HashMap<>();

  private BufferPool placedPool;

  private BagReader(BagFile file, BagIndex index) {
    this.file = file;
    this.index = index;
  }

  /**
   * Opens a bag.
   *
   * @throws BagException when the file is missing, empty, no bag, of another format, or encrypted
   * @throws IOException when it cannot be read
   */
  public static BagReader open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new BagException(file + " is a folder, not a bag");
    }
    BagFile opened;
    try {
      opened = new BagFile(file);
    } catch (NoSuchFileException e) {
      throw new BagException("there is no file " + file.toAbsolutePath());
    }
    try {
      return new BagReader(opened, BagIndex.read(opened));
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** The file as it was named. */
  public Path file() {
    return file.path();
  }

  /** Bytes of the file. */
  public long fileLength() {
    return file.length();
  }

  /**
   * Whether the bag had a whole index; one of a killed recorder has none and reads nevertheless.
   */
  public boolean indexed() {
    return index.indexed();
  }

  /** What opening found to be damaged; reading may find more. */
  public List<BagDamage> damages() {
    return List.copyOf(index.damages());
  }

  /** Every publisher of every topic. */
  public Collection<BagConnection> connections() {
    return List.copyOf(index.connections().byId().values());
  }

  /** Every topic with its type and count, by name. Reads no chunk. */
  public List<BagTopic> topics() {
    Map<Integer, Long> counts = new LinkedHashMap<>();
    for (ChunkInfo chunk : index.chunks()) {
      for (int i = 0; i < chunk.connections().length; i++) {
        counts.merge(chunk.connections()[i], Integer.toUnsignedLong(chunk.counts()[i]), Long::sum);
      }
    }
    Map<List<String>, BagTopic> topics = new LinkedHashMap<>();
    for (BagConnection each : index.connections().byId().values()) {
      BagTopic one =
          new BagTopic(
              each.topic(), each.type(), each.md5(), counts.getOrDefault(each.id(), 0L), 1);
      topics.merge(
          List.of(each.topic(), each.type(), each.md5()),
          one,
          (a, b) ->
              new BagTopic(
                  a.name(),
                  a.type(),
                  a.md5(),
                  a.messages() + b.messages(),
                  a.connections() + b.connections()));
    }
    List<BagTopic> sorted = new ArrayList<>(topics.values());
    sorted.sort((a, b) -> a.name().compareTo(b.name()));
    return sorted;
  }

  /** How many messages a selection has, as the index says. Reads no chunk. */
  public long count(Selection selection) {
    long sum = 0;
    for (ChunkInfo chunk : index.chunks()) {
      for (int i = 0; i < chunk.connections().length; i++) {
        BagConnection connection = index.connections().get(chunk.connections()[i]);
        if (connection != null && selection.includes(connection)) {
          sum += Integer.toUnsignedLong(chunk.counts()[i]);
        }
      }
    }
    return sum;
  }

  /** How many messages the bag has. */
  public long messageCount() {
    return index.chunks().stream().mapToLong(ChunkInfo::messages).sum();
  }

  /** How many chunks have messages. */
  public int chunkCount() {
    return index.chunks().size();
  }

  /** The earliest receive time in nanoseconds since the epoch; 0 when there is no message. */
  public long startNanos() {
    return index.chunks().stream().mapToLong(ChunkInfo::startNanos).min().orElse(0);
  }

  /** The latest receive time in nanoseconds since the epoch; 0 when there is no message. */
  public long endNanos() {
    return index.chunks().stream().mapToLong(ChunkInfo::endNanos).max().orElse(0);
  }

  /** How many chunks are compressed how. Reads the chunks' headers. */
  public Map<BagCompression, Integer> compressions() throws IOException {
    Map<BagCompression, Integer> counts = new EnumMap<>(BagCompression.class);
    FileRecord record = new FileRecord();
    for (ChunkInfo chunk : index.chunks()) {
      compression(chunk, record).ifPresent(each -> counts.merge(each, 1, Integer::sum));
    }
    return counts;
  }

  /** Empty for a damaged chunk, which is reported to those who read its messages. */
  private Optional<BagCompression> compression(ChunkInfo chunk, FileRecord record)
      throws IOException {
    try {
      record.read(file, chunk.position());
      return Optional.of(record.header.compression());
    } catch (DamagedRecord e) {
      return Optional.empty();
    }
  }

  /** A cursor over messages by receive time. Several may be open at once, on this one thread. */
  public BagCursor cursor(Selection selection) {
    return cursor(selection, BagOrder.TIME);
  }

  /** A cursor over messages. Several may be open at once, on this one thread. */
  public BagCursor cursor(Selection selection, BagOrder order) {
    BufferPool pool = idlePool == null ? new BufferPool(file.length()) : idlePool;
    pool.begin();
    idlePool = null;
    return new BagCursor(this, index, file, pool, selection, order);
  }

  void release(BufferPool pool) {
    idlePool = pool;
  }

  /**
   * Gives each message of a selection to a handler, by receive time.
   *
   * @return how many messages there were
   * @throws BagDamageException behind the last whole message, when the bag is damaged or cut off
   * @throws IOException when the file cannot be read, or from the handler
   */
  public long forEach(Selection selection, MessageHandler handler) throws IOException {
    return forEach(selection, BagOrder.TIME, handler);
  }

  /**
   * Gives each message of a selection to a handler.
   *
   * @return how many messages there were
   * @throws BagDamageException behind the last whole message, when the bag is damaged or cut off
   * @throws IOException when the file cannot be read, or from the handler
   */
  public long forEach(Selection selection, BagOrder order, MessageHandler handler)
      throws IOException {
    try (BagCursor cursor = cursor(selection, order)) {
      while (cursor.next()) {
        handler.onMessage(cursor.connection(), cursor.receiveNanos(), cursor.body());
      }
      return cursor.messagesRead();
    }
  }

  /** One message, valid until the next is read so. */
  ByteBuffer read(ChunkInfo chunk, long offset, int length) throws IOException {
    placedPool = placedPool == null ? new BufferPool(file.length()) : placedPool;
    placedPool.begin();
    try {
      ChunkContent content = placed.get(chunk.position());
      if (content == null) {
        content = ChunkContent.open(file, placedPool, chunk);
        placed.put(chunk.position(), content);
      }
      int index = content.index(offset, length);
      return content.buffer().slice(index, length).order(ByteOrder.LITTLE_ENDIAN);
    } catch (DamagedRecord e) {
      throw new BagDamageException(file.path(), List.of(e.at(chunk.position())), 0);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
