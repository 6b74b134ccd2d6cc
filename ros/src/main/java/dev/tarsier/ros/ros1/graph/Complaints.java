package dev.tarsier.ros.ros1.graph;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Decides which complaints about peers are worth a line of the log: each distinct one of a source
 * once a minute, a few of one source a minute, and a bounded number in all. What is held back is
 * counted, and the count is told with the source's next line; the last line before lines are held
 * back says that they will be. Any thread may call.
 */
public final class Complaints {
  /** Lines of one source in an interval. */
  static final int PER_SOURCE = 5;

  /** Lines of all sources in an interval. */
  static final int IN_ALL = 30;

  static final long INTERVAL_NANOS = 60_000_000_000L;
  private static final int MAX_SOURCES = 256;

  private final LongSupplier nanos;

  // guarded by this
  private final Map<String, Source> sources =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Source> eldest) {
          return size() > MAX_SOURCES;
        }
      };
  private long intervalStart;
  private int told;
  private long heldBack;

  /** What one source has cost in this interval. */
  private static final class Source {
    final Set<String> told = new HashSet<>();
    long heldBack;
  }

  /** With the machine's clock. */
  public Complaints() {
    this(System::nanoTime);
  }

  Complaints(LongSupplier nanos) {
    this.nanos = nanos;
    this.intervalStart = nanos.getAsLong();
    // loaded now: a process that is out of descriptors has much to complain of and loads no class
    sources.put("", new Source());
  }

  /**
   * Asks whether a complaint is to be logged.
   *
   * @param source whom it is about, such as an address
   * @param complaint one sentence
   * @return the line to log; empty where it is held back
   */
  public synchronized Optional<String> line(String source, String complaint) {
    long now = nanos.getAsLong();
    if (now - intervalStart >= INTERVAL_NANOS) {
      intervalStart = now;
      told = 0;
      // counts live on until they are told
      sources.values().removeIf(each -> each.heldBack == 0);
      sources.values().forEach(each -> each.told.clear());
    }
    Source about = sources.computeIfAbsent(Excerpt.of(source), key -> new Source());
    String text = Excerpt.LENGTH * 4 < complaint.length() ? Excerpt.of(complaint) : complaint;
    if (told >= IN_ALL || about.told.size() >= PER_SOURCE || !about.told.add(text)) {
      about.heldBack++;
      heldBack++;
      return Optional.empty();
    }
    told++;
    long before = about.heldBack;
    about.heldBack = 0;
    if (before > 0) {
      text += " (" + before + " more of this source were not logged)";
    }
    if (told == IN_ALL) {
      text += " (further complaints are counted and not logged for up to a minute)";
    } else if (about.told.size() == PER_SOURCE) {
      text += " (more of this source are counted and not logged for up to a minute)";
    }
    return Optional.of(text);
  }

  /** Complaints that were not logged, so far. */
  public synchronized long heldBack() {
    return heldBack;
  }
}
