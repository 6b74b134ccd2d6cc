package dev.tarsier.ros.bag;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * One recording in one bag or several: {@code rosbag record --split} begins a new file when one is
 * large enough. The bags' messages come in the order of time, whatever the order in which the files
 * were named, and files that overlap in time are merged. One owner thread.
 */
public final class Recording implements AutoCloseable {
  private final List<BagReader> bags;
  private final List<Path> repeated;

  private Recording(List<BagReader> bags, List<Path> repeated) {
    this.bags = bags;
    this.repeated = repeated;
  }

  /**
   * A damaged place of one of the bags.
   *
   * @param file the bag
   * @param damage the place
   */
  public record Damage(Path file, BagDamage damage) {}

  /**
   * Opens the bags.
   *
   * @param files at least one; a file that is named twice is read once
   * @throws BagException when one cannot be read as a bag; the message names it
   */
  public static Recording open(List<Path> files) throws IOException {
    if (files.isEmpty()) {
      throw new IllegalArgumentException("a recording needs at least one bag");
    }
    List<BagReader> bags = new ArrayList<>();
    Set<Path> repeated = new LinkedHashSet<>();
    try {
      for (Path file : distinct(files, repeated)) {
        bags.add(BagReader.open(file));
      }
    } catch (IOException | RuntimeException e) {
      new Recording(bags, List.of()).close();
      throw e;
    }
    // stable: bags without a message come first, for they give nothing
    bags.sort(Comparator.comparingLong(BagReader::startNanos));
    return new Recording(bags, List.copyOf(repeated));
  }

  private static List<Path> distinct(List<Path> files, Set<Path> repeated) {
    Map<Path, Path> byPlace = new LinkedHashMap<>();
    for (Path file : files) {
      Path before = byPlace.putIfAbsent(file.toAbsolutePath().normalize(), file);
      if (before != null) {
        repeated.add(before);
      }
    }
    return List.copyOf(byPlace.values());
  }

  /** Files that were named more than once, and are read once. */
  public List<Path> repeated() {
    return repeated;
  }

  /** The files in the order of time. */
  public List<Path> files() {
    return bags.stream().map(BagReader::file).toList();
  }

  /** What the files are called in a sentence. */
  public String name() {
    Path first = bags.get(0).file().getFileName();
    return bags.size() == 1 ? first.toString() : "%s and %d more".formatted(first, bags.size() - 1);
  }

  /** Bytes of all files. */
  public long bytes() {
    return bags.stream().mapToLong(BagReader::fileLength).sum();
  }

  /** Every topic with its type and count, by name. Reads no chunk. */
  public List<BagTopic> topics() {
    if (bags.size() == 1) {
      return bags.get(0).topics();
    }
    Map<List<String>, BagTopic> topics = new LinkedHashMap<>();
    for (BagReader bag : bags) {
      for (BagTopic one : bag.topics()) {
        topics.merge(
            List.of(one.name(), one.type(), one.md5()),
            one,
            (a, b) ->
                new BagTopic(
                    a.name(),
                    a.type(),
                    a.md5(),
                    a.messages() + b.messages(),
                    Math.max(a.connections(), b.connections())));
      }
    }
    return topics.values().stream().sorted(Comparator.comparing(BagTopic::name)).toList();
  }

  /**
   * The topics of some types, by name.
   *
   * @param types such as {@code sensor_msgs/Image}
   */
  public List<BagTopic> topicsOfType(String... types) {
    List<String> wanted = List.of(types);
    return topics().stream().filter(topic -> wanted.contains(topic.type())).toList();
  }

  /** How many messages a selection has, as the indexes say. Reads no chunk. */
  public long count(Selection selection) {
    return bags.stream().mapToLong(bag -> bag.count(selection)).sum();
  }

  /** A cursor over messages by receive time. */
  public Cursor cursor(Selection selection) {
    return new Cursor(bags, selection);
  }

  /**
   * Gives each message of a selection to a handler, by receive time.
   *
   * @return what was read, and what of the bags is damaged; never thrown, for what is whole is of
   *     use
   * @throws IOException when a file cannot be read, or from the handler
   */
  public Result forEach(Selection selection, MessageHandler handler) throws IOException {
    long first = 0;
    long last = 0;
    try (Cursor cursor = cursor(selection)) {
      while (cursor.next()) {
        last = cursor.receiveNanos();
        first = cursor.messagesRead() == 1 ? last : first;
        handler.onMessage(cursor.connection(), last, cursor.body());
      }
      return new Result(cursor.messagesRead(), (last - first) / 1e9, cursor.damages());
    }
  }

