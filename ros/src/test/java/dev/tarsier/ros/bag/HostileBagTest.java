package dev.tarsier.ros.bag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.ros1.message.StringMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bags that were made to cost time or memory, and bags with damage anywhere. */
class HostileBagTest {
  private static final long START = BagWriterTest.START;

  /** Rounds of the fuzzer; {@code -Dfuzz.rounds=N} for more. */
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 60);

  @TempDir Path folder;

  /** A bag without an index, of these records. */
  private Path bag(byte[]... records) throws IOException {
    Path file = folder.resolve("hostile.bag");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("#ROSBAG V2.0\n".getBytes(StandardCharsets.US_ASCII));
    byte[] zero = new byte[8];
    out.writeBytes(
        record(
            new byte[100],
            field("op", new byte[] {3}),
            field("index_pos", zero),
            field("conn_count", int32(0)),
            field("chunk_count", int32(0))));
    for (byte[] each : records) {
      out.writeBytes(each);
    }
    Files.write(file, out.toByteArray());
    return file;
  }

  private static byte[] chunk(String compression, int size, byte[] data) {
    return record(
        data,
        field("op", new byte[] {5}),
        field("compression", compression.getBytes(StandardCharsets.US_ASCII)),
        field("size", int32(size)));
  }

  private static byte[] connection(int id, String topic, int definitionBytes) {
    return record(
        fields(
            field("type", "std_msgs/String".getBytes(StandardCharsets.US_ASCII)),
            field("message_definition", new byte[definitionBytes])),
        field("op", new byte[] {7}),
        field("conn", int32(id)),
        field("topic", topic.getBytes(StandardCharsets.US_ASCII)));
  }

  private static byte[] record(byte[] data, byte[]... fields) {
    byte[] header = fields(fields);
    return ByteBuffer.allocate(8 + header.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(header.length)
        .put(header)
        .putInt(data.length)
        .put(data)
        .array();
  }

  private static byte[] fields(byte[]... fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] each : fields) {
      out.writeBytes(int32(each.length));
      out.writeBytes(each);
    }
    return out.toByteArray();
  }

  private static byte[] field(String name, byte[] value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes((name + "=").getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(value);
    return out.toByteArray();
  }

  private static byte[] int32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static byte[] bz2(int zeros) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (BZip2CompressorOutputStream to = new BZip2CompressorOutputStream(out)) {
      byte[] block = new byte[1 << 16];
      for (int left = zeros; left > 0; left -= block.length) {
        to.write(block, 0, Math.min(block.length, left));
      }
    }
    return out.toByteArray();
  }

  private static List<BagDamage> damages(Path file) throws IOException {
    try (BagReader reader = BagReader.open(file)) {
      reader.topics();
      reader.forEach(Selection.all(), (c, time, body) -> {});
      return List.of();
    } catch (BagDamageException e) {
      assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
      return e.damages();
    }
  }

  @Test
  void aFewBytesThatStandForAGigabyteAreNotDecompressed() throws IOException {
    byte[] few = bz2(1 << 16);
    assertThat(damages(bag(chunk("bz2", 1 << 30, few))))
        .singleElement()
        .satisfies(
            damage ->
                assertThat(damage.what())
                    .isEqualTo(
                        few.length
                            + " bytes should decompress to 1073741824, more than 10000 times as"
                            + " many; no recording is that dense, so the chunk is not read"));
    long before = System.nanoTime();
    damages(bag(chunk("bz2", 200_000_000, bz2(200_000))));
    damages(bag(chunk("lz4", 2_000_000_000, few)));
    assertThat(System.nanoTime() - before).as("nanoseconds").isLessThan(20_000_000_000L);
  }

  /** Many small chunks that each stand for a little less than is asked about. */
  @Test
  void whatABagDecompressesToIsBoundedInSum() throws Exception {
    BufferPool pool = new BufferPool(1_000);
    pool.unpacked(1L << 30);
    pool.mayUnpack(100, 1 << 20);
    pool.unpacked(11_000_000);
    assertThatThrownBy(() -> pool.mayUnpack(100, 1 << 20)).hasMessageContaining("are not read");
    pool.begin();
    pool.mayUnpack(100, 1 << 20);
  }

  /** Each chunk asks and counts; a first one that reaches the bound is still read. */
  @ParameterizedTest
  @ValueSource(strings = {"bz2", "lz4"})
  void aChunkCountsForTheSumAndIsNotReadBeyondIt(String compression) throws Exception {
    Path path = folder.resolve("few.bag");
    try (BagWriter writer =
        new BagWriter(path, BagCompression.valueOf(compression.toUpperCase(Locale.ROOT)))) {
      writer.write("/text", START, new StringMessage("0".repeat(1000)));
    }
    int chunk = 13 + 8 + 4096; // behind the padded header of the bag
    ChunkInfo info =
        new ChunkInfo(chunk, false, START, START, Long.MAX_VALUE, new int[] {0}, new int[] {1});
    try (BagFile file = new BagFile(path)) {
      BufferPool pool = new BufferPool(0);
      pool.unpacked(1L << 30);
      ChunkContent first = ChunkContent.open(file, pool, info);
      assertThat(first.damage()).isNull();
      assertThat(first.size()).isGreaterThan(1000);
      assertThatThrownBy(() -> ChunkContent.open(file, pool, info))
          .isInstanceOf(DamagedRecord.class)
          .hasMessageContaining("decompressed to")
          .hasMessageContaining("are not read");
      first.unload();
    }
  }

  @Test
  void aChunkThatHoldsMoreThanItsHeaderSaysIsLeftWhereItDoes() throws IOException {
    assertThat(damages(bag(chunk("bz2", 1000, bz2(1 << 24)))))
        .singleElement()
        .satisfies(damage -> assertThat(damage.what()).contains("holds more than the 1000 bytes"));
  }

  @Test
  void blackImagesMayBeDense() throws IOException {
    Path file = folder.resolve("black.bag");
    try (BagWriter writer = new BagWriter(file, BagCompression.BZ2)) {
      for (int i = 0; i < 4; i++) {
        writer.write("/text", START + i, new StringMessage("0".repeat(3_000_000)));
      }
    }
    assertThat(damages(file)).isEmpty();
  }

  @Test
  void connectionsThatFillTheMemoryAreDamage() throws IOException {
    byte[][] many = new byte[6][];
    for (int i = 0; i < many.length; i++) {
      many[i] = connection(i, "/t" + i, 15 << 20);
    }
    assertThat(damages(bag(many)))
        .singleElement()
        .satisfies(damage -> assertThat(damage.what()).contains("with more than 64 MB of text"));
  }

  @Test
  void aChunkInsideAChunkIsNotReadTwice() throws IOException {
    Path file = folder.resolve("a.bag");
    try (BagWriter writer = new BagWriter(file, BagCompression.NONE, 1000)) {
      for (int i = 0; i < 30; i++) {
        writer.write("/text", START + i, new StringMessage("x".repeat(100)));
      }
    }
    byte[] bytes = Files.readAllBytes(file);
    // the first chunk's length, so that it runs over the second one
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int header = 13 + 4 + in.getInt(13);
    int chunk = header + 4 + in.getInt(header);
    int length = chunk + 4 + in.getInt(chunk);
    in.putInt(length, in.getInt(length) + 1500);
    Files.write(file, bytes);
    assertThat(damages(file))
        .anySatisfy(
            damage -> assertThat(damage.what()).contains("but another record begins at byte"));
  }

  @Test
  void damageAllOverGivesAListThatEnds() throws IOException {
    byte[][] many = new byte[5000][];
    Arrays.setAll(many, i -> chunk("bz2", 10 + i, new byte[] {1, 2, 3}));
    assertThat(damages(bag(many))).hasSize(1000);
  }

  /** Whatever is done to a bag: it is read, refused or reported, and no other exception comes. */
  @Test
  void anyChangeOfABagIsReportedOrHarmless() throws IOException {
    Random random = new Random(31);
    Path mutated = folder.resolve("mutated.bag");
    int reported = 0;
    for (BagCompression compression : BagCompression.values()) {
      Path file = folder.resolve(compression + ".bag");
      try (BagWriter writer = new BagWriter(file, compression, 1500)) {
        for (int i = 0; i < 40; i++) {
          writer.write("/t" + i % 5, START + 7L * (i % 9), new StringMessage("y".repeat(i * 3)));
        }
      }
      byte[] whole = Files.readAllBytes(file);
      for (int round = 0; round < ROUNDS; round++) {
        Files.write(mutated, mutate(whole, random));
        try (Recording recording = Recording.open(List.of(mutated, file))) {
          recording.topics();
          recording.count(Selection.all());
          Recording.Result result =
              recording.forEach(
                  Selection.all(),
                  (c, time, body) -> assertThat(body.remaining()).isLessThan(100_000));
          reported += result.damages().isEmpty() ? 0 : 1;
          assertThat(result.messages()).as("of the whole bag").isGreaterThanOrEqualTo(40);
        } catch (BagException e) {
          assertThat(e.getMessage()).contains("mutated.bag").doesNotContain("\n");
          reported++;
        }
      }
    }
    assertThat(reported).isGreaterThan(ROUNDS);
  }

  private static byte[] mutate(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    for (int k = 0; k <= random.nextInt(4); k++) {
      int at = random.nextInt(bytes.length - 4000);
      at = at < 117 ? at : at + 3900; // the padding of the bag's header is of no interest
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), (byte) -random.nextInt(2));
        case 3 -> {
          // a stretch of the bag at another place
          int length = Math.min(random.nextInt(400), bytes.length - at);
          System.arraycopy(whole, random.nextInt(whole.length - length), bytes, at, length);
        }
        case 4 -> bytes = Arrays.copyOf(bytes, Math.max(4200, random.nextInt(bytes.length)));
        default -> {
          byte[] cut = Arrays.copyOf(bytes, bytes.length - 1);
          System.arraycopy(bytes, at + 1, cut, at, bytes.length - at - 1);
          bytes = cut;
        }
      }
      if (bytes.length <= 4200) {
        return bytes;
      }
    }
    return bytes;
  }
}
