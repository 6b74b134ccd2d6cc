package dev.tarsier.runtime.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Processor time that this program and all programs together have taken. */
@FunctionalInterface
interface ProcessorTime {
  /** Reads the clocks; where there are none, all are 0. */
  Look look();

  /**
   * The clocks at one moment, in the same unit.
   *
   * @param own of this process
   * @param busy of all processes, on all processors
   * @param idle of all processors
   */
  record Look(long own, long busy, long idle) {
    /** Which share of the processors other programs took since an earlier look; 0 if unknown. */
    double othersSince(Look before) {
      long all = busy - before.busy + (idle - before.idle);
      long others = busy - before.busy - (own - before.own);
      return all <= 0 ? 0 : Math.max(0, (double) others / all);
    }
  }

  /** The clocks of Linux, in ticks of usually 10 ms. */
  static ProcessorTime ofLinux() {
    return () -> {
      try {
        return parse(
            Files.readString(Path.of("/proc/self/stat")), Files.readString(Path.of("/proc/stat")));
      } catch (IOException | RuntimeException e) {
        return new Look(0, 0, 0);
      }
    };
  }

  /** Reads /proc/self/stat and /proc/stat; see proc(5). */
  static Look parse(String process, String machine) {
    // the name, in parentheses, may hold blanks
    String[] own = process.substring(process.lastIndexOf(')') + 2).split(" ");
    String[] all = machine.lines().findFirst().orElseThrow().trim().split(" +");
    long user = Long.parseLong(all[1]) + Long.parseLong(all[2]);
    long system = Long.parseLong(all[3]) + Long.parseLong(all[6]) + Long.parseLong(all[7]);
    long idle = Long.parseLong(all[4]) + Long.parseLong(all[5]);
    return new Look(Long.parseLong(own[11]) + Long.parseLong(own[12]), user + system, idle);
  }
}
