package dev.tarsier.trainer.run;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * What a stage's folder says of it: {@code stage.json}.
 *
 * @param schema {@value #SCHEMA}
 * @param stage its kind
 * @param key the hash of all that decides the outcome
 * @param inputs the same for people to read. Not modified.
 * @param begun when, as ISO 8601
 * @param versions of what made it. Not modified.
 * @param state {@code running}, {@code stopped}, {@code failed} or {@value #FINISHED}
 * @param seconds that it took, over all attempts but those that were killed
 * @param outcome what later stages need to know of it; null before it is finished. Not modified.
 * @param ended when, as ISO 8601; null before it is finished
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record StageRecord(
    String schema,
    String stage,
    String key,
    JsonNode inputs,
    String begun,
    JsonNode versions,
    String state,
    long seconds,
    JsonNode outcome,
    String ended) {
  /** The file's name in the stage's folder. */
  public static final String FILE = "stage.json";

  static final String SCHEMA = "tarsier.stage/1";

  private static final String FINISHED = "finished";

  /** A stage of which nothing is there. */
  static StageRecord of(Stage<?> stage) {
    return new StageRecord(
        SCHEMA,
        stage.kind(),
        stage.key(),
        stage.inputs(),
        Instant.now().toString(),
        null,
        "",
        0,
        null,
        null);
  }

  /** Whether the outcome is there. */
  public boolean finished() {
    return FINISHED.equals(state);
  }

  StageRecord begun(JsonNode versions, long seconds) {
    return new StageRecord(
        schema, stage, key, inputs, begun, versions, "running", seconds, outcome, ended);
  }

  StageRecord left(String state, long seconds) {
    return new StageRecord(
        schema, stage, key, inputs, begun, versions, state, seconds, outcome, ended);
  }

  StageRecord finished(Object outcome, long seconds) {
    return new StageRecord(
        schema,
        stage,
        key,
        inputs,
        begun,
        versions,
        FINISHED,
        seconds,
        Canonical.tree(outcome),
        Instant.now().toString());
  }
}
