package dev.tarsier.ros.bag;

import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.ros.ros1.message.RosMessage;
import dev.tarsier.runtime.file.WholeFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;

/**
 * Writes a bag of format 2.0, chunk by chunk. A chunk goes to the file in one piece, with its index
 * behind it; the bag's header gets its index position at the very end, in one write. A bag whose
 * writer was killed is therefore whole up to its last chunk, for {@link BagReader} and for {@code
 * rosbag reindex}. The same calls give the same bytes. One owner thread.
 */
public final class BagWriter implements AutoCloseable {
  /** Uncompressed bytes beyond which a chunk is written, as rosbag has it. */
  public static final int DEFAULT_CHUNK_BYTES = 768 * 1024;

  private static final byte[] MAGIC = "#ROSBAG V2.0\n".getBytes(StandardCharsets.US_ASCII);

  /** Bytes of the bag's header and its padding, without their two lengths. */
  private static final int HEADER_BYTES = 4096;

  /** {@code op=.}, {@code conn=....}, {@code time=........}, each with its length. */
  private static final int MESSAGE_HEADER_BYTES = 4 + 4 + 4 + 9 + 4 + 13;

  private final Path file;
  private final BagCompression compression;
  private final int chunkBytes;
  private final FileChannel channel;
  private final Lz4Frame lz4 = new Lz4Frame();
  private final List<Written> connections = new ArrayList<>();
  private final Map<String, Written> byTopic = new HashMap<>();
  private final List<ChunkInfo> chunks = new ArrayList<>();

  /** The chunk's messages by connection: times and offsets of the index. */
  private final TreeMap<Integer, ByteBuffer> index = new TreeMap<>();

  private ByteBuffer chunk = direct(DEFAULT_CHUNK_BYTES);
  private long chunkStartNanos;
  private long chunkEndNanos;
  private long position;
  private boolean failed;
  private boolean closed;

  /** A connection, and whether a chunk has its record. */
  private static final class Written {
    final BagConnection connection;
    boolean recorded;

    Written(BagConnection connection) {
      this.connection = connection;
    }
  }

  /**
   * Creates the file, or empties it.
   *
   * @throws IOException when that is not possible
   */
  public BagWriter(Path file, BagCompression compression) throws IOException {
    this(file, compression, DEFAULT_CHUNK_BYTES);
  }

  /**
   * Creates the file, or empties it.
   *
   * @param chunkBytes uncompressed bytes beyond which a chunk is written; must be positive
   * @throws IOException when that is not possible
   */
  public BagWriter(Path file, BagCompression compression, int chunkBytes) throws IOException {
    if (chunkBytes < 1) {
      throw new IllegalArgumentException("chunkBytes must be positive, got " + chunkBytes);
    }
    this.file = file;
    this.compression = compression;
    this.chunkBytes = chunkBytes;
    this.channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
    try {
      put(ByteBuffer.wrap(MAGIC));
      put(bagHeader(0));
    } catch (IOException e) {
      channel.close();
      discard();
      throw e;
    }
  }

  /** The file as it was named. */
  public Path file() {
    return file;
  }

  /** Adds a connection for messages of one of our types. */
  public BagConnection connect(String topic, MessageType<?> type) {
    return connect(topic, type.name(), type.md5(), type.definition(), "", false);
  }

  /**
   * Adds a connection like one of another bag; only its id may differ.
   *
   * @param other Not modified.
   */
  public BagConnection connect(BagConnection other) {
    return connect(
        other.topic(),
        other.type(),
        other.md5(),
        other.definition(),
        other.callerId(),
        other.latching());
  }

  /** Adds a connection. It is recorded with its first message. */
  public BagConnection connect(
      String topic, String type, String md5, String definition, String callerId, boolean latching) {
    if (topic.isBlank()) {
      throw new IllegalArgumentException("topic must not be blank");
    }
    BagConnection connection =
        new BagConnection(connections.size(), topic, type, md5, definition, callerId, latching);
    connections.add(new Written(connection));
    return connection;
  }

