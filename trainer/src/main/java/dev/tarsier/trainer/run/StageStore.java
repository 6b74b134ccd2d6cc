package dev.tarsier.trainer.run;

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
   * A finished stage.
   *
   * @param folder its
   * @param record what that says
   * @param outcome what came of it
   */
  public record Made<O>(Path folder, StageRecord record, O outcome) {}

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
  public Path folder(Stage<?> stage) {
    return root.resolve(stage.kind() + "-" + stage.key().substring(0, DIGITS));
  }

  /** How a stage stands. */
  public State state(Stage<?> stage) throws IOException {
    return record(stage)
        .map(record -> record.finished() ? State.FINISHED : State.BEGUN)
        .orElse(State.NEW);
  }

  /** A stage, if it is finished. */
  public <O> Optional<Made<O>> find(Stage<O> stage) throws IOException {
    return record(stage).filter(StageRecord::finished).map(record -> made(stage, record));
  }

  /** A stage that is finished, by its record. */
  public <O> Made<O> made(Stage<O> stage, StageRecord record) {
    return new Made<>(folder(stage), record, Canonical.value(record.outcome(), stage.outcome()));
  }

  /** Takes a stage; waits while another process has it. None when asked to stop while waiting. */
  public Optional<StageFolder> take(Stage<?> stage, StopSignal stop, Consumer<String> tell)
      throws IOException, InterruptedException {
    Path folder = folder(stage);
    boolean told = false;
    while (!stop.asked()) {
      Optional<RunFolder> held = RunFolder.tryOpen(folder);
      if (held.isPresent()) {
        try {
          // Read under the lock: whoever had it may have finished it.
          return Optional.of(
              new StageFolder(held.get(), record(stage).orElseGet(() -> StageRecord.of(stage))));
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

  private Optional<StageRecord> record(Stage<?> stage) throws IOException {
    Path folder = folder(stage);
    Optional<StageRecord> record;
    try {
      record = read(folder);
    } catch (IOException e) {
      throw new IOException(
          "%s cannot be read; delete %s to make that stage anew"
              .formatted(folder.resolve(StageRecord.FILE), folder),
          e);
    }
    if (record.isPresent() && !stage.key().equals(record.get().key())) {
      throw new IOException(
          "%s is of another stage (key %s, not %s); delete %s or choose another store"
              .formatted(
                  folder.resolve(StageRecord.FILE), record.get().key(), stage.key(), folder));
    }
    return record;
  }

  /**
   * What a stage's folder says, whichever stage it is; none where there is nothing of one.
   *
   * @throws IOException if it cannot be read
   */
  public static Optional<StageRecord> read(Path folder) throws IOException {
    Path file = folder.resolve(StageRecord.FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Canonical.value(Json.read(file), StageRecord.class));
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
