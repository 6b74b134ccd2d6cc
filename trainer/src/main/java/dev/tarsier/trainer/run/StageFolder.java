package dev.tarsier.trainer.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** One stage's folder while it is being made: its lock and its record. One thread. */
public final class StageFolder implements AutoCloseable {
  /** The record's file. */
  public static final String RECORD = "stage.json";

  /** The record's state once all is done. */
  public static final String FINISHED = "finished";

  private static final String LOCK = "run.lock";

  private final RunFolder folder;
  private final ObjectNode record;
  private final long tookNanos = System.nanoTime();
  private final double secondsBefore;

  /**
   * A folder whose lock is held.
   *
   * @param folder owned from now on
   * @param stage which
   * @param record what it says so far; empty when the stage is new
   */
  public StageFolder(RunFolder folder, StageStore.Stage stage, ObjectNode record) {
    this.folder = folder;
    this.record = record;
    if (record.isEmpty()) {
      record.put("schema", "tarsier.stage/1");
      record.put("stage", stage.kind());
      record.put("key", stage.key());
      record.set("inputs", stage.inputs());
      record.put("begun", Instant.now().toString());
    }
    secondsBefore = record.path("seconds").asDouble();
  }

  /** The folder. */
  public Path path() {
    return folder.path();
  }

  /** Whether its record says so. */
  public boolean finished() {
    return record.path("state").asText().equals(FINISHED);
  }

  /** What it says so far. */
  public JsonNode record() {
    return record;
  }

  /** Says that it is being made. */
  public void begin(JsonNode versions) throws IOException {
    record.set("versions", versions);
    write("running");
  }

  /** Says that it came to a bad end; what it did by then is kept. */
  public void failed() throws IOException {
    write("failed");
  }

  /** Says that it was stopped, and can go on. */
  public void stopped() throws IOException {
    write("stopped");
  }

  /**
   * Says that it is done.
   *
   * @param outcome what later stages need to know of it
   */
  public void finish(JsonNode outcome) throws IOException {
    record.set("outcome", outcome);
    record.put("ended", Instant.now().toString());
    write(FINISHED);
  }

  private void write(String state) throws IOException {
    record.put("state", state);
    record.put("seconds", Math.round(secondsBefore + (System.nanoTime() - tookNanos) / 1e9));
    Json.write(folder.file(RECORD), record);
  }

  /** Removes what an interrupted attempt left, for stages that begin again. */
  public void clear() throws IOException {
    List<Path> left;
    try (Stream<Path> all = Files.walk(path())) {
      left = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : left) {
      String name = path().relativize(each).toString();
      if (!name.isEmpty() && !name.equals(LOCK) && !name.equals(RECORD)) {
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
