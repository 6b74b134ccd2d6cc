package dev.tarsier.ros.frames;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Real bags; Debian's rosbag says what is in them. */
class FrameExportIT {
  /** Prints stamp and sum of each image and depth message, in the order of stamps. */
  private static final String ORACLE =
      """
      import sys, rosbag, numpy
      for topic, m, t in rosbag.Bag(sys.argv[1]).read_messages():
          s = m.header.stamp.to_nsec() if hasattr(m, 'header') else 0
          if m._type == 'sensor_msgs/Image' and m.encoding == 'bgr8':
              print('rgb', s, int(numpy.frombuffer(m.data, numpy.uint8).astype(numpy.int64).sum()))
          if m._type == 'sensor_msgs/Image' and m.encoding == '16UC1':
              print('depth', s, int(numpy.frombuffer(m.data, numpy.uint16).astype(numpy.int64).sum()))
      """;

  @TempDir Path folder;
  private final StringWriter said = new StringWriter();

  private int export(Path bag, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("bag", "export", bag.toString(), "--out", folder.resolve("out").toString()));
    arguments.addAll(List.of(more));
    CommandLine line = RobotCommands.commandLine(new RobotCommands());
    line.setOut(new PrintWriter(said));
    line.setErr(new PrintWriter(said));
    return line.execute(arguments.toArray(String[]::new));
  }

  private List<String> sums() throws IOException {
    List<String> sums = new ArrayList<>();
    for (String kind : List.of("rgb", "depth")) {
      try (Stream<Path> files = Files.list(folder.resolve("out").resolve(kind))) {
        for (Path file : files.sorted().toList()) {
          var raster = javax.imageio.ImageIO.read(file.toFile()).getRaster();
          long sum = 0;
          int[] row = new int[raster.getWidth() * raster.getNumBands()];
          for (int y = 0; y < raster.getHeight(); y++) {
            for (int value : raster.getPixels(0, y, raster.getWidth(), 1, row)) {
              sum += value;
            }
          }
          sums.add(
              "%s %s %d".formatted(kind, file.getFileName().toString().replace(".png", ""), sum));
        }
      }
    }
    return sums;
  }

  @Test
  void everyPixelIsAsRosbagHasIt() throws Exception {
    Prerequisites.pythonModule("rosbag");
    Path bag = Prerequisites.shared("data/bags/kitchen_raw_lz4.bag");
    Process python = new ProcessBuilder("/usr/bin/python3", "-c", ORACLE, bag.toString()).start();
    List<String> wanted =
        new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .sorted()
            .toList();
    assertThat(python.waitFor()).isZero();
    assertThat(export(bag, "--every", "0", "--split", "1")).as(said.toString()).isZero();
    assertThat(sums()).hasSize(30).containsExactlyInAnyOrderElementsOf(wanted);
  }

  @Test
  void theFramesThatTheShippedBundleIsLeastSureOfAreSpreadOverTheRecording() throws Exception {
    Path bag = Prerequisites.shared("data/bags/kitchen_jpeg_bz2.bag");
    Path bundle = Prerequisites.shippedBundle();
    assertThat(
            export(
                bag,
                "--every",
                "1s",
                "--uncertain",
                "4",
                "--bundle",
                bundle.toString(),
                "--split",
                "1"))
        .as(said.toString())
        .isZero();
    Path out = folder.resolve("out");
    List<String> rows = Files.readAllLines(out.resolve("scores.csv"));
    assertThat(rows).hasSize(16);
    assertThat(rows.get(0))
        .isEqualTo("frame,chosen,score,segmentation_disagreement,depth_disagreement,depth_error");
    long[] chosen =
        rows.stream()
            .skip(1)
            .map(row -> row.split(","))
            .filter(row -> !row[1].isEmpty())
            .mapToLong(row -> Long.parseLong(row[0]))
            .sorted()
            .toArray();
    assertThat(chosen).hasSize(4);
    assertThat(Files.readAllLines(out.resolve("splits/all.txt")))
        .containsExactlyElementsOf(
            java.util.Arrays.stream(chosen).mapToObj(Long::toString).toList());
    assertThat(chosen[3] - chosen[0]).isGreaterThan(4_000_000_000L);
    assertThat(said.toString()).contains("the rank correlation of uncertainty and error is");
  }
}
