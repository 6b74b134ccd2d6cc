package dev.tarsier.trainer.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedOutputStream;
import dev.tarsier.runtime.file.WholeFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * What TensorBoard reads: the scalars of {@code steps.jsonl} and {@code epochs.jsonl} as an event
 * file beside them. Losses are {@code loss/NAME}, validation is {@code DATA/METRIC}.
 *
 * <p>An event file is a sequence of TFRecords (length, its checksum, bytes, their checksum; little
 * endian, CRC-32C masked), each with a protocol buffer {@code tensorflow.Event}: wall_time = 1
 * (double, seconds), step = 2 (int64), file_version = 3, summary = 5; a summary's values are
 * repeated = 1, each with tag = 1 and simple_value = 2 (float).
 *
 * <p>One thread.
 */
final class EventFile implements AutoCloseable {
  private static final String PREFIX = "events.out.tfevents.";
  private static final String VERSION = "brain.Event:2";
  private static final int MASK = 0xa282ead8;

  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;

  private final Path file;
  private final FileChannel channel;

  private EventFile(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Begins a file with all that the logs say so far, in place of what is there: a run that goes on
   * repeats the steps since its last checkpoint. It has a name of its own, by which TensorBoard
   * knows that a run went on.
   *
   * @param folder of the logs
   * @param steps lines of {@code steps.jsonl}. Not modified.
   * @param epochs lines of {@code epochs.jsonl}. Not modified.
   */
  static EventFile begin(Path folder, List<JsonNode> steps, List<JsonNode> epochs)
      throws IOException {
    Files.createDirectories(folder);
    double now = now();
    long number = (long) now;
    try (DirectoryStream<Path> old = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (Path each : old) {
        number = Math.max(number, number(each) + 1);
        Files.delete(each);
      }
    }
    Path file = folder.resolve("%s%010d.tarsier".formatted(PREFIX, number));
    EventFile events =
        new EventFile(
            file,
            WholeFile.naming(
                file,
                () ->
                    FileChannel.open(
                        file, StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND)));
    double took = 0;
    for (JsonNode each : steps) {
      took += each.path("millis").asDouble() / 1e3;
    }
    double at = now - took;
    events.write(event(at, 0, out -> out.writeString(FILE_VERSION, VERSION)));
    int next = 0;
    for (JsonNode each : steps) {
      at += each.path("millis").asDouble() / 1e3;
      events.step(each, at);
      while (next < epochs.size()
          && epochs.get(next).path("step").asLong() <= each.path("step").asLong()) {
        events.epoch(epochs.get(next++), at);
      }
    }
    return events;
  }

  private static long number(Path file) {
    String[] parts = file.getFileName().toString().substring(PREFIX.length()).split("\\.", 2);
    return parts[0].matches("\\d{1,18}") ? Long.parseLong(parts[0]) : 0;
  }

  private static double now() {
    return System.currentTimeMillis() / 1e3;
  }

  /** Adds a line of {@code steps.jsonl}. */
  void step(JsonNode line) throws IOException {
    step(line, now());
  }

  private void step(JsonNode line, double at) throws IOException {
    Map<String, Double> scalars = new LinkedHashMap<>();
    line.properties()
        .forEach(
            each -> {
              String name = each.getKey();
              switch (name) {
                case "step" -> {}
                case "epoch" -> scalars.put("training/epoch", each.getValue().asDouble());
                case "factor" ->
                    scalars.put("training/learning_rate_factor", each.getValue().asDouble());
                case "gradient_norm" ->
                    scalars.put("training/gradient_norm", each.getValue().asDouble());
                case "millis" -> scalars.put("training/step_millis", each.getValue().asDouble());
                default ->
                    scalars.put(
                        name.startsWith(Trainer.WEIGHT)
                            ? "balance/" + name.substring(Trainer.WEIGHT.length())
                            : "loss/" + name,
                        each.getValue().asDouble());
              }
            });
    write(summary(at, line.path("step").asLong(), scalars));
  }

  /** Adds a line of {@code epochs.jsonl}. */
  void epoch(JsonNode line) throws IOException {
    epoch(line, now());
  }

  private void epoch(JsonNode line, double at) throws IOException {
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("validation/score", line.path("score").asDouble());
    line.path("metrics")
        .properties()
        .forEach(
            data ->
                data.getValue()
                    .properties()
                    .forEach(
                        each ->
                            scalars.put(
                                data.getKey() + "/" + each.getKey(), each.getValue().asDouble())));
    write(summary(at, line.path("step").asLong(), scalars));
  }

  private interface Fields {
    void to(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.to(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static byte[] event(double at, long step, Fields what) throws IOException {
    return message(
        out -> {
          out.writeDouble(WALL_TIME, at);
          out.writeInt64(STEP, step);
          what.to(out);
        });
  }

  private static byte[] summary(double at, long step, Map<String, Double> scalars)
      throws IOException {
    byte[] values =
        message(
            out -> {
              for (Map.Entry<String, Double> each : scalars.entrySet()) {
                out.writeByteArray(
                    VALUE,
                    message(
                        value -> {
                          value.writeString(TAG, each.getKey());
                          value.writeFloat(SIMPLE_VALUE, each.getValue().floatValue());
                        }));
              }
            });
    return event(at, step, out -> out.writeByteArray(SUMMARY, values));
  }

  private void write(byte[] event) throws IOException {
    ByteBuffer record =
        ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + event.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(event.length);
    record.putInt(masked(record.array(), Long.BYTES));
    record.put(event).putInt(masked(event, event.length));
    WholeFile.naming(
        file,
        () -> {
          WholeFile.writeFully(channel, record.flip());
          return null;
        });
  }

  private static int masked(byte[] bytes, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, length);
    return Integer.rotateRight((int) checksum.getValue(), 15) + MASK;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
