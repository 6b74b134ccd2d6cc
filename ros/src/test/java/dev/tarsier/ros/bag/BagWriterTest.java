package dev.tarsier.ros.bag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.ros1.message.Clock;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.message.StringMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BagWriterTest {
  static final long START = 1_600_000_000_123_456_789L;

  @TempDir Path folder;

  /**
   * Images with noise and texts between them; 40 images of 24 KB, so that there are many chunks.
   */
  static void writeSample(Path file, BagCompression compression) throws IOException {
    Random random = new Random(7);
    try (BagWriter writer = new BagWriter(file, compression, 64 * 1024)) {
      for (int i = 0; i < 40; i++) {
        long time = START + i * 33_000_000L;
        writer.write("/image", time, image(i, random));
        if (i % 4 == 0) {
          writer.write("/text", time + 1, new StringMessage("text " + i));
        }
      }
    }
  }

  static Image image(int i, Random random) {
    byte[] pixels = new byte[100 * 80 * 3];
    random.nextBytes(pixels);
    for (int k = 0; k < pixels.length / 2; k++) {
      pixels[k] = (byte) (k / 300);
    }
    return new Image(
        new Header(i, RosTime.ofNanos(START + i), "camera"),
        80,
        100,
        "rgb8",
        false,
        300,
        ByteBuffer.wrap(pixels));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsReadBack(BagCompression compression) throws IOException {
    Path file = folder.resolve("a.bag");
    writeSample(file, compression);
    Random random = new Random(7);
    List<String> texts = new ArrayList<>();
    int[] images = {0};
    try (BagReader reader = BagReader.open(file)) {
      assertThat(reader.indexed()).isTrue();
      assertThat(reader.damages()).isEmpty();
      assertThat(reader.topics())
          .containsExactly(
              new BagTopic("/image", "sensor_msgs/Image", Image.TYPE.md5(), 40, 1),
              new BagTopic("/text", "std_msgs/String", StringMessage.TYPE.md5(), 10, 1));
      assertThat(reader.startNanos()).isEqualTo(START);
      assertThat(reader.endNanos()).isEqualTo(START + 39 * 33_000_000L);
      assertThat(reader.compressions()).containsExactly(Map.entry(compression, 14));
      long count =
          reader.forEach(
              Selection.all(),
              (connection, receiveNanos, body) -> {
                if (connection.holds(Image.TYPE)) {
                  int i = images[0]++;
                  assertThat(receiveNanos).isEqualTo(START + i * 33_000_000L);
                  assertThat(connection.definition()).isEqualTo(Image.TYPE.definition());
                  assertThat(Image.TYPE.read(body)).isEqualTo(image(i, random));
                } else {
                  texts.add(StringMessage.TYPE.read(body).data());
                }
              });
      assertThat(count).isEqualTo(50);
    }
    assertThat(images[0]).isEqualTo(40);
    assertThat(texts).hasSize(10).startsWith("text 0", "text 4");
  }

  @ParameterizedTest
  @EnumSource
  void theSameCallsGiveTheSameBytes(BagCompression compression) throws IOException {
    writeSample(folder.resolve("a.bag"), compression);
    writeSample(folder.resolve("b.bag"), compression);
    assertThat(folder.resolve("a.bag")).hasSameBinaryContentAs(folder.resolve("b.bag"));
  }

  @Test
  void aBagWithoutMessagesIsReadAsEmpty() throws IOException {
    Path file = folder.resolve("empty.bag");
    try (BagWriter writer = new BagWriter(file, BagCompression.NONE)) {
      writer.connect("/never", Clock.TYPE);
    }
    try (BagReader reader = BagReader.open(file)) {
      assertThat(reader.topics()).isEmpty();
      assertThat(reader.messageCount()).isZero();
      assertThat(reader.forEach(Selection.all(), (c, t, b) -> {})).isZero();
    }
  }

  @Test
  void whatWasFlushedSurvivesAWriterThatNeverCloses() throws IOException {
    Path file = folder.resolve("killed.bag");
    Path copy = folder.resolve("copy.bag");
    try (BagWriter writer = new BagWriter(file, BagCompression.LZ4)) {
      for (int i = 0; i < 10; i++) {
        writer.write("/text", START + i, new StringMessage("text " + i));
      }
      writer.flush();
      writer.write("/text", START + 10, new StringMessage("not flushed"));
      Files.copy(file, copy);
    }
    try (BagReader reader = BagReader.open(copy)) {
      assertThat(reader.indexed()).isFalse();
      assertThat(reader.messageCount()).isEqualTo(10);
      assertThat(reader.forEach(Selection.all(), (c, t, b) -> {})).isEqualTo(10);
    }
  }

  @Test
  void aTopicKeepsItsType() throws IOException {
    try (BagWriter writer = new BagWriter(folder.resolve("a.bag"), BagCompression.NONE)) {
      writer.write("/t", START, new StringMessage("x"));
      assertThatThrownBy(() -> writer.write("/t", START, new Clock(RosTime.ZERO)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(
              "/t has messages of std_msgs/String, got one of rosgraph_msgs/Clock");
    }
  }

  @Test
  void timeZeroIsRefusedForRosHasNone() throws IOException {
    try (BagWriter writer = new BagWriter(folder.resolve("a.bag"), BagCompression.NONE)) {
      assertThatThrownBy(() -> writer.write("/t", 0, new StringMessage("x")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be above 0");
    }
  }

  @Test
  void aClosedWriterTakesNothing() throws IOException {
    BagWriter writer = new BagWriter(folder.resolve("a.bag"), BagCompression.NONE);
    writer.close();
    writer.close();
    assertThatThrownBy(() -> writer.write("/t", START, new StringMessage("x")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void aMessageLargerThanAChunkGoesIntoOneOfItsOwn() throws IOException {
    Path file = folder.resolve("large.bag");
    for (BagCompression compression : BagCompression.values()) {
      byte[] large = new byte[compression == BagCompression.NONE ? 6 << 20 : 3 << 19];
      new Random(3).nextBytes(large);
      try (BagWriter writer = new BagWriter(file, compression)) {
        BagConnection raw =
            writer.connect("/raw", "my_msgs/Raw", "*", "no definition", "/me", true);
        writer.write(raw, START, ByteBuffer.wrap(large));
        writer.write(raw, START + 1, ByteBuffer.allocate(0));
      }
      List<Integer> sizes = new ArrayList<>();
      try (BagReader reader = BagReader.open(file)) {
        BagConnection raw = reader.connections().iterator().next();
        assertThat(raw.callerId()).isEqualTo("/me");
        assertThat(raw.latching()).isTrue();
        reader.forEach(
            Selection.topics("raw"),
            (c, t, body) -> {
              sizes.add(body.remaining());
              if (body.hasRemaining()) {
                assertThat(body).isEqualTo(ByteBuffer.wrap(large));
              }
            });
      }
      assertThat(sizes).as(compression.name()).containsExactly(large.length, 0);
    }
  }
}
