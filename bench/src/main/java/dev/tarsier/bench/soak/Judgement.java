package dev.tarsier.bench.soak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * What came of a soak, criterion by criterion. All of it is computed from what was {@linkplain
 * Evidence seen}; nothing is asked here.
 *
 * <p><b>Memory is flat</b> where, after the warm-up, the resident size never rises by more than
 * {@value #MOST_RISE_PERCENT} %. It is sampled each second. The time after the warm-up is cut into
 * windows, each as long as the camera takes to go through all its looks, so that all windows have
 * the same mix of sizes; the level of a window is the median of its samples, so that no single peak
 * decides. The rise is the largest one from the level of any window to that of any later one: a
 * size that creeps, in whatever steps, is found, one that falls is no fault.
 *
 * <p><b>Nothing leaks</b> where what is held at the quiet end is no more than before: files and
 * threads than before the first disturbance (a few are made once and kept), tensors and objects of
 * OpenCV than at the end of the warm-up, when every look has been seen (a few views of buffers are
 * made later and kept), and no frame is leased.
 */
final class Judgement {
  /** Of the resident size, from one window's level to a later one's. */
  static final double MOST_RISE_PERCENT = 5;

  /** Files that are opened once at some time and kept, such as for random numbers. */
  static final int FURTHER_FILES = 4;

  /** Threads that are started once at some time and kept. */
  static final int FURTHER_THREADS = 4;

  /** Views of the frames' buffers are kept, up to twelve, each a Mat and a pointer. */
  static final int FURTHER_OBJECTS = 24;

  /** The way from the node to here, on a machine that has other things to do. */
  static final long DELIVERY_MILLIS = 500;

  /** Around the moments at which the subscriber came or went, one output may come alone. */
  private static final long SWITCHING_NANOS = 1_000_000_000L;

  private Judgement() {}

  /**
   * A criterion.
   *
   * @param name in a few words
   * @param met whether it is
   * @param found what was found, and when
   */
  record Criterion(String name, boolean met, String found) {}

  /**
   * What was seen.
   *
   * @param schedule of the soak
   * @param record that it kept
   * @param outputs images that the node gives
   * @param seen what the subscriber got
   * @param switched when it came and went, nanoseconds since the epoch
   * @param sent stamps of all sound images
   * @param maxAgeNanos the node's maximum age
   * @param last diagnostics at the quiet end
   * @param counted the same by telemetry; empty where there is no broker
   * @param images publishers of images that the node keeps a connection for, at the quiet end
   * @param end the node's resources then
   * @param log lines that the node said
   * @param ended whether the node ended when it was told to
   */
  record Evidence(
      Schedule schedule,
      SoakRecord record,
      List<String> outputs,
      List<Listener.Seen> seen,
      List<Long> switched,
      Set<Long> sent,
      long maxAgeNanos,
      Map<String, String> last,
      Map<String, Long> counted,
      int images,
      NodeProcess.Resources end,
      List<String> log,
      boolean ended) {}

  /** All criteria. */
  static List<Criterion> of(Evidence e) {
    List<Criterion> all = new ArrayList<>();
    all.add(memory(e));
    all.add(once(e, "open files", s -> s.resources().files(), e.end().files(), FURTHER_FILES));
    all.add(once(e, "threads", s -> s.resources().threads(), e.end().threads(), FURTHER_THREADS));
    all.add(frames(e));
    all.add(held(e, "tensors", SoakRecord.Held::tensors, 0));
    all.add(held(e, "opencv_objects", SoakRecord.Held::openCv, FURTHER_OBJECTS));
    all.add(counts(e));
    if (!e.counted().isEmpty()) {
      all.add(telemetry(e));
    }
    all.add(age(e));
    all.add(order(e));
    all.add(stamps(e));
    all.add(pairs(e));
    all.add(connections(e));
    all.add(recoveries(e));
    all.add(faults(e));
    all.add(log(e));
    all.add(
        new Criterion(
            "ends when told to", e.ended(), e.ended() ? "it did" : "it did not, and was killed"));
    return all;
  }

  private static Criterion memory(Evidence e) {
    Rise rise =
        rise(
            e.record().samples(),
            s -> s.resources().rssKilobytes(),
            e.schedule().warmUpSeconds(),
            e.schedule().totalSeconds() - e.schedule().quietSeconds(),
            e.schedule().windowSeconds());
    return new Criterion(
        "resident memory is flat",
        rise.windows() > 1 && rise.percent() <= MOST_RISE_PERCENT,
        rise.windows() > 1
            ? "%s; at most %s %% are allowed, in %d windows of %d s"
                .formatted(
                    rise.words(1024, "MB"),
                    decimal(MOST_RISE_PERCENT),
                    rise.windows(),
                    e.schedule().windowSeconds())
            : "too few samples to tell");
  }

  /**
   * The largest rise from a window's median to a later one's.
   *
   * @param windows that were looked at
   * @param from the lower level
   * @param fromSeconds when its window began
   * @param to the higher level
   * @param toSeconds when its window began
   */
  record Rise(int windows, long from, double fromSeconds, long to, double toSeconds) {
    double percent() {
      return 100.0 * (to - from) / from;
    }

    private String words(double unit, String name) {
      return "rises by at most %s %%: %s %s in the window at %s, %s at %s"
          .formatted(
              decimal(percent()),
              decimal(from / unit),
              name,
              SoakRecord.clock(fromSeconds),
              decimal(to / unit),
              SoakRecord.clock(toSeconds));
    }
  }

  static Rise rise(
      List<SoakRecord.Sample> samples,
      ToLongFunction<SoakRecord.Sample> value,
      int fromSeconds,
      int untilSeconds,
      int windowSeconds) {
    List<Long> levels = new ArrayList<>();
    for (int at = fromSeconds; at + windowSeconds <= untilSeconds; at += windowSeconds) {
      int begins = at;
      long[] values =
          samples.stream()
              .filter(s -> s.atSeconds() >= begins && s.atSeconds() < begins + windowSeconds)
              .mapToLong(value)
              .sorted()
              .toArray();
      levels.add(values.length == 0 ? 0 : values[values.length / 2]);
    }
    Rise worst = new Rise(levels.size(), 1, fromSeconds, 1, fromSeconds);
    int lowest = 0;
    for (int i = 0; i < levels.size(); i++) {
      if (levels.get(i) < levels.get(lowest)) {
        lowest = i;
      }
      Rise now =
          new Rise(
              levels.size(),
              Math.max(1, levels.get(lowest)),
              fromSeconds + (double) lowest * windowSeconds,
              levels.get(i),
              fromSeconds + (double) i * windowSeconds);
      if (i == 0 || now.percent() > worst.percent()) {
        worst = now;
      }
    }
    return worst;
  }

  private static Criterion once(
      Evidence e, String what, ToLongFunction<SoakRecord.Sample> value, int end, int further) {
    int first = e.schedule().events().get(0).atSeconds();
    long begin =
        e.record().samples().stream()
            .filter(s -> s.atSeconds() < first)
            .mapToLong(value)
            .max()
            .orElse(0);
    long most = e.record().samples().stream().mapToLong(value).max().orElse(0);
    return new Criterion(
        what + " come back",
        begin > 0 && end <= begin + further,
        "%d before the first disturbance, %d at the quiet end (at most %d more are allowed); up to %d in between"
            .formatted(begin, end, further, most));
  }

  private static long number(Evidence e, String key) {
    return Long.parseLong(e.last().getOrDefault(key, "-1"));
  }

  private static Criterion frames(Evidence e) {
    long leaked = number(e, "frames_leaked");
    long leased = number(e, "frames_leased");
    long overflows = number(e, "frame_overflows");
    return new Criterion(
        "no frame is leaked",
        leaked == 0 && leased == 0 && overflows == 0,
        "leaked %d, leased at the quiet end %d, beyond the pool %d"
            .formatted(leaked, leased, overflows));
  }

  private static Criterion held(
      Evidence e, String key, ToLongFunction<SoakRecord.Held> value, int further) {
    double warm = e.schedule().warmUpSeconds();
    long before =
        e.record().held().stream()
            .filter(each -> each.atSeconds() <= warm)
            .mapToLong(value)
            .max()
            .orElse(-1);
    SoakRecord.Held most =
        e.record().held().stream()
            .filter(each -> each.atSeconds() > warm)
            .max((a, b) -> Long.compare(value.applyAsLong(a), value.applyAsLong(b)))
            .orElse(new SoakRecord.Held(0, -1, -1));
    long end = number(e, key);
    return new Criterion(
        key + " come back",
        before > 0 && end > 0 && end <= before + further,
        "up to %d in the warm-up, %d at the quiet end; up to %d in between, at %s"
            .formatted(before, end, value.applyAsLong(most), SoakRecord.clock(most.atSeconds())));
  }

  private static Criterion counts(Evidence e) {
    long in = number(e, "frames_in");
    long out = number(e, "frames_out");
    Map<String, Long> drops = new TreeMap<>();
    e.last()
        .forEach(
            (key, count) -> {
              if (key.startsWith("dropped.")) {
                drops.put(key.substring("dropped.".length()), Long.parseLong(count));
              }
            });
    long dropped = drops.values().stream().mapToLong(Long::longValue).sum();
    return new Criterion(
        "in = out + drops by reason",
        in > 0 && in == out + dropped,
        "%d = %d + %d; %s".formatted(in, out, dropped, drops));
  }

  private static Criterion telemetry(Evidence e) {
    Map<String, Long> here = new TreeMap<>();
    e.counted().keySet().forEach(key -> here.put(key, number(e, key)));
    return new Criterion(
        "telemetry says the same",
        here.equals(e.counted()),
        here.equals(e.counted())
            ? "of " + String.join(", ", e.counted().keySet())
            : "telemetry %s, diagnostics %s".formatted(e.counted(), here));
  }

  private static Criterion age(Evidence e) {
    long most = e.maxAgeNanos() + DELIVERY_MILLIS * 1_000_000;
    Listener.Seen oldest =
        e.seen().stream()
            .max((a, b) -> Long.compare(age(a), age(b)))
            .orElse(new Listener.Seen("none", 0, 0));
    long[] ages = e.seen().stream().mapToLong(Judgement::age).sorted().toArray();
    long stale = Arrays.stream(ages).filter(each -> each > most).count();
    return new Criterion(
        "none is stale",
        ages.length > 0 && stale == 0,
        "%d outputs of %d older than %d ms when they came (maximum age + %d for the way); p50 %d ms, oldest %d ms at %s"
            .formatted(
                stale,
                ages.length,
                most / 1_000_000,
                DELIVERY_MILLIS,
                ages.length == 0 ? 0 : ages[ages.length / 2] / 1_000_000,
                age(oldest) / 1_000_000,
                SoakRecord.clock(e.record().secondsOf(oldest.arrivalNanos()))));
  }

  private static long age(Listener.Seen seen) {
    return seen.arrivalNanos() - seen.stampNanos();
  }

  private static Criterion order(Evidence e) {
    Map<String, Long> last = new HashMap<>();
    int wrong = 0;
    String where = "";
    for (Listener.Seen each : e.seen()) {
      Long before = last.put(each.output(), each.stampNanos());
      if (before != null && before >= each.stampNanos()) {
        wrong++;
        where =
            ", the last one of %s at %s"
                .formatted(
                    each.output(), SoakRecord.clock(e.record().secondsOf(each.arrivalNanos())));
      }
    }
    return new Criterion(
        "in order, none twice",
        wrong == 0,
        "%d of %d out of order or published twice%s".formatted(wrong, e.seen().size(), where));
  }

  private static Criterion stamps(Evidence e) {
    List<Listener.Seen> unknown =
        e.seen().stream().filter(each -> !e.sent().contains(each.stampNanos())).toList();
    return new Criterion(
        "each is of an image that was sent",
        unknown.isEmpty(),
        "%d of %d have a stamp that no image had%s"
            .formatted(
                unknown.size(),
                e.seen().size(),
                unknown.isEmpty()
                    ? ""
                    : ", the first one at "
                        + SoakRecord.clock(e.record().secondsOf(unknown.get(0).arrivalNanos()))));
  }

  private static Criterion pairs(Evidence e) {
    Map<Long, Integer> byStamp = new TreeMap<>();
    e.seen().forEach(each -> byStamp.merge(each.stampNanos(), 1, Integer::sum));
    boolean all = true;
    List<String> words = new ArrayList<>();
    for (String output : e.outputs()) {
      Set<Long> its = new HashSet<>();
      e.seen().stream()
          .filter(each -> each.output().equals(output))
          .forEach(each -> its.add(each.stampNanos()));
      List<Long> missing =
          byStamp.keySet().stream()
              .filter(stamp -> !its.contains(stamp))
              .filter(
                  stamp ->
                      e.switched().stream()
                          .noneMatch(each -> Math.abs(each - stamp) < SWITCHING_NANOS))
              .toList();
      long counted = Math.max(0, number(e, "lost." + output));
      all &= missing.size() <= counted;
      words.add(
          "%d without %s, %d counted as lost%s"
              .formatted(
                  missing.size(),
                  output,
                  counted,
                  missing.isEmpty()
                      ? ""
                      : ", the first one at "
                          + SoakRecord.clock(e.record().secondsOf(missing.get(0)))));
    }
    return new Criterion(
        "all outputs come, or are counted",
        all,
        "of %d images %s".formatted(byStamp.size(), String.join("; ", words)));
  }

  private static Criterion connections(Evidence e) {
    return new Criterion(
        "no dead camera is kept",
        e.images() == 1,
        "%d publishers of images at the quiet end, and one camera".formatted(e.images()));
  }

  private static Criterion recoveries(Evidence e) {
    List<SoakRecord.Recovery> late =
        e.record().recoveries().stream().filter(each -> each.backSeconds() < 0).toList();
    return new Criterion(
        "back in time",
        late.isEmpty() && !e.record().recoveries().isEmpty(),
        late.isEmpty()
            ? "%d times, see above".formatted(e.record().recoveries().size())
            : String.join(
                "; ",
                late.stream()
                    .map(
                        each ->
                            "%s at %s: not within %d s"
                                .formatted(
                                    each.what().words(),
                                    SoakRecord.clock(each.atSeconds()),
                                    each.what().limitSeconds()))
                    .toList()));
  }

  private static Criterion faults(Evidence e) {
    return new Criterion(
        "nothing else went wrong",
        e.record().faults().isEmpty(),
        e.record().faults().isEmpty()
            ? "nothing did"
            : String.join(
                "; ",
                e.record().faults().stream()
                    .map(each -> SoakRecord.clock(each.atSeconds()) + " " + each.what())
                    .toList()));
  }

  private static Criterion log(Evidence e) {
    List<String> bad =
        e.log().stream()
            .filter(
                line ->
                    line.contains("ERROR")
                        || line.startsWith("\tat ")
                        || line.contains("Exception in thread"))
            .toList();
    return new Criterion(
        "no error in the node's log",
        bad.isEmpty(),
        "%d lines, %d errors%s"
            .formatted(
                e.log().size(), bad.size(), bad.isEmpty() ? "" : ", the first one: " + bad.get(0)));
  }

  static String decimal(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
