package dev.tarsier.bench;

import ai.onnxruntime.OrtException;
import com.sun.management.ThreadMXBean;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.pipeline.Stage;
import dev.tarsier.runtime.tensor.OpenCv;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.HdrHistogram.Histogram;

/**
 * What perception adds to a bare pinned {@code session.run} on the same frames, and the heap that
 * it allocates per frame. Both are run in turn, frame by frame, in one process, so that what else
 * the machine does falls on both alike.
 *
 * <p>Arguments: {@code [bundle] [frames] [threads]}, by default the shipped bundle, 300 and 2.
 */
public final class RuntimeBench {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final int WARM_UP = 50;
  private static final PixelEncoding[] RAW = {
    PixelEncoding.RGB8,
    PixelEncoding.BGR8,
    PixelEncoding.BGRA8,
    PixelEncoding.MONO8,
    PixelEncoding.UYVY,
    PixelEncoding.BAYER_RGGB8
  };

  private final Bundle bundle;
  private final int frames;
  private final int threads;
  private final PrintStream out;

  private RuntimeBench(Bundle bundle, int frames, int threads, PrintStream out) {
    this.bundle = bundle;
    this.frames = frames;
    this.threads = threads;
    this.out = out;
  }

  /** Runs it and prints a table. */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args.length > 0 ? args[0] : "models/" + ModelFolder.SHIPPED);
    int frames = args.length > 1 ? Integer.parseInt(args[1]) : 300;
    int threads = args.length > 2 ? Integer.parseInt(args[2]) : 2;
    new RuntimeBench(Bundle.load(folder), frames, threads, System.out).run();
  }

  private void run() throws Exception {
    BundleManifest.Input input = bundle.manifest().input();
    out.printf(
        "bundle %s (%s), input %dx%d, frames %dx%d, %d of each, %d threads on %d processors%n",
        bundle.manifest().name(),
        bundle.modelSha256().substring(0, 12),
        input.width(),
        input.height(),
        WIDTH,
        HEIGHT,
        frames,
        threads,
        Runtime.getRuntime().availableProcessors());
    OpenCv.load();
    out.printf(
        "Java %s, ONNX Runtime %s, OpenCV %s, load %.1f%n",
        System.getProperty("java.version"),
        InferenceEngine.usual().version(),
        OpenCv.version(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    out.printf(
        "%-14s %10s %10s %10s %10s %10s %10s%n",
        "encoding", "bare p50", "ours p50", "added p50", "decode p50", "scene p50", "B/frame");
    try (Perceiver perceiver = new Perceiver(bundle, ProviderPreference.cpu(), threads);
        BareSession bare = new BareSession(bundle, threads)) {
      for (PixelEncoding encoding : RAW) {
        compare(perceiver, bare, encoding);
      }
    }
    out.println("times in ms; added = perceived frame - bare run, medians; B/frame = Java heap");
  }

  private void compare(Perceiver perceiver, BareSession bare, PixelEncoding encoding)
      throws OrtException, RejectedFrameException {
    ByteBuffer image = ByteBuffer.allocateDirect(WIDTH * HEIGHT * encoding.bytesPerPixel());
    byte[] noise = new byte[image.capacity()];
    new Random(1).nextBytes(noise);
    image.put(noise);
    FramePool pool = new FramePool(1);
    Histogram bareNanos = new Histogram(3);
    Histogram oursNanos = new Histogram(3);
    Histogram decodeNanos = new Histogram(3);
    Histogram sceneNanos = new Histogram(3);
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    long allocated = 0;
    for (int i = -WARM_UP; i < frames; i++) {
      long start = System.nanoTime();
      bare.run();
      long middle = System.nanoTime();
      long heap = memory.getThreadAllocatedBytes(thread);
      long begin = System.nanoTime();
      Scene scene;
      try (Frame frame = pool.acquire()) {
        // As a transport fills it: one copy out of the connection's buffer.
        frame.prepare(image.capacity()).put(0, image, 0, image.capacity());
        frame.describe(
            encoding, WIDTH, HEIGHT, WIDTH * encoding.bytesPerPixel(), begin, begin, "camera", i);
        scene = perceiver.perceive(frame);
      }
      long end = System.nanoTime();
      heap = memory.getThreadAllocatedBytes(thread) - heap;
      if (i >= 0) {
        bareNanos.recordValue(middle - start);
        oursNanos.recordValue(end - begin);
        decodeNanos.recordValue(scene.times().nanos(Stage.DECODE));
        sceneNanos.recordValue(scene.times().nanos(Stage.SCENE));
        allocated += heap;
      }
    }
    out.printf(
        "%-14s %10.2f %10.2f %10.2f %10.2f %10.2f %10d%n",
        encoding.rosName(),
        millis(bareNanos),
        millis(oursNanos),
        millis(oursNanos) - millis(bareNanos),
        millis(decodeNanos),
        millis(sceneNanos),
        allocated / frames);
  }

  private static double millis(Histogram nanos) {
    return nanos.getValueAtPercentile(50) / 1e6;
  }
}
