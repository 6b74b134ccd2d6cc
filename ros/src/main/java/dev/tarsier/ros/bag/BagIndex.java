package dev.tarsier.ros.bag;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is known of a bag before its messages are read: from the index, or by a scan without one.
 */
final class BagIndex {
  private static final int MAGIC_LENGTH = 13;

  /** Enough of a file that is no bag to say what it is. */
  private static final int LINE = 24;

  private static final int CHUNK_INFO_LIMIT = 16 << 20;

  private final BagFile file;

  /** So many chunks, and connections in them, fit the memory; a recorder writes one a megabyte. */
  private static final long MOST_ENTRIES =
      Math.min(16L << 20, Math.max(1L << 16, Runtime.getRuntime().maxMemory() / 512));

  private final DamageList damages = new DamageList();
  private long entries;
  private Connections connections = new Connections();
  private List<ChunkInfo> chunks = new ArrayList<>();
  private boolean indexed;

  private BagIndex(BagFile file) {
    this.file = file;
  }

  static BagIndex read(BagFile file) throws IOException {
    BagIndex index = new BagIndex(file);
    index.read();
    return index;
  }

  Connections connections() {
    return connections;
  }

  /** In the order of the file. */
  List<ChunkInfo> chunks() {
    return chunks;
  }

  /** What was found while looking for the index. */
  List<BagDamage> damages() {
    return damages.all();
  }

  /** Whether the bag has a whole index. */
  boolean indexed() {
    return indexed;
  }

  private void read() throws IOException {
    magic();
    FileRecord record = new FileRecord();
    long indexPosition;
    long connectionCount;
    long chunkCount;
    try {
      if (file.length() == MAGIC_LENGTH) {
        throw new DamagedRecord("the file ends before the bag's header");
      }
      record.read(file, MAGIC_LENGTH);
      if (record.header.op() != RecordHeader.OP_BAG_HEADER) {
        throw new DamagedRecord("the first record is not the bag's header");
      }
      if (record.end() > file.length()) {
        throw new DamagedRecord("the file ends inside the bag's header");
      }
      indexPosition = record.header.number(RecordHeader.Field.INDEX_POS);
      connectionCount = record.header.number(RecordHeader.Field.CONN_COUNT);
      chunkCount = record.header.number(RecordHeader.Field.CHUNK_COUNT);
    } catch (DamagedRecord e) {
      throw new BagException(
          "%s: %s; nothing of the bag can be read".formatted(file.path(), e.at(MAGIC_LENGTH)));
    }
    if (!record.header.encryptor().isEmpty()) {
      throw new BagException(
          "%s is encrypted (%s); decrypt it with `rosbag decrypt` first"
              .formatted(file.path(), RecordHeader.shown(record.header.encryptor())));
    }
    long first = record.end();
    if (indexPosition == 0) {
      scan(first);
      return;
    }
    try {
      readIndex(first, indexPosition, connectionCount, chunkCount);
      indexed = true;
    } catch (DamagedRecord e) {
      connections = new Connections();
      chunks = new ArrayList<>();
      scan(first);
      damages.addFirst(e.at(Math.min(Math.max(indexPosition, 0), file.length())));
    }
  }

  private void magic() throws IOException {
    if (file.length() == 0) {
      throw new BagException(file.path() + " is empty: nothing was recorded, or a copy failed");
    }
    int length = (int) Math.min(LINE, file.length());
    int start = file.index(0, length);
    String line = RecordHeader.text(file.window(), start, length);
    if (line.startsWith("#ROSBAG V2.0\n")) {
      return;
    }
    line = line.lines().findFirst().orElse("");
    if (line.startsWith("#ROS")) {
      throw new BagException(
          ("%s is a bag of another format (%s), only 2.0 is read;"
                  + " `rosbag filter old.bag new.bag True` writes it as 2.0")
              .formatted(file.path(), RecordHeader.shown(line.strip())));
    }
    throw new BagException(
        "%s is no ROS bag: it begins with %s instead of '#ROSBAG V2.0'"
            .formatted(file.path(), RecordHeader.shown(line)));
  }

  private void readIndex(long first, long indexPosition, long connectionCount, long chunkCount)
      throws IOException, DamagedRecord {
    if (indexPosition < first || indexPosition > file.length()) {
      throw new DamagedRecord(
          "the file has %d bytes, but its index should begin at byte %s; it is cut off or damaged"
              .formatted(file.length(), Long.toUnsignedString(indexPosition)));
    }
    FileRecord record = new FileRecord();
    long at = indexPosition;
    long connectionRecords = 0;
    while (at < file.length()
        && (connectionRecords < connectionCount || chunks.size() < chunkCount)) {
      int ahead = (int) Math.min(Integer.MAX_VALUE, at - indexPosition);
      try {
        record.read(file, at);
        if (record.header.op() == RecordHeader.OP_CONNECTION) {
          int data = record.data(file, Connections.LONGEST);
          connections.add(record.header, file.window(), data, (int) record.dataLength);
          connectionRecords++;
        } else if (record.header.op() == RecordHeader.OP_CHUNK_INFO) {
          chunks.add(chunkInfo(record, first, indexPosition));
        } else {
          throw new DamagedRecord("the index holds a record of kind " + record.header.op());
        }
      } catch (DamagedRecord e) {
        throw new DamagedRecord("the index is damaged (%s)".formatted(e.getMessage()), ahead);
      }
      at = record.end();
    }
    if (connectionRecords < connectionCount || chunks.size() < chunkCount) {
      throw new DamagedRecord(
          "the index has %d connections and %d chunks, the bag's header says %d and %d"
              .formatted(connectionRecords, chunks.size(), connectionCount, chunkCount));
    }
    chunks.sort(Comparator.comparingLong(ChunkInfo::position));
    for (int i = 1; i < chunks.size(); i++) {
      if (chunks.get(i).position() == chunks.get(i - 1).position()) {
        throw new DamagedRecord(
            "the index names the chunk at byte %d twice".formatted(chunks.get(i).position()));
      }
      chunks.set(i - 1, chunks.get(i - 1).upTo(chunks.get(i).position()));
    }
  }

