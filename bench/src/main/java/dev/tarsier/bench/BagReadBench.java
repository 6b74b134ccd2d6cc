package dev.tarsier.bench;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.zip.CRC32C;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Times the reading of a bag of 640x480 rgb8 images from a warm file cache, next to Debian's Python
 * rosbag ({@code bench/peers/rosbag_read.py}) on the same file in the same run: all bodies
 * delivered (the peer makes bytes objects of them, ours are views of a direct buffer that was
 * filled), and with a checksum over every byte. Bytes are those of the file, GB = 1e9.
 */
@Command(
    name = "bag",
    mixinStandardHelpOptions = true,
    description = "Reading a bag beside Debian's rosbag, on one file, in GB/s.")
final class BagReadBench implements Callable<Integer> {
  @Option(
      names = "--megabytes",
      defaultValue = "300",
      converter = Benchmarks.Count.class,
      description = "of the bag (default: ${DEFAULT-VALUE})")
  private int megabytes;

  @Option(
      names = "--compression",
      defaultValue = "NONE",
      description = "NONE, LZ4 or BZ2 (default: ${DEFAULT-VALUE})")
  private BagCompression compression;

  @Option(
      names = "--turns",
      defaultValue = "7",
      converter = Benchmarks.Count.class,
      description = "of each; the median counts (default: ${DEFAULT-VALUE})")
  private int turns;

  @Option(
      names = "--python",
      defaultValue = "/usr/bin/python3",
      description = "one with rosbag (default: ${DEFAULT-VALUE})")
  private String python;

  @Option(
      names = "--peer",
      defaultValue = "bench/peers/rosbag_read.py",
      description = "the peer's script (default: ${DEFAULT-VALUE})")
  private Path peer;

  /** Made by picocli. */
  BagReadBench() {}

  @Override
  public Integer call() throws Exception {
    Path file = Files.createTempFile("bag-read-bench", ".bag");
    try {
      write(file);
      long length = Files.size(file);
      System.out.printf(
          Locale.ROOT,
          "bag: %.1f MB, %s, 640x480 rgb8, file cache warm; Java %s, -Xmx %d MB, %d processors%n",
          length / 1e6,
          compression,
          System.getProperty("java.version"),
          Runtime.getRuntime().maxMemory() >> 20,
          Runtime.getRuntime().availableProcessors());
      double delivered = report("ours, bodies delivered", length, ours(file, false));
      report("ours, CRC-32C of every byte", length, ours(file, true));
      List<Double> theirs = theirs(file);
      if (theirs.isEmpty()) {
        System.out.println("the peer did not run: " + python + " has no rosbag");
      } else {
        double peerRate = report("Debian's rosbag (Python), raw", length, theirs);
        System.out.printf(Locale.ROOT, "ours / peer: %.2f%n", delivered / peerRate);
      }
      return 0;
    } finally {
      Files.delete(file);
    }
  }

  private void write(Path file) throws IOException {
    byte[] pixels = new byte[640 * 480 * 3];
    new Random(1).nextBytes(pixels);
    if (compression != BagCompression.NONE) {
      // half noise, half flat, so that there is something to compress
      Arrays.fill(pixels, 0, pixels.length / 2, (byte) 90);
    }
    try (BagWriter writer = new BagWriter(file, compression)) {
      for (long i = 0; i * pixels.length < megabytes * 1_000_000L; i++) {
        long nanos = 1_600_000_000_000_000_000L + i * 33_333_333L;
        Header header = new Header((int) i, RosTime.ofNanos(nanos), "camera");
        writer.write(
            "/camera/rgb/image_color",
            nanos,
            new Image(header, 480, 640, "rgb8", false, 1920, ByteBuffer.wrap(pixels)));
      }
    }
  }

  private List<Double> ours(Path file, boolean checksum) throws IOException {
    List<Double> seconds = new ArrayList<>();
    CRC32C crc = new CRC32C();
    for (int turn = 0; turn < turns; turn++) {
      long start = System.nanoTime();
      long[] bytes = {0};
      try (BagReader reader = BagReader.open(file)) {
        reader.forEach(
            Selection.all(),
            (connection, receiveNanos, body) -> {
              bytes[0] += body.remaining();
              if (checksum) {
                crc.update(body);
              }
            });
      }
      seconds.add((System.nanoTime() - start) / 1e9);
      if (bytes[0] < megabytes * 1_000_000L) {
        throw new IllegalStateException("only %d bytes were read".formatted(bytes[0]));
      }
    }
    return seconds;
  }

  private List<Double> theirs(Path file) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(python, peer.toString(), file.toString(), String.valueOf(turns))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<Double> seconds = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        seconds.add(Double.valueOf(line.split(" ")[0]));
      }
    }
    return process.waitFor() == 0 ? seconds : List.of();
  }

  private static double report(String what, long length, List<Double> seconds) {
    double[] sorted = seconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double median = length / sorted[sorted.length / 2] / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%-30s median %6.2f GB/s, best %6.2f, worst %6.2f, of %d turns%n",
        what,
        median,
        length / sorted[0] / 1e9,
        length / sorted[sorted.length - 1] / 1e9,
        sorted.length);
    return median;
  }
}
