package dev.tarsier.bench;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.frames.ExportOptions;
import dev.tarsier.ros.frames.FrameExport;
import dev.tarsier.ros.frames.Split;
import dev.tarsier.ros.replay.TopicRequest;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Times {@code tarsier bag export} of a bag of 640x480 rgb8 images with 16UC1 depth that it writes
 * first, and says how much memory the process had at most. Each frame is a moving gradient with the
 * noise of a camera's sensor, and depth with holes, so that PNG has as much to do as with a room.
 */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = "Frames out of a large bag: frames a second, and the most memory.")
final class ExportBench implements Callable<Integer> {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final int NOISES = 16;

  @Option(
      names = "--megabytes",
      defaultValue = "2000",
      converter = Benchmarks.Count.class,
      description = "of the bag (default: ${DEFAULT-VALUE})")
  private int megabytes;

  @Option(
      names = "--every",
      paramLabel = "MS",
      defaultValue = "0",
      description = "one frame for so many milliseconds; 0 for all (default: ${DEFAULT-VALUE})")
  private long everyMillis;

  /** Made by picocli. */
  ExportBench() {}

  @Override
  public Integer call() throws Exception {
    try (ScratchFolder scratch = ScratchFolder.make("export-bench")) {
      Path folder = scratch.path();
      Path bag = folder.resolve("large.bag");
      write(bag);
      long before = peakMegabytes();
      long start = System.nanoTime();
      FrameExport.Result result =
          FrameExport.run(
              new ExportOptions(
                  List.of(bag),
                  folder.resolve("frames"),
                  TopicRequest.GUESSED,
                  everyMillis * 1_000_000L,
                  ExportOptions.DEFAULT_TOLERANCE_MILLIS,
                  new Split.Rule(Split.By.TIME, 0.8, 5_000_000_000L, false),
                  OptionalInt.empty(),
                  Optional.empty()),
              (what, unit, done, total) -> {});
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(
          Locale.ROOT,
          "bag of %.2f GB: %d frames, %d with depth, in %.1f s: %.1f a second; resident at most %d MB, %d MB before; -Xmx %d MB%n",
          Files.size(bag) / 1e9,
          result.frames(),
          result.withDepth(),
          seconds,
          result.frames() / seconds,
          peakMegabytes(),
          before,
          Runtime.getRuntime().maxMemory() >> 20);
      return 0;
    }
  }

  private void write(Path file) throws IOException {
    byte[][] noises = new byte[NOISES][3 * WIDTH * HEIGHT];
    Random random = new Random(1);
    for (byte[] noise : noises) {
      for (int i = 0; i < noise.length; i++) {
        noise[i] = (byte) Math.round(2 * random.nextGaussian());
      }
    }
    byte[] rgb = new byte[3 * WIDTH * HEIGHT];
    ByteBuffer depth = ByteBuffer.allocate(2 * WIDTH * HEIGHT).order(ByteOrder.LITTLE_ENDIAN);
    try (BagWriter writer = new BagWriter(file, BagCompression.NONE)) {
      for (int n = 0; 5L * WIDTH * HEIGHT * n < megabytes * 1_000_000L; n++) {
        byte[] noise = noises[n % NOISES];
        depth.clear();
        for (int y = 0; y < HEIGHT; y++) {
          for (int x = 0; x < WIDTH; x++) {
            int i = y * WIDTH + x;
            int grey = 40 + ((x + 2 * n) % WIDTH + y) / 8;
            rgb[3 * i] = (byte) (grey + noise[3 * i]);
            rgb[3 * i + 1] = (byte) (grey / 2 + noise[3 * i + 1]);
            rgb[3 * i + 2] = (byte) (200 - grey + noise[3 * i + 2]);
            boolean hole = (x + n) % 97 < 6;
            depth.putShort((short) (hole ? 0 : 800 + 4 * y + noise[3 * i]));
          }
        }
        long nanos = 1_600_000_000_000_000_000L + n * 33_333_333L;
        Header header = new Header(n, RosTime.ofNanos(nanos), "camera");
        writer.write(
            "/camera/rgb/camera_info",
            nanos,
            CameraInfo.pinhole(header, WIDTH, HEIGHT, 525, 525, 320, 240));
        writer.write(
            "/camera/rgb/image_color",
            nanos,
            new Image(header, HEIGHT, WIDTH, "rgb8", false, 3 * WIDTH, ByteBuffer.wrap(rgb)));
        writer.write(
            "/camera/depth/image",
            nanos,
            new Image(header, HEIGHT, WIDTH, "16UC1", false, 2 * WIDTH, depth.flip()));
      }
    }
  }

  /** As the kernel counted it. */
  private static long peakMegabytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    return 0;
  }
}