  private ChunkInfo chunkInfo(FileRecord record, long first, long indexPosition)
      throws IOException, DamagedRecord {
    RecordHeader header = record.header;
    long position = header.number(RecordHeader.Field.CHUNK_POS);
    long startNanos = header.number(RecordHeader.Field.START_TIME);
    long endNanos = header.number(RecordHeader.Field.END_TIME);
    long count = header.number(RecordHeader.Field.COUNT);
    if (position < first || position >= indexPosition) {
      throw new DamagedRecord("it places a chunk at byte " + Long.toUnsignedString(position));
    }
    int data = record.data(file, CHUNK_INFO_LIMIT);
    if (count * 8 != record.dataLength) {
      throw new DamagedRecord(
          "a chunk info of %d connections has %d bytes".formatted(count, record.dataLength));
    }
    enter(count);
    int[] ids = new int[(int) count];
    int[] counts = new int[(int) count];
    ByteBuffer window = file.window();
    for (int i = 0; i < count; i++) {
      ids[i] = window.getInt(data + 8 * i);
      counts[i] = window.getInt(data + 8 * i + 4);
    }
    return new ChunkInfo(position, false, startNanos, endNanos, indexPosition, ids, counts);
  }

  /** Counts what the index holds in memory. */
  private void enter(long connectionsOfChunk) throws DamagedRecord {
    entries += 4 + connectionsOfChunk;
    if (entries > MOST_ENTRIES) {
      throw new DamagedRecord(
          "there are more chunks than this Java's memory can list; a larger -Xmx would read them");
    }
  }

  /** Walks over the whole file and looks into each chunk. */
  private void scan(long first) throws IOException {
    BufferPool pool = new BufferPool(file.length());
    entries = 0;
    ChunkMessages messages = new ChunkMessages();
    FileRecord record = new FileRecord();
    long at = first;
    try {
      while (at < file.length()) {
        record.read(file, at);
        long end = record.end();
        switch (record.header.op()) {
          case RecordHeader.OP_CHUNK -> {
            boolean unfinished = unfinished(record);
            scanChunk(at, unfinished, pool, messages);
            end = unfinished ? file.length() : end;
          }
          case RecordHeader.OP_CONNECTION -> {
            int data = record.data(file, Connections.LONGEST);
            connections.add(record.header, file.window(), data, (int) record.dataLength);
          }
          case RecordHeader.OP_INDEX, RecordHeader.OP_CHUNK_INFO -> {
            if (end > file.length()) {
              throw new DamagedRecord("the file ends inside a record");
            }
          }
          default ->
              throw new DamagedRecord(
                  "a record of kind %d should not be there; nothing behind it was read"
                      .formatted(record.header.op()));
        }
        at = end;
      }
    } catch (DamagedRecord e) {
      damages.add(e.at(at));
    }
  }

  /**
   * A recorder writes a chunk's length when the chunk is done. When it was killed before, the
   * length is 0 and the chunk's records follow.
   */
  private boolean unfinished(FileRecord chunk) throws IOException, DamagedRecord {
    if (chunk.dataLength != 0
        || chunk.header.number(RecordHeader.Field.SIZE) != 0
        || chunk.end() >= file.length()) {
      return false;
    }
    FileRecord next = new FileRecord();
    try {
      next.read(file, chunk.end());
    } catch (DamagedRecord e) {
      return true;
    }
    int op = next.header.op();
    return op != RecordHeader.OP_CHUNK
        && op != RecordHeader.OP_INDEX
        && op != RecordHeader.OP_CHUNK_INFO;
  }

  private void scanChunk(long at, boolean unfinished, BufferPool pool, ChunkMessages messages)
      throws IOException, DamagedRecord {
    ChunkInfo bare = new ChunkInfo(at, unfinished, 0, 0, file.length(), new int[0], new int[0]);
    ChunkContent content;
    try {
      content = ChunkContent.open(file, pool, bare);
    } catch (DamagedRecord e) {
      damages.add(e.at(at));
      return;
    }
    messages.read(content, connections);
    content.unload();
    if (messages.damage() != null) {
      damages.add(messages.damage());
    }
    long start = Long.MAX_VALUE;
    long end = Long.MIN_VALUE;
    Map<Integer, Integer> counts = new LinkedHashMap<>();
    for (int i = 0; i < messages.count(); i++) {
      start = Math.min(start, messages.timeNanos(i));
      end = Math.max(end, messages.timeNanos(i));
      counts.merge(messages.connection(i), 1, Integer::sum);
      if (counts.size() > Connections.MOST) {
        damages.add(
            new BagDamage(
                at,
                "the chunk has messages of more than %d connections".formatted(Connections.MOST)));
        return;
      }
    }
    if (counts.isEmpty()) {
      return;
    }
    enter(counts.size());
    chunks.add(
        new ChunkInfo(
            at,
            unfinished,
            start,
            end,
            file.length(),
            counts.keySet().stream().mapToInt(Integer::intValue).toArray(),
            counts.values().stream().mapToInt(Integer::intValue).toArray()));
  }
}