  /**
   * The same with the place of each message, for those who want whole bags only.
   *
   * @return how many messages there were
   * @throws BagDamageException behind the last whole message, naming the first damaged bag
   * @throws IOException when a file cannot be read, or from the handler
   */
  public long forEachWhole(Selection selection, PlaceHandler handler) throws IOException {
    try (Cursor cursor = cursor(selection)) {
      while (cursor.next()) {
        handler.onMessage(
            cursor.connection(),
            cursor.receiveNanos(),
            cursor.body(),
            cursor.current.cursor().place());
      }
      return requireWhole(new Result(cursor.messagesRead(), 0, cursor.damages()));
    }
  }

  private static long requireWhole(Result result) throws BagDamageException {
    if (!result.damages().isEmpty()) {
      Path file = result.damages().get(0).file();
      List<BagDamage> its =
          result.damages().stream()
              .filter(each -> each.file().equals(file))
              .map(Damage::damage)
              .toList();
      throw new BagDamageException(file, its, result.messages());
    }
    return result.messages();
  }

  /**
   * What came of reading.
   *
   * @param messages that were whole
   * @param seconds from the first of them to the last, by receive time
   * @param damages every damaged place that was met; empty for whole bags
   */
  public record Result(long messages, double seconds, List<Damage> damages) {}

  @Override
  public void close() throws IOException {
    for (BagReader bag : bags) {
      bag.close();
    }
  }

  /**
   * Walks over the messages of all bags by receive time. A bag is opened when its time has come and
   * let go behind its last message. The recording's thread owns it.
   */
  public static final class Cursor implements AutoCloseable {
    private final List<BagReader> waiting;
    private final Selection selection;
    private final PriorityQueue<Open> open =
        new PriorityQueue<>(Comparator.comparingLong(Open::nanos).thenComparingInt(Open::order));
    private final LinkedHashSet<Damage> damages = new LinkedHashSet<>();
    private Open current;
    private int opened;
    private long messagesRead;

    private record Open(BagReader bag, BagCursor cursor, int order) {
      long nanos() {
        return cursor.receiveNanos();
      }
    }

    private Cursor(List<BagReader> bags, Selection selection) {
      this.waiting = new ArrayList<>(bags);
      this.selection = selection;
    }

    /**
     * Steps to the next message.
     *
     * @return false behind the last one
     * @throws IOException when a file cannot be read; damage is no such thing, see {@link #damages}
     */
    public boolean next() throws IOException {
      if (current != null) {
        step(current);
        current = null;
      }
      while (!waiting.isEmpty()
          && (open.isEmpty() || waiting.get(0).startNanos() <= open.peek().nanos())) {
        BagReader bag = waiting.remove(0);
        step(new Open(bag, bag.cursor(selection), opened++));
      }
      current = open.poll();
      if (current != null) {
        messagesRead++;
      }
      return current != null;
    }

    private void step(Open one) throws IOException {
      try {
        if (one.cursor().next()) {
          open.add(one);
          return;
        }
      } catch (BagDamageException e) {
        e.damages().forEach(damage -> damages.add(new Damage(one.bag().file(), damage)));
      }
      one.cursor().close();
    }

    /** Topic and type of the message. */
    public BagConnection connection() {
      return current.cursor().connection();
    }

    /** When the recorder got the message, nanoseconds since the epoch. */
    public long receiveNanos() {
      return current.nanos();
    }

    /** Position 0 to limit, little endian. Valid until the next step or until the close. */
    public ByteBuffer body() {
      return current.cursor().body();
    }

    /** How many messages were stepped to. */
    public long messagesRead() {
      return messagesRead;
    }

    /** What was found to be damaged so far. */
    public List<Damage> damages() {
      return List.copyOf(damages);
    }

    @Override
    public void close() {
      if (current != null) {
        current.cursor().close();
        current = null;
      }
      open.forEach(one -> one.cursor().close());
      open.clear();
    }
  }
}
