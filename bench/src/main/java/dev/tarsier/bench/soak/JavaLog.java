package dev.tarsier.bench.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Java 17 and newer say of pauses and of their heap, with the collector of one thread and
 * {@link #OPTION}.
 */
final class JavaLog {
  /** Before the file's name: what Java has to write down, with seconds since its start. */
  static final String OPTION = "-Xlog:gc,gc+heap,safepoint:file=%s:uptime";

  private static final Pattern SAFEPOINT =
      Pattern.compile("\\[([0-9.]+)s\\] Safepoint \"(\\w+)\".*, Total: (\\d+) ns");

  private static final Pattern HEAP =
      Pattern.compile(
          "\\[([0-9.]+)s\\] GC\\(\\d+\\) (DefNew|Tenured): (\\d+)K\\([^)]*\\)->(\\d+)K.*");

  /**
   * Java stood still.
   *
   * @param atSeconds since its start
   * @param reason Java's word
   * @param millis how long
   */
  record Pause(double atSeconds, String reason, double millis) {
    boolean isCollection() {
      return reason.startsWith("GenCollect");
    }
  }

  /** The whole heap at a collection; kilobytes. */
  private record Collection(double atSeconds, long before, long after) {}

  private final List<Pause> pauses = new ArrayList<>();
  private final List<Collection> collections = new ArrayList<>();

  JavaLog(List<String> lines) {
    long youngBefore = 0;
    long youngAfter = 0;
    for (String line : lines) {
      Matcher pause = SAFEPOINT.matcher(line);
      Matcher heap = HEAP.matcher(line);
      if (pause.matches()) {
        pauses.add(
            new Pause(
                Double.parseDouble(pause.group(1)),
                pause.group(2),
                Long.parseLong(pause.group(3)) / 1e6));
      } else if (heap.matches()) {
        long before = Long.parseLong(heap.group(3));
        long after = Long.parseLong(heap.group(4));
        if (heap.group(2).equals("DefNew")) { // stands before the other of its collection
          youngBefore = before;
          youngAfter = after;
        } else {
          collections.add(
              new Collection(
                  Double.parseDouble(heap.group(1)), youngBefore + before, youngAfter + after));
        }
      }
    }
  }

  /** Those that ended between two moments, in seconds since Java's start. */
  List<Pause> pauses(double from, double to) {
    return pauses.stream()
        .filter(each -> each.atSeconds() >= from && each.atSeconds() <= to)
        .toList();
  }

  /**
   * What was allocated a second, from the first collection between two moments to the last.
   *
   * @return bytes; empty where there are fewer than two
   */
  OptionalDouble allocatedASecond(double from, double to) {
    List<Collection> within =
        collections.stream()
            .filter(each -> each.atSeconds() >= from && each.atSeconds() <= to)
            .toList();
    if (within.size() < 2) {
      return OptionalDouble.empty();
    }
    long kilobytes = 0;
    for (int i = 1; i < within.size(); i++) {
      kilobytes += within.get(i).before() - within.get(i - 1).after();
    }
    double seconds = within.get(within.size() - 1).atSeconds() - within.get(0).atSeconds();
    return OptionalDouble.of(1024 * kilobytes / seconds);
  }
}
