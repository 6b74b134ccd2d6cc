package dev.tarsier.ros.replay;

import dev.tarsier.runtime.task.Head;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What would spoil a replay, looked at before the work. */
final class ReplayChecks {
  private ReplayChecks() {}

  /** The report and the record must not take the place of something else. */
  static void files(ReplayOptions options) throws IOException, ReplayException {
    if (Files.exists(options.out()) && !Files.isDirectory(options.out())) {
      throw new ReplayException("--out %s must be a folder".formatted(options.out()));
    }
    Optional<Path> record = options.record();
    for (Path bag : options.bags()) {
      if (record.isPresent()
          && Files.exists(record.get())
          && Files.exists(bag)
          && Files.isSameFile(record.get(), bag)) {
        throw new ReplayException(
            "--record %s is the bag that is replayed; choose another file".formatted(record.get()));
      }
    }
  }

  /** A gate that cannot be measured is told before the work, not after it. */
  static void gates(List<Gate> gates, BagTopics topics, List<Head> heads) throws ReplayException {
    for (Gate gate : gates) {
      String id = gate.metric().head();
      if (id.isEmpty() || topics.truths().containsKey(id)) {
        continue;
      }
      String what =
          heads.stream()
              .filter(head -> head.id().equals(id))
              .map(BagTopics::role)
              .findFirst()
              .orElse(id);
      List<String> why =
          topics.notes().stream()
              .filter(note -> note.contains("is not taken for " + what))
              .toList();
      throw new ReplayException(
          "gate %s needs %s: the bag has no such topic (--%s names one), or the bundle no such output%s"
              .formatted(gate, what, what, why.isEmpty() ? "" : ". " + String.join(" ", why)));
    }
  }

  /**
   * The folder is made when there is something to write into it, such as a record; that it can be
   * is looked at before the work.
   */
  static void out(ReplayOptions options) throws IOException, ReplayException {
    Path folder = options.out().toAbsolutePath().normalize();
    Path there = folder;
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there) || !Files.isWritable(there)) {
      throw new ReplayException(
          "--out %s cannot be written: %s is no folder that can be written"
              .formatted(options.out(), there));
    }
    if (options
        .record()
        .filter(r -> r.toAbsolutePath().normalize().startsWith(folder))
        .isPresent()) {
      Files.createDirectories(folder);
    }
  }
}
