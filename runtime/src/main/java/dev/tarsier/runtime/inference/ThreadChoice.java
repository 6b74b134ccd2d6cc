package dev.tarsier.runtime.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.natives.UserCache;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many threads the CPU provider gets, by measuring: on one machine two are half as fast again
 * as one, on another one is the faster. What was measured is remembered for this processor, network
 * and engine, so that only the first start measures; but not where other programs were busy
 * meanwhile, which is unfair to more threads. Used by one thread.
 */
final class ThreadChoice {
  private static final Logger LOG = LoggerFactory.getLogger(ThreadChoice.class);

  /** Of a processor that is shared with the rest of a robot, more is not taken. */
  private static final int[] CANDIDATES = {1, 2, 4};

  /** The fewest that are so near to the best. */
  private static final double NEAR = 1.1;

  private static final int ROUNDS = 4;
  private static final long ROUND_NANOS = 50_000_000;

  /** What others may take of the processors while it is measured. */
  private static final double QUIET = 0.1;

  private final Path memory;
  private final int processors;
  private final ProcessorTime processorTime;

  /**
   * @param memory folder for what was measured; null = it is not remembered
   * @param processors that there are
   */
  ThreadChoice(Path memory, int processors, ProcessorTime processorTime) {
    this.memory = memory;
    this.processors = processors;
    this.processorTime = processorTime;
  }

  /** Remembers in the user's cache. */
  static ThreadChoice here() {
    int processors = Runtime.getRuntime().availableProcessors();
    try {
      return new ThreadChoice(UserCache.folder("threads"), processors, ProcessorTime.ofLinux());
    } catch (IOException e) {
      return new ThreadChoice(null, processors, ProcessorTime.ofLinux());
    }
  }

  /** Opens a session with a number of threads. */
  @FunctionalInterface
  interface Opener {
    InferenceSession open(int threads) throws BundleException, InferenceException;
  }

  /**
   * An opened session.
   *
   * @param session owned by the caller
   * @param words how many threads it has, and why
   */
  record Chosen(InferenceSession session, String words) {}

  /**
   * Opens a session with as many threads as are best here.
   *
   * @param about what else the answer depends on: network and engine
   */
  Chosen open(String about, Opener opener) throws BundleException, InferenceException {
    int[] candidates = Arrays.stream(CANDIDATES).filter(n -> n <= processors).toArray();
    if (candidates.length < 2) {
      return new Chosen(opener.open(1), "1 (there is one processor)");
    }
    Path file = memory == null ? null : memory.resolve(key(about) + ".json");
    OptionalInt known = recall(file, candidates);
    if (known.isPresent()) {
      return new Chosen(
          opener.open(known.getAsInt()),
          "%d (measured at an earlier start, kept in %s)".formatted(known.getAsInt(), file));
    }
    List<InferenceSession> open = new ArrayList<>();
    InferenceSession kept = null;
    try {
      for (int threads : candidates) {
        open.add(opener.open(threads));
      }
      ProcessorTime.Look before = processorTime.look();
      double[] millis = measure(open);
      double others = processorTime.look().othersSince(before);
      int chosen = fewestNearBest(millis);
      kept = open.get(chosen);
      Map<Integer, Double> measured = new LinkedHashMap<>();
      for (int i = 0; i < millis.length; i++) {
        measured.put(candidates[i], millis[i]);
      }
      String words =
          "%d (measured: %s%s)"
              .formatted(
                  candidates[chosen],
                  measured.entrySet().stream()
                      .map(
                          each ->
                              String.format(
                                  Locale.ROOT, "%d %.1f ms", each.getKey(), each.getValue()))
                      .collect(Collectors.joining(", ")),
                  others <= QUIET
                      ? ""
                      : String.format(
                          Locale.ROOT,
                          "; other programs took %.0f %% of the processors meanwhile, so it is measured again at the next start",
                          100 * others));
      LOG.info("threads {}", words);
      if (others <= QUIET) {
        remember(file, candidates[chosen], measured);
      }
      return new Chosen(kept, words);
    } finally {
      for (InferenceSession session : open) {
        if (session != kept) {
          session.close();
        }
      }
    }
  }

  /** In turns, so that what else the machine does meets them alike. */
  private static double[] measure(List<InferenceSession> sessions) throws InferenceException {
    List<List<Long>> nanos = new ArrayList<>();
    for (InferenceSession session : sessions) {
      session.run(); // the first run allocates
      nanos.add(new ArrayList<>());
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < sessions.size(); i++) {
        long end = System.nanoTime() + ROUND_NANOS;
        long began;
        do {
          began = System.nanoTime();
          sessions.get(i).run();
          nanos.get(i).add(System.nanoTime() - began);
        } while (System.nanoTime() < end);
      }
    }
    return nanos.stream()
        .mapToDouble(each -> each.stream().sorted().toList().get(each.size() / 2) / 1e6)
        .toArray();
  }

  /** Index of the fewest threads that are within a tenth of the best. */
  static int fewestNearBest(double[] millis) {
    double best = Arrays.stream(millis).min().orElseThrow();
    int i = 0;
    while (millis[i] > NEAR * best) {
      i++;
    }
    return i;
  }

  private String key(String about) {
    String text = about + "\n" + processors + "\n" + processor();
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8)).substring(0, 40);
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name") || line.startsWith("CPU part"))
          .distinct()
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  private static OptionalInt recall(Path file, int[] candidates) {
    if (file == null) {
      return OptionalInt.empty();
    }
    try {
      JsonNode threads = Json.read(file).path("threads");
      return Arrays.stream(candidates).filter(n -> threads.asInt() == n).findFirst();
    } catch (IOException e) {
      return OptionalInt.empty(); // not measured yet, or damaged: then it is measured again
    }
  }

  private static void remember(Path file, int threads, Map<Integer, Double> measured) {
    if (file == null) {
      return;
    }
    ObjectNode millis = Json.object();
    measured.forEach((n, value) -> millis.put(n.toString(), value));
    ObjectNode said = Json.object().put("threads", threads);
    said.set("millis", millis);
    said.put("when", Instant.now().toString());
    try {
      Json.write(file, said);
    } catch (IOException e) {
      LOG.debug("the threads are measured again at the next start: {}", e.toString());
    }
  }
}
