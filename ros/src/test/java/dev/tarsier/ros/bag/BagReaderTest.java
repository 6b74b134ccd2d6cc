package dev.tarsier.ros.bag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.ros1.message.Clock;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.message.StringMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BagReaderTest {
  private static final long START = BagWriterTest.START;

  @TempDir Path folder;

  /** Receive times of what is read. */
  private static List<Long> times(Path file, Selection selection, BagOrder order)
      throws IOException {
    List<Long> times = new ArrayList<>();
    try (BagReader reader = BagReader.open(file)) {
      reader.forEach(selection, order, (c, time, body) -> times.add(time - START));
    }
    return times;
  }

  @Test
  void mergesChunksThatOverlapInTime() throws IOException {
    Path file = folder.resolve("a.bag");
    List<Long> shuffled = new ArrayList<>();
    for (long i = 0; i < 500; i++) {
      shuffled.add(i);
    }
    Collections.shuffle(shuffled, new Random(5));
    try (BagWriter writer = new BagWriter(file, BagCompression.NONE, 400)) {
      for (long time : shuffled) {
        writer.write("/t" + time % 3, START + time, new StringMessage("m" + time));
      }
    }
    List<Long> sorted = shuffled.stream().sorted().toList();
    assertThat(times(file, Selection.all(), BagOrder.TIME)).isEqualTo(sorted);
    assertThat(times(file, Selection.all(), BagOrder.RECORDED)).isEqualTo(shuffled);
    assertThat(times(file, Selection.topics("t1"), BagOrder.TIME))
        .isEqualTo(sorted.stream().filter(time -> time % 3 == 1).toList());
  }

  @Test
  void keepsTheOrderOfTheFileForEqualTimes() throws IOException {
    Path file = folder.resolve("a.bag");
    List<String> written = new ArrayList<>();
    try (BagWriter writer = new BagWriter(file, BagCompression.NONE, 200)) {
      for (int i = 0; i < 50; i++) {
        writer.write("/t", START, new StringMessage("m" + i));
        written.add("m" + i);
      }
    }
    List<String> read = new ArrayList<>();
    try (BagReader reader = BagReader.open(file)) {
      reader.forEach(
          Selection.all(), (c, t, body) -> read.add(StringMessage.TYPE.read(body).data()));
    }
    assertThat(read).isEqualTo(written);
  }

  @ParameterizedTest
  @EnumSource
  void manyOverlappingChunksShareTheBuffersBudget(BagCompression compression) throws IOException {
    // open chunks of 1 MB each, more than the 64 MB that buffers may have together
    Path file = folder.resolve("a.bag");
    int messages = compression == BagCompression.BZ2 ? 12 : 240;
    byte[] body = new byte[1 << 19];
    try (BagWriter writer = new BagWriter(file, compression, 1 << 20)) {
      BagConnection raw = writer.connect("/raw", "a/B", "*", "", "", false);
      for (int i = 0; i < messages; i++) {
        Arrays.fill(body, (byte) i);
        writer.write(raw, START + (i % 3) * 1000L + i / 3, ByteBuffer.wrap(body));
      }
    }
    long[] last = {0};
    try (BagReader reader = BagReader.open(file)) {
      assertThat(reader.chunkCount()).isEqualTo(messages / 2);
      long count =
          reader.forEach(
              Selection.all(),
              (c, time, read) -> {
                assertThat(time).isGreaterThan(last[0]);
                last[0] = time;
                long since = time - START;
                byte expected = (byte) (since % 1000 * 3 + since / 1000);
                assertThat(read.get(0)).isEqualTo(expected);
                assertThat(read.get(read.limit() - 1)).isEqualTo(expected);
              });
      assertThat(count).isEqualTo(messages);
    }
  }

  @Test
  void severalCursorsStepIndependently() throws IOException {
    Path file = folder.resolve("a.bag");
    BagWriterTest.writeSample(file, BagCompression.LZ4);
    try (BagReader reader = BagReader.open(file);
        BagCursor images = reader.cursor(Selection.topics("/image"));
        BagCursor texts = reader.cursor(Selection.topics("/text"))) {
      assertThat(reader.count(Selection.topics("/text"))).isEqualTo(10);
      for (int i = 0; i < 10; i++) {
        assertThat(images.next()).isTrue();
        assertThat(texts.next()).isTrue();
        assertThat(StringMessage.TYPE.read(texts.body()).data()).isEqualTo("text " + 4 * i);
        assertThat(Image.TYPE.read(images.body()).header().seq()).isEqualTo(i);
      }
      assertThat(texts.next()).isFalse();
      assertThat(images.next()).isTrue();
    }
  }

  @Test
  void definitionsThatLackTheirNestedTypesDoNotMatter() throws IOException {
    Path file = folder.resolve("a.bag");
    Image image = BagWriterTest.image(0, new Random(1));
    try (BagWriter writer = new BagWriter(file, BagCompression.NONE)) {
      String broken = "Header header\nuint32 height\nno field at all\n";
      BagConnection c =
          writer.connect("/image", "sensor_msgs/Image", Image.TYPE.md5(), broken, "", false);
      writer.write(c, START, image.toBody());
    }
    try (BagReader reader = BagReader.open(file)) {
      assertThat(reader.topics())
          .singleElement()
          .satisfies(topic -> assertThat(topic.type()).isEqualTo("sensor_msgs/Image"));
      reader.forEach(
          Selection.all(), (c, t, body) -> assertThat(Image.TYPE.read(body)).isEqualTo(image));
    }
  }

  @Test
  void aLargeUncompressedChunkIsReadThroughAWindow() throws IOException {
    Path file = folder.resolve("a.bag");
    try (BagWriter writer = new BagWriter(file, BagCompression.NONE, 20 << 20)) {
      for (int i = 0; i < 40; i++) {
        writer.write("/image", START + i, BagWriterTest.image(i, new Random(i)));
        writer.write(
            "/large", START + i, new StringMessage("x".repeat(i == 20 ? 3 << 20 : 200_000)));
      }
    }
    int[] seen = {0};
    try (BagReader reader = BagReader.open(file)) {
      assertThat(reader.chunkCount()).isEqualTo(1);
      reader.forEach(
          Selection.topics("image"),
          (c, t, body) -> {
            int i = seen[0]++;
            assertThat(Image.TYPE.read(body)).isEqualTo(BagWriterTest.image(i, new Random(i)));
          });
    }
    assertThat(seen[0]).isEqualTo(40);
  }

  // --- bad files ---

  private void assertRefused(byte[] content, String... why) throws IOException {
    Path file = folder.resolve("bad.bag");
    Files.write(file, content);
    assertThatThrownBy(() -> BagReader.open(file))
        .isInstanceOf(BagException.class)
        .hasMessageContaining("bad.bag")
        .hasMessageContainingAll(why);
  }

  @Test
  void filesThatAreNoBagsAreRefusedByName() throws IOException {
    assertRefused(new byte[0], "is empty");
    assertRefused(new byte[200], "is no ROS bag");
    assertRefused("PK".getBytes(StandardCharsets.US_ASCII), "begins with 'PK'");
    assertRefused(
        "#ROSRECORD V1.2\n#rosbag...".getBytes(StandardCharsets.US_ASCII),
        "another format ('#ROSRECORD V1.2')",
        "rosbag filter");
    assertRefused("#ROSBAG V2.0\n".getBytes(StandardCharsets.US_ASCII), "byte 13");
    assertRefused("#ROSBAG V2.0\n*".getBytes(StandardCharsets.US_ASCII), "byte 13");
    assertThatThrownBy(() -> BagReader.open(folder.resolve("none.bag")))
        .isInstanceOf(BagException.class)
        .hasMessageContaining("there is no file");
    assertThatThrownBy(() -> BagReader.open(folder))
        .isInstanceOf(BagException.class)
        .hasMessageContaining("is a folder");
  }

  @Test
  void anEncryptedBagIsRefused() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
    header.put("#ROSBAG V2.0\n".getBytes(StandardCharsets.US_ASCII)).putInt(0);
    field(header, "op", new byte[] {3});
    field(header, "index_pos", new byte[8]);
    field(header, "conn_count", new byte[4]);
    field(header, "chunk_count", new byte[4]);
    field(header, "encryptor", "rosbag/AesCbcEncryptor".getBytes(StandardCharsets.US_ASCII));
    header.putInt(13, header.position() - 17).putInt(0);
    assertRefused(Arrays.copyOf(header.array(), header.position()), "encrypted", "AesCbcEncryptor");
  }

  private static void field(ByteBuffer out, String name, byte[] value) {
    out.putInt(name.length() + 1 + value.length);
    out.put((name + "=").getBytes(StandardCharsets.US_ASCII)).put(value);
  }

  /** Reads all; gives what was read and what was damaged. */
  private record Outcome(List<Long> times, List<BagDamage> damages) {
    static Outcome of(Path file, Selection selection) throws IOException {
      List<Long> times = new ArrayList<>();
      try (BagReader reader = BagReader.open(file)) {
        reader.forEach(
            selection,
            (c, time, body) -> {
              times.add(time);
              if (c.holds(StringMessage.TYPE)) {
                assertThat(StringMessage.TYPE.read(body).data()).startsWith("text ");
              } else if (c.holds(Image.TYPE)) {
                assertThat(Image.TYPE.read(body).width()).isEqualTo(100);
              }
            });
        return new Outcome(times, List.of());
      } catch (BagDamageException e) {
        assertThat(e.messagesRead()).isEqualTo(times.size());
        assertThat(e).hasMessageContaining(times.size() + " whole messages were read");
        return new Outcome(times, e.damages());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBagCutAnywhereGivesWhatIsWholeAndSaysWhereItEnds(BagCompression compression)
      throws IOException {
    Path file = folder.resolve("a.bag");
    BagWriterTest.writeSample(file, compression);
    byte[] whole = Files.readAllBytes(file);
    Path cut = folder.resolve("cut.bag");
    Random random = new Random(3);
    int before = 0;
    List<Integer> lengths = new ArrayList<>();
    for (int i = 0; i < (compression == BagCompression.BZ2 ? 6 : 60); i++) {
      lengths.add(4117 + random.nextInt(whole.length - 4117));
    }
    Collections.sort(lengths);
    lengths.add(whole.length - 1);
    for (int length : lengths) {
      Files.write(cut, Arrays.copyOf(whole, length));
      Outcome outcome = Outcome.of(cut, Selection.all());
      assertThat(outcome.times()).as("cut to %d", length).isSorted();
      assertThat(outcome.times().size()).isGreaterThanOrEqualTo(before);
      before = outcome.times().size();
      assertThat(outcome.damages()).isNotEmpty();
      assertThat(outcome.damages().get(0).offset()).isBetween(0L, (long) length);
      assertThat(outcome.damages().get(0).what()).containsAnyOf("cut off", "index is damaged");
    }
    assertThat(before).isEqualTo(50);
  }

  @Test
  void ofACutUncompressedChunkEveryWholeMessageIsRead() throws IOException {
    Path file = folder.resolve("a.bag");
    try (BagWriter writer = new BagWriter(file, BagCompression.NONE)) {
      for (int i = 0; i < 100; i++) {
        writer.write("/t", START + i, new StringMessage("text of ten"));
      }
    }
    byte[] whole = Files.readAllBytes(file);
    int messageBytes = 38 + 8 + 15;
    try (BagReader reader = BagReader.open(file)) {
      assertThat(reader.chunkCount()).isEqualTo(1);
    }
    // the first message ends where its text ends
    String bytes = new String(whole, StandardCharsets.ISO_8859_1);
    int firstEnd = bytes.indexOf("text of ten") + 11;
    int chunkEnd = firstEnd + 99 * messageBytes;
    for (int length = firstEnd - 2; length < firstEnd + 2 * messageBytes + 2; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      int expected = length < firstEnd ? 0 : 1 + (length - firstEnd) / messageBytes;
      Outcome outcome = Outcome.of(file, Selection.all());
      assertThat(outcome.times()).as("cut to %d", length).hasSize(expected);
      assertThat(outcome.damages()).as("a cut is one damage").hasSize(1);
      assertThat(outcome.damages().get(0).offset()).isEqualTo(length);
      assertThat(outcome.damages().get(0).what())
          .startsWith(
              "the file ends inside the chunk that begins at byte 4117 (%d of its %d bytes are there); the file has %d bytes, but its index should begin at byte "
                  .formatted(length - chunkData(whole), chunkEnd - chunkData(whole), length));
    }
  }

  private static int chunkData(byte[] whole) {
    ByteBuffer bytes = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    return 4117 + 8 + bytes.getInt(4117);
  }

  @ParameterizedTest
  @EnumSource
  void aDamagedChunkCostsItsOwnMessagesOnly(BagCompression compression) throws IOException {
    Path file = folder.resolve("a.bag");
    BagWriterTest.writeSample(file, compression);
    byte[] bytes = Files.readAllBytes(file);
    int data = chunkData(bytes);
    // the first record's length, or the compressed bytes in the middle of the first chunk
    int at = compression == BagCompression.NONE ? data + 3 : data + 20_000;
    bytes[at] ^= 0x55;
    Files.write(file, bytes);
    Outcome outcome = Outcome.of(file, Selection.all());
    // three images and a text lie in the first chunk
    assertThat(outcome.times()).hasSize(46);
    assertThat(outcome.damages()).hasSize(1);
    assertThat(outcome.damages().get(0).offset())
        .isEqualTo(compression == BagCompression.NONE ? data : 4117);
  }

  @Test
  void aBagWhoseIndexIsDamagedIsReadByScanning() throws IOException {
    Path file = folder.resolve("a.bag");
    BagWriterTest.writeSample(file, BagCompression.LZ4);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 40] ^= 0x55;
    Files.write(file, bytes);
    try (BagReader reader = BagReader.open(file)) {
      assertThat(reader.indexed()).isFalse();
      assertThat(reader.damages()).hasSize(1);
      assertThat(reader.damages().get(0).what()).contains("index is damaged");
      assertThat(reader.messageCount()).isEqualTo(50);
    }
    Outcome outcome = Outcome.of(file, Selection.all());
    assertThat(outcome.times()).hasSize(50).isSorted();
  }

  @ParameterizedTest
  @EnumSource
  void aRecorderKilledInsideAChunkLeavesWhatItWrote(BagCompression compression) throws IOException {
    // rosbag writes the chunk's header with lengths of 0 and fills them in when the chunk is done
    Path file = folder.resolve("a.bag");
    BagWriterTest.writeSample(file, compression);
    byte[] bytes = Files.readAllBytes(file);
    int data = chunkData(bytes);
    ByteBuffer killed = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int chunkLength = killed.getInt(data - 4);
    killed.putInt(data - 4, 0);
    int size = new String(bytes, 0, data, StandardCharsets.ISO_8859_1).indexOf("size=") + 5;
    killed.putInt(size, 0);
    int index = new String(bytes, 0, 300, StandardCharsets.ISO_8859_1).indexOf("index_pos=") + 10;
    killed.putLong(index, 0);
    Files.write(file, Arrays.copyOf(bytes, data + chunkLength));
    Outcome outcome = Outcome.of(file, Selection.all());
    assertThat(outcome.times()).hasSize(4).isSorted();
    assertThat(outcome.damages()).isEmpty();
    Files.write(file, Arrays.copyOf(bytes, data + chunkLength - 10));
    Outcome cut = Outcome.of(file, Selection.all());
    assertThat(cut.damages()).hasSize(1);
    switch (compression) {
      case NONE -> assertThat(cut.times()).hasSize(3);
      case LZ4 -> assertThat(cut.times()).isEmpty();
      case BZ2 -> assertThat(cut.times()).hasSizeLessThan(4);
    }
  }

  @Test
  void aSelectionSkipsDamageInChunksItDoesNotNeed() throws IOException {
    Path file = folder.resolve("a.bag");
    try (BagWriter writer = new BagWriter(file, BagCompression.NONE, 10)) {
      writer.write("/a", START, new StringMessage("text a"));
      writer.write("/b", START + 1, new Clock(RosTime.ofNanos(START)));
    }
    byte[] bytes = Files.readAllBytes(file);
    bytes[chunkData(bytes) + 3] ^= 0x55;
    Files.write(file, bytes);
    assertThat(Outcome.of(file, Selection.topics("/b")).times()).containsExactly(START + 1);
    assertThat(Outcome.of(file, Selection.topics("/b")).damages()).isEmpty();
    assertThat(Outcome.of(file, Selection.topics("/a")).damages()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void anyDamageIsReportedOrHarmlessButNothingElse(BagCompression compression) throws IOException {
    Path file = folder.resolve("a.bag");
    try (BagWriter writer = new BagWriter(file, compression, 2000)) {
      for (int i = 0; i < 60; i++) {
        writer.write("/text", START + i, new StringMessage("text " + "x".repeat(i)));
        writer.write("/clock", START + i, new Clock(RosTime.ofNanos(i)));
      }
    }
    byte[] whole = Files.readAllBytes(file);
    Path mutated = folder.resolve("mutated.bag");
    Random random = new Random(17);
    int refused = 0;
    int damaged = 0;
    int rounds = compression == BagCompression.BZ2 ? 100 : 500;
    for (int round = 0; round < rounds; round++) {
      byte[] bytes = whole.clone();
      for (int k = 0; k <= random.nextInt(3); k++) {
        // the padding of the bag's header is of no interest
        int at = random.nextInt(bytes.length - 4000);
        at = at < 117 ? at : at + 4000;
        switch (random.nextInt(3)) {
          case 0 -> bytes[at] = (byte) random.nextInt();
          case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
          default ->
              Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), (byte) -random.nextInt(2));
        }
      }
      Files.write(mutated, bytes);
      try (BagReader reader = BagReader.open(mutated)) {
        reader.topics();
        reader.compressions();
        reader.forEach(
            Selection.all(), (c, time, body) -> assertThat(body.remaining()).isLessThan(100_000));
      } catch (BagDamageException e) {
        damaged++;
      } catch (BagException e) {
        refused++;
      }
    }
    assertThat(damaged).isGreaterThan(rounds / 10);
    assertThat(refused).isLessThan(rounds / 2);
  }
}