  /**
   * Writes a message, on a connection of its topic that is made when it is the first.
   *
   * @param receiveNanos since the epoch; must be above 0, for ROS has no time 0
   * @param message Not modified.
   * @throws IllegalArgumentException when the topic was used with another type
   * @throws IOException when the file cannot be written
   */
  public void write(String topic, long receiveNanos, RosMessage message) throws IOException {
    MessageType<?> type = message.type();
    Written written = byTopic.get(topic);
    if (written == null) {
      written = connections.get(connect(topic, type).id());
      byTopic.put(topic, written);
    } else if (!written.connection.holds(type)) {
      throw new IllegalArgumentException(
          "topic %s has messages of %s, got one of %s"
              .formatted(topic, written.connection.type(), type.name()));
    }
    begin(written, receiveNanos, message.serializedLength());
    message.writeTo(chunk);
    end();
  }

  /**
   * Writes a message as it is.
   *
   * @param connection of this writer
   * @param receiveNanos since the epoch; must be above 0, for ROS has no time 0
   * @param body from position to limit. Not modified.
   * @throws IOException when the file cannot be written
   */
  public void write(BagConnection connection, long receiveNanos, ByteBuffer body)
      throws IOException {
    if (connection.id() < 0
        || connection.id() >= connections.size()
        || !connections.get(connection.id()).connection.equals(connection)) {
      throw new IllegalArgumentException(
          "connection of %s must be one of this writer's".formatted(connection.topic()));
    }
    int length = body.remaining();
    begin(connections.get(connection.id()), receiveNanos, length);
    chunk.put(chunk.position(), body, body.position(), length);
    chunk.position(chunk.position() + length);
    end();
  }

  private void begin(Written written, long receiveNanos, int length) throws IOException {
    if (closed || failed) {
      throw new IllegalStateException(
          file + (failed ? ": writing failed before" : " is closed") + "; nothing more goes in");
    }
    if (receiveNanos <= 0 || receiveNanos / 1_000_000_000L > 0xffff_ffffL) {
      throw new IllegalArgumentException(
          "receiveNanos must be above 0 and before 2106, got " + receiveNanos);
    }
    BagConnection connection = written.connection;
    if (!written.recorded) {
      ByteBuffer record = connectionRecord(connection);
      room(record.remaining());
      chunk.put(record);
      written.recorded = true;
    }
    int offset = chunk.position();
    room(Math.addExact(length, MESSAGE_HEADER_BYTES + 8));
    chunk.putInt(MESSAGE_HEADER_BYTES);
    Fields fields = new Fields(chunk);
    fields.op(RecordHeader.OP_MESSAGE);
    fields.number("conn", connection.id());
    fields.time("time", receiveNanos);
    chunk.putInt(length);
    if (index.isEmpty()) {
      chunkStartNanos = receiveNanos;
      chunkEndNanos = receiveNanos;
    }
    chunkStartNanos = Math.min(chunkStartNanos, receiveNanos);
    chunkEndNanos = Math.max(chunkEndNanos, receiveNanos);
    ByteBuffer entries = index.get(connection.id());
    if (entries == null || entries.remaining() < 12) {
      ByteBuffer larger = heap(entries == null ? 12 * 16 : 2 * entries.capacity());
      entries = entries == null ? larger : larger.put(entries.flip());
      index.put(connection.id(), entries);
    }
    Fields.putTime(entries, receiveNanos);
    entries.putInt(offset);
  }

  private void end() throws IOException {
    if (chunk.position() > chunkBytes) {
      finishChunk();
    }
  }

