package dev.tarsier.trainer.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A folder of stages, each in a folder that is named after what goes into it: {@code
 * training-3f2a…}. Stages of several recipes, and of several processes, may lie in one store; each
 * is made once, under a lock that goes away with the process. A stage whose inputs change is
 * another stage with another folder; the old one stays, so that changing back costs nothing.
 *
 * <p>Any thread.
 */
public final class StageStore {
  private static final long WAIT_MILLIS = 500;
  private static final int DIGITS = 12;

  /** How a stage stands in the store. */
  public enum State {
    /** It is there. */
    FINISHED,
    /** It was begun; it goes on from where it stands. */
    BEGUN,
    /** There is nothing of it yet. */
    NEW,
    /** What it is made of is not known before an earlier stage is finished. */
    LATER
  }

  /**
   * A stage and what goes into it.
   *
   * @param kind such as {@code training}
   * @param inputs all that decides the outcome, for people to read. Not modified.
   * @param key the hash of all that decides the outcome, 64 hexadecimal digits
   */
  public record Stage(String kind, ObjectNode inputs, String key) {}

  private final Path root;

  /**
   * A store.
   *
   * @param root its folder; made when the first stage begins
   */
  public StageStore(Path root) {
    this.root = root;
  }

  /** Its folder. */
  public Path root() {
    return root;
  }

  /** Where a stage lies, whether or not it is there. */
  public Path folder(Stage stage) {
    return root.resolve(stage.kind() + "-" + stage.key().substring(0, DIGITS));
  }

  /** How a stage stands. */
  public State state(Stage stage) throws IOException {
    Optional<JsonNode> record = record(stage);
    if (record.isEmpty()) {
      return State.NEW;
    }
    return finished(record.get()) ? State.FINISHED : State.BEGUN;
  }

  /** Takes a stage; waits while another process has it. None when asked to stop while waiting. */
  public Optional<StageFolder> take(Stage stage, StopSignal stop, Consumer<String> tell)
      throws IOException, InterruptedException {
    Path folder = folder(stage);
    boolean told = false;
    while (!stop.asked()) {
      Optional<RunFolder> held = RunFolder.tryOpen(folder);
      if (held.isPresent()) {
        try {
          // Read under the lock: whoever had it may have finished it.
          return Optional.of(
              new StageFolder(held.get(), stage, record(stage).orElseGet(Json::object).deepCopy()));
        } catch (IOException e) {
          held.get().close();
          throw e;
        }
      }
      if (!told) {
        tell.accept("another process is making %s; waiting for it".formatted(folder));
        told = true;
      }
      Thread.sleep(WAIT_MILLIS);
    }
    return Optional.empty();
  }

  /** What a stage says of itself; none where there is nothing of it. */
  public Optional<JsonNode> record(Stage stage) throws IOException {
    Path file = folder(stage).resolve(StageFolder.RECORD);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    JsonNode record;
    try {
      record = Json.read(file);
    } catch (IOException e) {
      throw new IOException(
          "%s cannot be read; delete %s to make that stage anew".formatted(file, folder(stage)), e);
    }
    if (!record.path("key").asText().equals(stage.key())) {
      throw new IOException(
          "%s is of another stage (key %s, not %s); delete %s or choose another store"
              .formatted(file, record.path("key").asText(), stage.key(), folder(stage)));
    }
    return Optional.of(record);
  }

  /** Whether a record is of a finished stage. */
  public static boolean finished(JsonNode record) {
    return record.path("state").asText().equals(StageFolder.FINISHED);
  }
}
