package dev.tarsier.ros.bag;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Walks over the messages of a bag. In the order of time, chunks that overlap are open together and
 * merged; a chunk is opened when the time of its first message has come and closed behind its last.
 * One owner thread, the reader's.
 */
public final class BagCursor implements AutoCloseable {
  private final BagReader reader;
  private final BagFile file;
  private final BufferPool pool;
  private final Selection selection;
  private final BagOrder order;
  private final Connections connections;
  private final List<ChunkInfo> chunks = new ArrayList<>();
  private final DamageList damages = new DamageList();
  private final Map<Integer, Boolean> wanted = new HashMap<>();
  private final ArrayDeque<OpenChunk> spare = new ArrayDeque<>();
  private final PriorityQueue<OpenChunk> open;

  private int nextChunk;
  private OpenChunk current;
  private BagConnection connection;
  private long receiveNanos;
  private ByteBuffer body;
  private long messagesRead;
  private boolean closed;

  BagCursor(
      BagReader reader,
      BagIndex index,
      BagFile file,
      BufferPool pool,
      Selection selection,
      BagOrder order) {
    this.reader = reader;
    this.file = file;
    this.pool = pool;
    this.selection = selection;
    this.order = order;
    this.connections = index.connections();
    index.damages().forEach(damages::add);
    for (ChunkInfo chunk : index.chunks()) {
      if (hasWanted(chunk)) {
        chunks.add(chunk);
      }
    }
    Comparator<OpenChunk> inFile = Comparator.comparingLong(chunk -> chunk.info.position());
    if (order == BagOrder.TIME) {
      chunks.sort(Comparator.comparingLong(ChunkInfo::startNanos));
      open =
          new PriorityQueue<>(Comparator.comparingLong(OpenChunk::timeNanos).thenComparing(inFile));
    } else {
      open = new PriorityQueue<>(inFile);
    }
  }

  /**
   * A chunk of a connection that the index does not know is read too, for it may be a wanted one.
   */
  private boolean hasWanted(ChunkInfo chunk) {
    for (int id : chunk.connections()) {
      if (connections.get(id) == null || wants(id)) {
        return true;
      }
    }
    return false;
  }

  private boolean wants(int id) {
    Boolean known = wanted.get(id);
    if (known == null) {
      BagConnection its = connections.get(id);
      if (its == null) {
        return false;
      }
      known = selection.includes(its);
      wanted.put(id, known);
    }
    return known;
  }

  /**
   * Steps to the next message.
   *
   * @return false behind the last one
   * @throws BagDamageException instead of returning false, when the bag is damaged or cut off
   * @throws IOException when the file cannot be read
   */
  public boolean next() throws IOException {
    if (closed) {
      throw new IllegalStateException("the cursor is closed");
    }
    while (true) {
      leaveCurrent();
      openWhatIsDue();
      current = open.poll();
      if (current == null) {
        body = null;
        connection = null;
        if (!damages.isEmpty()) {
          throw new BagDamageException(file.path(), damages.all(), messagesRead);
        }
        return false;
      }
      if (point()) {
        messagesRead++;
        return true;
      }
    }
  }

  private void leaveCurrent() {
    if (current == null) {
      return;
    }
    current.at++;
    if (current.at < current.count) {
      open.add(current);
    } else {
      current.content.unload();
      spare.add(current);
    }
    current = null;
  }

  private void openWhatIsDue() throws IOException {
    while (nextChunk < chunks.size()
        && (open.isEmpty()
            || (order == BagOrder.TIME
                && chunks.get(nextChunk).startNanos() <= open.peek().timeNanos()))) {
      ChunkInfo info = chunks.get(nextChunk++);
      OpenChunk chunk = spare.isEmpty() ? new OpenChunk() : spare.poll();
      try {
        chunk.content = ChunkContent.open(file, pool, info);
      } catch (DamagedRecord e) {
        damages.add(e.at(info.position()));
        spare.add(chunk);
        continue;
      }
      chunk.open(info);
      if (chunk.count > 0) {
        open.add(chunk);
      } else {
        chunk.content.unload();
        spare.add(chunk);
      }
    }
  }

  private boolean point() throws IOException {
    int message = current.sorted[current.at];
    ChunkMessages messages = current.messages;
    long offset = messages.offset(message);
    int length = messages.length(message);
    try {
      int index = current.content.index(offset, length);
      body = current.content.buffer().slice(index, length).order(ByteOrder.LITTLE_ENDIAN);
    } catch (DamagedRecord e) {
      damages.add(current.content.damageAt(offset, e));
      return false;
    }
    connection = connections.get(messages.connection(message));
    receiveNanos = messages.timeNanos(message);
    return true;
  }

  /** Topic and type of the message. */
  public BagConnection connection() {
    return connection;
  }

  /** When the recorder got the message, nanoseconds since the epoch. */
  public long receiveNanos() {
    return receiveNanos;
  }

  /** Position 0 to limit, little endian, direct. Valid until the next step or until the close. */
  public ByteBuffer body() {
    return body;
  }

  /** Where the message lies. */
  MessagePlace place() {
    int message = current.sorted[current.at];
    return new MessagePlace(
        reader, current.info, current.messages.offset(message), current.messages.length(message));
  }

  /** How many messages were stepped to. */
  public long messagesRead() {
    return messagesRead;
  }

  /** Hands its buffers back to the reader. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    body = null;
    if (current != null) {
      current.content.unload();
    }
    open.forEach(chunk -> chunk.content.unload());
    reader.release(pool);
  }

  /** A chunk being read, with its wanted messages in order. Reused. */
  private final class OpenChunk {
    private final ChunkMessages messages = new ChunkMessages();
    private ChunkInfo info;
    private ChunkContent content;
    private int[] sorted = new int[64];
    private int count;
    private int at;

    private void open(ChunkInfo next) throws IOException {
      info = next;
      at = 0;
      count = 0;
      messages.read(content, connections);
      if (messages.damage() != null) {
        damages.add(messages.damage());
      } else if (messages.count() != info.messages()) {
        damages.add(
            new BagDamage(
                info.position(),
                "the chunk has %d messages, its index says %d"
                    .formatted(messages.count(), info.messages())));
      }
      if (sorted.length < messages.count()) {
        sorted = new int[Math.max(messages.count(), 2 * sorted.length)];
      }
      boolean ascending = true;
      for (int i = 0; i < messages.count(); i++) {
        int id = messages.connection(i);
        if (wants(id)) {
          ascending &= count == 0 || messages.timeNanos(sorted[count - 1]) <= messages.timeNanos(i);
          sorted[count++] = i;
        } else if (connections.get(id) == null) {
          damages.add(
              new BagDamage(
                  info.position(),
                  "the chunk has messages of connection %s, which the bag does not describe"
                      .formatted(Integer.toUnsignedString(id))));
        }
      }
      if (order == BagOrder.TIME && !ascending) {
        sortByTime();
      }
    }

    /** Recorders write in the order of time, so that this is rare. */
    private void sortByTime() {
      Integer[] boxed = new Integer[count];
      for (int i = 0; i < count; i++) {
        boxed[i] = sorted[i];
      }
      Arrays.sort(boxed, Comparator.comparingLong(message -> messages.timeNanos(message)));
      for (int i = 0; i < count; i++) {
        sorted[i] = boxed[i];
      }
    }

    private long timeNanos() {
      return messages.timeNanos(sorted[at]);
    }
  }
}
