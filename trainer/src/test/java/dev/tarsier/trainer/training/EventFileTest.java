package dev.tarsier.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.tarsier.runtime.file.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  @TempDir private Path folder;

  private static JsonNode json(String text) throws IOException {
    return Json.parse(text);
  }

  private static JsonNode step(int number, double loss) throws IOException {
    return json(
        "{\"step\":%d,\"epoch\":1,\"factor\":0.5,\"loss\":%s,\"classes\":%s,\"millis\":250}"
            .formatted(number, loss, loss / 2));
  }

  private static JsonNode epoch(int step, double miou) throws IOException {
    return json(
        "{\"epoch\":1,\"step\":%d,\"score\":%s,\"best\":true,\"metrics\":{\"val\":{\"miou\":%s}}}"
            .formatted(step, miou, miou));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }

  /** Each value as {@code step tag value}; checks lengths and the order of time. */
  private static List<String> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<String> values = new ArrayList<>();
    double before = 0;
    while (bytes.hasRemaining()) {
      byte[] event = new byte[(int) bytes.getLong()];
      bytes.getInt();
      bytes.get(event);
      bytes.getInt();
      CodedInputStream in = CodedInputStream.newInstance(event);
      assertThat(WireFormat.getTagFieldNumber(in.readTag())).isEqualTo(1);
      double at = in.readDouble();
      assertThat(at).isGreaterThanOrEqualTo(before);
      before = at;
      assertThat(WireFormat.getTagFieldNumber(in.readTag())).isEqualTo(2);
      long step = in.readInt64();
      if (WireFormat.getTagFieldNumber(in.readTag()) == 3) {
        values.add(in.readString());
        continue;
      }
      CodedInputStream summary = CodedInputStream.newInstance(in.readByteArray());
      while (summary.readTag() != 0) {
        CodedInputStream value = CodedInputStream.newInstance(summary.readByteArray());
        value.readTag();
        String tag = value.readString();
        value.readTag();
        values.add(String.format(Locale.ROOT, "%d %s %.3f", step, tag, value.readFloat()));
      }
    }
    return values;
  }

  @Test
  void hasTheLossesAndTheValidation() throws Exception {
    try (EventFile events = EventFile.begin(folder, List.of(), List.of())) {
      events.step(step(1, 2));
      events.step(step(2, 1));
      events.epoch(epoch(2, 0.25));
    }
    assertThat(files()).hasSize(1);
    assertThat(read(files().get(0)))
        .containsExactly(
            "brain.Event:2",
            "1 training/epoch 1.000",
            "1 training/learning_rate_factor 0.500",
            "1 loss/loss 2.000",
            "1 loss/classes 1.000",
            "1 training/step_millis 250.000",
            "2 training/epoch 1.000",
            "2 training/learning_rate_factor 0.500",
            "2 loss/loss 1.000",
            "2 loss/classes 0.500",
            "2 training/step_millis 250.000",
            "2 validation/score 0.250",
            "2 val/miou 0.250");
  }

  /** The masked CRC-32C of a length of 26, by an independent program. */
  @Test
  void eachRecordHasItsChecksums() throws Exception {
    try (EventFile events = EventFile.begin(folder, List.of(), List.of())) {
      assertThat(events).isNotNull();
    }
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(files().get(0))).order(ByteOrder.LITTLE_ENDIAN);
    // 1 + 8 bytes of the time, 1 + 1 of the step 0, 2 + 13 of the version
    assertThat(bytes.getLong(0)).isEqualTo(26);
    assertThat(bytes.getInt(8)).isEqualTo(0x2dd89b12);
  }

  @Test
  void beginsAnewWhereARunGoesOn() throws Exception {
    try (EventFile events = EventFile.begin(folder, List.of(), List.of())) {
      events.step(step(1, 2));
      events.step(step(2, 1));
      events.step(step(3, 9));
    }
    Path first = files().get(0);
    List<JsonNode> kept = List.of(step(1, 2), step(2, 1));
    try (EventFile events = EventFile.begin(folder, kept, List.of(epoch(2, 0.5)))) {
      events.step(step(3, 7));
    }
    assertThat(files()).hasSize(1).doesNotContain(first);
    assertThat(read(files().get(0)))
        .filteredOn(value -> value.contains("loss/loss") || value.contains("val/"))
        .containsExactly(
            "1 loss/loss 2.000", "2 loss/loss 1.000", "2 val/miou 0.500", "3 loss/loss 7.000");
  }

  private static final String TENSORBOARD =
      """
      import sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      read = EventAccumulator(sys.argv[1])
      read.Reload()
      for tag in read.Tags()['scalars']:
          for event in read.Scalars(tag):
              print('%d %s %.3f' % (event.step, tag, event.value))
      """;

  /** TensorBoard is a Python package that is nowhere installed by a build: where it is there. */
  @Test
  void isReadByTensorBoard() throws Exception {
    String python = "python3";
    Process found =
        new ProcessBuilder(python, "-c", "import tensorboard").redirectErrorStream(true).start();
    Assumptions.assumeTrue(found.waitFor() == 0, "there is no TensorBoard");
    try (EventFile events = EventFile.begin(folder, List.of(), List.of())) {
      events.step(step(1, 2));
      events.epoch(epoch(1, 0.25));
    }
    Process reader =
        new ProcessBuilder(python, "-c", TENSORBOARD, folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> lines =
        new String(reader.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    assertThat(reader.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(lines)
        .containsExactlyInAnyOrder(
            "1 training/epoch 1.000",
            "1 training/learning_rate_factor 0.500",
            "1 loss/loss 2.000",
            "1 loss/classes 1.000",
            "1 training/step_millis 250.000",
            "1 validation/score 0.250",
            "1 val/miou 0.250");
  }
}
