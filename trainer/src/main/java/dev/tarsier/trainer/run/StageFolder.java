package dev.tarsier.trainer.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** One stage's folder while it is being made: its lock and its record. One thread. */
public final class StageFolder implements AutoCloseable {
  private static final String LOCK = "run.lock";

  private final RunFolder folder;
  private StageRecord record;
  private final long tookNanos = System.nanoTime();
  private final long secondsBefore;

  /**
   * A folder whose lock is held.
   *
   * @param folder owned from now on
   * @param record what it says so far
   */
  StageFolder(RunFolder folder, StageRecord record) {
    this.folder = folder;
    this.record = record;
    secondsBefore = record.seconds();
  }

  /** The folder. */
  public Path path() {
    return folder.path();
  }

  /** What it says so far. */
  public StageRecord record() {
    return record;
  }

  /** Says that it is being made. */
  public void begin(JsonNode versions) throws IOException {
    write(record.begun(versions, seconds()));
  }

  /** Says that it came to a bad end; what it did by then is kept. */
  public void failed() throws IOException {
    write(record.left("failed", seconds()));
  }

  /** Says that it was stopped, and can go on. */
  public void stopped() throws IOException {
    write(record.left("stopped", seconds()));
  }

  /**
   * Says that it is done.
   *
   * @param outcome what later stages need to know of it, a record
   */
  public void finish(Object outcome) throws IOException {
    write(record.finished(outcome, seconds()));
  }

  private long seconds() {
    return Math.round(secondsBefore + (System.nanoTime() - tookNanos) / 1e9);
  }

  private void write(StageRecord now) throws IOException {
    record = now;
    Json.write(folder.file(StageRecord.FILE), Canonical.tree(now));
  }

  /** Removes what an interrupted attempt left, for stages that begin again. */
  public void clear() throws IOException {
    List<Path> left;
    try (Stream<Path> all = Files.walk(path())) {
      left = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : left) {
      String name = path().relativize(each).toString();
      if (!name.isEmpty() && !name.equals(LOCK) && !name.equals(StageRecord.FILE)) {
        Files.delete(each);
      }
    }
  }

  /** Gives the lock back. */
  @Override
  public void close() throws IOException {
    folder.close();
  }
}