  private void room(int bytes) {
    if (chunk.remaining() < bytes) {
      long needed = (long) chunk.position() + bytes;
      if (needed > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "a chunk of %d bytes is more than a bag can hold".formatted(needed));
      }
      long roomy = Math.min(Integer.MAX_VALUE, Math.max(needed, chunk.capacity() * 3L / 2));
      chunk = direct((int) roomy).put(chunk.flip());
    }
  }

  /** Writes what has come so far as a chunk, so that it survives a kill from now on. */
  public void flush() throws IOException {
    if (!closed && !failed) {
      finishChunk();
      force(false);
    }
  }

  private void finishChunk() throws IOException {
    if (chunk.position() == 0) {
      return;
    }
    int size = chunk.position();
    chunk.flip();
    ByteBuffer data = packed();
    Fields header = new Fields();
    header.op(RecordHeader.OP_CHUNK);
    header.text("compression", compression.rosName());
    header.number("size", size);
    int[] ids = new int[index.size()];
    int[] counts = new int[index.size()];
    List<ByteBuffer> parts = new ArrayList<>();
    parts.add(header.lengthAndHeader(data.remaining()));
    parts.add(data);
    int i = 0;
    for (Map.Entry<Integer, ByteBuffer> each : index.entrySet()) {
      ByteBuffer entries = each.getValue().flip();
      ids[i] = each.getKey();
      counts[i] = entries.remaining() / 12;
      Fields indexHeader = new Fields();
      indexHeader.op(RecordHeader.OP_INDEX);
      indexHeader.number("ver", 1);
      indexHeader.number("conn", ids[i]);
      indexHeader.number("count", counts[i]);
      parts.add(indexHeader.lengthAndHeader(entries.remaining()));
      parts.add(entries);
      i++;
    }
    long at = position;
    put(parts.toArray(new ByteBuffer[0]));
    chunks.add(
        new ChunkInfo(at, false, chunkStartNanos, chunkEndNanos, Long.MAX_VALUE, ids, counts));
    chunk.clear();
    index.clear();
  }

  private ByteBuffer packed() throws IOException {
    return switch (compression) {
      case NONE -> chunk;
      case LZ4 -> lz4.encode(chunk);
      case BZ2 -> {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new BZip2CompressorOutputStream(packed)) {
          byte[] part = new byte[64 * 1024];
          while (chunk.hasRemaining()) {
            int count = Math.min(part.length, chunk.remaining());
            chunk.get(part, 0, count);
            out.write(part, 0, count);
          }
        }
        yield ByteBuffer.wrap(packed.toByteArray());
      }
    };
  }

  /**
   * Writes the last chunk and the index. Safe to call twice.
   *
   * @throws IOException when the file cannot be written; the bag is then as if the writer had been
   *     killed
   */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (channel) {
      if (failed) {
        return;
      }
      finishChunk();
      long indexPosition = position;
      int count = 0;
      for (Written written : connections) {
        if (written.recorded) {
          put(connectionRecord(written.connection));
          count++;
        }
      }
      for (ChunkInfo info : chunks) {
        put(chunkInfoRecord(info));
      }
      force(true);
      channel.position(MAGIC.length);
      put(bagHeader(indexPosition, count, chunks.size()));
      force(true);
    }
  }

  /** Whether writing has failed; the file then ends somewhere. */
  public boolean failed() {
    return failed;
  }

  /** Removes the file; a device or a pipe stays. */
  public void discard() throws IOException {
    closed = true;
    channel.close();
    if (Files.isRegularFile(file)) {
      Files.delete(file);
    }
  }

  private void force(boolean metadata) throws IOException {
    try {
      channel.force(metadata);
    } catch (IOException e) {
      failed = true;
      throw WholeFile.failure(file, e);
    }
  }

  private void put(ByteBuffer... parts) throws IOException {
    try {
      long left = 0;
      for (ByteBuffer part : parts) {
        left += part.remaining();
      }
      position += left;
      while (left > 0) {
        left -= channel.write(parts);
      }
    } catch (IOException e) {
      failed = true;
      throw WholeFile.failure(file, e);
    }
  }

  private static ByteBuffer bagHeader(long indexPosition) {
    return bagHeader(indexPosition, 0, 0);
  }

  private static ByteBuffer bagHeader(long indexPosition, int connectionCount, int chunkCount) {
    Fields header = new Fields();
    header.op(RecordHeader.OP_BAG_HEADER);
    header.position("index_pos", indexPosition);
    header.number("conn_count", connectionCount);
    header.number("chunk_count", chunkCount);
    int padding = HEADER_BYTES - header.length();
    ByteBuffer start = header.lengthAndHeader(padding);
    ByteBuffer record = heap(start.remaining() + padding).put(start);
    while (record.hasRemaining()) {
      record.put((byte) ' ');
    }
    return record.flip();
  }

  private static ByteBuffer connectionRecord(BagConnection connection) {
    Fields header = new Fields();
    header.op(RecordHeader.OP_CONNECTION);
    header.number("conn", connection.id());
    header.text("topic", connection.topic());
    Fields data = new Fields();
    data.text("topic", connection.topic());
    data.text("type", connection.type());
    data.text("md5sum", connection.md5());
    data.text("message_definition", connection.definition());
    if (!connection.callerId().isEmpty()) {
      data.text("callerid", connection.callerId());
    }
    if (connection.latching()) {
      data.text("latching", "1");
    }
    ByteBuffer fields = data.bytes();
    ByteBuffer start = header.lengthAndHeader(fields.remaining());
    return heap(start.remaining() + fields.remaining()).put(start).put(fields).flip();
  }

  private static ByteBuffer chunkInfoRecord(ChunkInfo info) {
    Fields header = new Fields();
    header.op(RecordHeader.OP_CHUNK_INFO);
    header.number("ver", 1);
    header.position("chunk_pos", info.position());
    header.time("start_time", info.startNanos());
    header.time("end_time", info.endNanos());
    header.number("count", info.connections().length);
    ByteBuffer start = header.lengthAndHeader(8 * info.connections().length);
    ByteBuffer record = heap(start.remaining() + 8 * info.connections().length).put(start);
    for (int i = 0; i < info.connections().length; i++) {
      record.putInt(info.connections()[i]).putInt(info.counts()[i]);
    }
    return record.flip();
  }

  private static ByteBuffer direct(int capacity) {
    return ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer heap(int capacity) {
    return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Header fields, {@code uint32 length, name=value} each. */
  private static final class Fields {
    private ByteBuffer out;

    Fields() {
      this(heap(256));
    }

    /** Writes into a buffer that has room enough. */
    Fields(ByteBuffer out) {
      this.out = out;
    }

    void op(int op) {
      name("op", 1).put((byte) op);
    }

    void number(String name, int value) {
      name(name, 4).putInt(value);
    }

    void position(String name, long value) {
      name(name, 8).putLong(value);
    }

    void time(String name, long nanos) {
      putTime(name(name, 8), nanos);
    }

    void text(String name, String value) {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      name(name, bytes.length).put(bytes);
    }

    static void putTime(ByteBuffer out, long nanos) {
      out.putInt((int) (nanos / 1_000_000_000L)).putInt((int) (nanos % 1_000_000_000L));
    }

    private ByteBuffer name(String name, int valueLength) {
      int length = name.length() + 1 + valueLength;
      if (out.remaining() < 4 + length) {
        out = heap(Math.max(2 * out.capacity(), out.position() + 4 + length)).put(out.flip());
      }
      out.putInt(length);
      for (int i = 0; i < name.length(); i++) {
        out.put((byte) name.charAt(i));
      }
      return out.put((byte) '=');
    }

    int length() {
      return out.position();
    }

    ByteBuffer bytes() {
      return out.flip();
    }

    /** The header with its length before it and the length of its data behind it. */
    ByteBuffer lengthAndHeader(int dataLength) {
      int length = out.position();
      return heap(length + 8).putInt(length).put(out.flip()).putInt(dataLength).flip();
    }
  }
}
