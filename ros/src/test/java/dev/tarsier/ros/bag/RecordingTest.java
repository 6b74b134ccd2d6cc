package dev.tarsier.ros.bag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.ros1.message.StringMessage;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingTest {
  private static final long START = BagWriterTest.START;

  @TempDir Path folder;

  private Path bag(String name, String topic, int... times) throws IOException {
    Path file = folder.resolve(name);
    try (BagWriter writer = new BagWriter(file, BagCompression.LZ4, 300)) {
      for (int time : times) {
        writer.write(topic, START + time, new StringMessage("m".repeat(60) + time));
      }
    }
    return file;
  }

  private static List<Long> times(Recording recording) throws IOException {
    List<Long> times = new ArrayList<>();
    recording.forEach(Selection.all(), (c, nanos, body) -> times.add(nanos - START));
    return times;
  }

  @Test
  void splitBagsComeInTheOrderOfTimeHoweverTheyAreNamed() throws IOException {
    Path second = bag("drive_1.bag", "/a", 4, 5, 6);
    Path first = bag("drive_0.bag", "/a", 1, 2, 3);
    try (Recording recording = Recording.open(List.of(second, first, second))) {
      assertThat(times(recording)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
      assertThat(times(recording)).as("again").hasSize(6);
      assertThat(recording.files()).containsExactly(first, second);
      assertThat(recording.count(Selection.topics("a"))).isEqualTo(6);
      assertThat(recording.topics())
          .singleElement()
          .satisfies(topic -> assertThat(topic.messages()).isEqualTo(6));
      assertThat(recording.name()).isEqualTo("drive_0.bag and 1 more");
    }
  }

  @Test
  void bagsThatOverlapInTimeAreMerged() throws IOException {
    Path colour = bag("colour.bag", "/colour", 0, 2, 4, 6);
    Path depth = bag("depth.bag", "/depth", 1, 3, 5, 7);
    try (Recording recording = Recording.open(List.of(depth, colour))) {
      assertThat(times(recording)).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
      assertThat(recording.topics()).hasSize(2);
    }
  }

  /** Compressed chunks, of two bags, read from the last message to the first. */
  @Test
  void aMessageIsReadAgainWhereItLies() throws IOException {
    Path first = bag("a.bag", "/a", IntStream.range(0, 40).map(i -> 2 * i).toArray());
    Path second = bag("b.bag", "/a", IntStream.range(0, 40).map(i -> 2 * i + 1).toArray());
    try (Recording recording = Recording.open(List.of(first, second))) {
      List<MessagePlace> places = new ArrayList<>();
      recording.forEachWhole(Selection.all(), (c, nanos, body, place) -> places.add(place));
      assertThat(places).hasSize(80);
      for (int i = 79; i >= 0; i--) {
        assertThat(StringMessage.TYPE.read(places.get(i).read()).data())
            .isEqualTo("m".repeat(60) + i);
      }
    }
  }

  @Test
  void damageOfOneBagIsNamedAndCostsTheOthersNothing() throws IOException {
    Path first = bag("a.bag", "/a", IntStream.range(1, 200).toArray());
    Path second = bag("b.bag", "/a", 300, 301);
    try (FileChannel file = FileChannel.open(first, StandardOpenOption.WRITE)) {
      file.truncate(Files.size(first) * 3 / 4);
    }
    try (Recording recording = Recording.open(List.of(first, second))) {
      Recording.Result result = recording.forEach(Selection.all(), (c, nanos, body) -> {});
      assertThat(result.damages()).isNotEmpty().allMatch(each -> each.file().equals(first));
      assertThat(times(recording)).contains(1L, 300L, 301L);
      assertThatThrownBy(
              () -> recording.forEachWhole(Selection.all(), (c, nanos, body, place) -> {}))
          .isInstanceOf(BagDamageException.class)
          .hasMessageContaining("a.bag is damaged");
    }
    Path none = folder.resolve("c.bag");
    assertThatThrownBy(() -> Recording.open(List.of(second, none)))
        .isInstanceOf(BagException.class)
        .hasMessageContaining("c.bag");
  }
}
