package dev.tarsier.ros.bag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.Python;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.CompressedImageView;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Debian's rosbag as the oracle: it reads what we write, and we read what it reads. */
@Tag("untimed")
final class BagIT {
  @TempDir Path folder;

  private static String md5(ByteBuffer bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("MD5");
      digest.update(bytes.duplicate());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String line(BagConnection c, long time, ByteBuffer body) {
    return "%s %d %s %s %s".formatted(c.topic(), time, c.type(), c.md5(), md5(body));
  }

  /** The same lines as list_bag.py prints. */
  private static List<String> list(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    try (BagReader reader = BagReader.open(file)) {
      long count =
          reader.forEach(Selection.all(), (c, time, body) -> lines.add(line(c, time, body)));
      assertThat(count).isEqualTo(reader.messageCount());
    }
    return lines;
  }

  private List<String> theirList(Path file) throws Exception {
    return Python.run(BagIT.class, "list_bag.py", folder, file.toString());
  }

  @ParameterizedTest
  @EnumSource
  void debiansRosbagReadsOurBags(BagCompression compression) throws Exception {
    Path file = folder.resolve("ours.bag");
    BagWriterTest.writeSample(file, compression);
    assertThat(theirList(file)).isEqualTo(list(file)).hasSize(50);
    List<String> expected = new ArrayList<>();
    Random random = new Random(7);
    for (int i = 0; i < 40; i++) {
      Image image = BagWriterTest.image(i, random);
      expected.add("%d 100 80 rgb8 %s".formatted(BagWriterTest.START + i, md5(image.data())));
      if (i % 4 == 0) {
        expected.add("text " + i);
      }
    }
    assertThat(Python.run(BagIT.class, "read_images.py", folder, file.toString()))
        .isEqualTo(expected);
    List<String> info = Python.program(folder, "rosbag", "info", "-y", file.toString());
    assertThat(info)
        .contains("indexed: True", "messages: 50", "compression: " + compression.rosName())
        .contains("      messages: 40", "    - type: sensor_msgs/Image");
    // it compares the words of the definitions too, and ours are our own; it fails when it could
    // not
    // read one
    Python.program(folder, "rosbag", "check", file.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "bz2", "lz4"})
  void weReadWhatDebiansRosbagWrites(String compression) throws Exception {
    Path file = folder.resolve("theirs.bag");
    Python.run(BagIT.class, "write_bag.py", folder, file.toString(), compression);
    List<String> texts = new ArrayList<>();
    try (BagReader reader = BagReader.open(file)) {
      assertThat(reader.chunkCount()).isGreaterThan(10);
      reader.forEach(
          Selection.all(), (c, t, body) -> texts.add(StringMessage.TYPE.read(body).data()));
    }
    assertThat(texts).hasSize(200);
    for (int i = 0; i < 200; i++) {
      assertThat(texts.get(i)).isEqualTo("text " + i);
    }
    // rosbag takes each topic to be in the order of time, which this bag is not
    assertThat(list(file)).containsExactlyInAnyOrderElementsOf(theirList(file));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kitchen_raw.bag",
        "kitchen_raw_lz4.bag",
        "kitchen_jpeg_bz2.bag",
        "public/aruco_marker_jpeg.bag",
        "public/velodyne_lz4.bag"
      })
  void recordedBagsReadAsDebiansRosbagReadsThem(String name) throws Exception {
    Path file = Prerequisites.shared("data/bags/" + name);
    List<String> theirs = theirList(file);
    List<String> ours = new ArrayList<>();
    ImageView view = new ImageView();
    CompressedImageView compressed = new CompressedImageView();
    try (BagReader reader = BagReader.open(file)) {
      assertThat(reader.damages()).isEmpty();
      assertThat(reader.topics().stream().mapToLong(BagTopic::messages).sum())
          .isEqualTo(theirs.size());
      reader.forEach(
          Selection.all(),
          (c, time, body) -> {
            ours.add(line(c, time, body));
            switch (c.type()) {
              case "sensor_msgs/Image" -> assertThat(view.over(body).stampNanos()).isPositive();
              case "sensor_msgs/CompressedImage" ->
                  assertThat(compressed.over(body).encoding()).containsAnyOf("jpeg", "jpg", "png");
              case "sensor_msgs/CameraInfo" ->
                  assertThat(CameraInfo.TYPE.read(body).model().k()[0]).isPositive();
              default -> assertThat(body.hasRemaining()).isTrue();
            }
          });
    }
    // rosbag gives messages of the same time in any order
    assertThat(ours).containsExactlyInAnyOrderElementsOf(theirs);
    assertThat(ours).extracting(line -> line.split(" ")[1]).isSorted();
  }

  @Test
  void aRecordedBagPassedThroughIsTheSameToRosbag() throws Exception {
    Path file = Prerequisites.shared("data/bags/kitchen_raw.bag");
    Path copy = folder.resolve("copy.bag");
    try (BagReader reader = BagReader.open(file);
        BagWriter writer = new BagWriter(copy, BagCompression.LZ4)) {
      List<BagConnection> connections = new ArrayList<>();
      reader.connections().forEach(c -> connections.add(writer.connect(c)));
      reader.forEach(
          Selection.all(),
          (c, t, body) ->
              writer.write(
                  connections.stream().filter(o -> o.topic().equals(c.topic())).findFirst().get(),
                  t,
                  body));
    }
    assertThat(theirList(copy)).containsExactlyInAnyOrderElementsOf(theirList(file));
    assertThat(Python.program(folder, "rosbag", "check", copy.toString()))
        .contains("Bag file does not need any migrations.");
  }

  @Test
  void rosbagReindexesABagWhoseWriterWasKilled() throws Exception {
    Path file = folder.resolve("killed.bag");
    BagWriterTest.writeSample(file, BagCompression.LZ4);
    byte[] bytes = Files.readAllBytes(file);
    // as it is on disk before the index is written: no index position, the last chunk half there
    int indexPosition =
        new String(bytes, 0, 300, StandardCharsets.ISO_8859_1).indexOf("index_pos=") + 10;
    Arrays.fill(bytes, indexPosition, indexPosition + 8, (byte) 0);
    Files.write(file, Arrays.copyOf(bytes, (int) (bytes.length * 0.7)));
    List<String> ours = new ArrayList<>();
    try (BagReader reader = BagReader.open(file)) {
      assertThatThrownBy(
              () ->
                  reader.forEach(Selection.all(), (c, time, body) -> ours.add(line(c, time, body))))
          .isInstanceOf(BagDamageException.class)
          .hasMessageContaining("the file ends inside");
    }
    Python.program(folder, "rosbag", "reindex", "--quiet", file.toString());
    assertThat(theirList(file)).isEqualTo(ours);
    assertThat(list(file)).isEqualTo(ours).hasSizeGreaterThan(20);
  }

  @Test
  void rosbagPlaysOurBags() throws Exception {
    Prerequisites.programs("roscore", "rosbag");
    Path file = folder.resolve("ours.bag");
    BagWriterTest.writeSample(file, BagCompression.LZ4);
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> lines =
        Python.run(BagIT.class, "play_bag.py", folder, file.toString(), String.valueOf(port));
    assertThat(lines).contains("played: 40 images, 10 texts");
  }
}
