package dev.tarsier.bench;

import ai.onnxruntime.OrtException;
import com.sun.management.ThreadMXBean;
import dev.tarsier.ros.cli.RobotCommands;
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
import java.util.Random;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * What perception adds to a bare pinned {@code session.run} on the same frames, and the heap that
 * it allocates per frame. Both are run in turn, frame by frame, in one process, so that what else
 * the machine does falls on both alike.
 */
@Command(
    name = "runtime",
    description = "What perceiving adds to a bare pinned session.run, and the heap of each frame.",
    mixinStandardHelpOptions = true)
final class RuntimeBench implements Callable<Integer> {
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

  @Mixin private NetworkArguments network;

  private final PrintStream out = System.out;

  /** Made by picocli. */
  RuntimeBench() {}

  /** Runs it and prints a table. */
  @Override
  public Integer call() throws Exception {
    Bundle bundle = network.bundle();
    int frames = network.frames();
    int threads = network.threads();
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
        compare(perceiver, bare, encoding, frames);
      }
    }
    out.println("times in ms; added = perceived frame - bare run, medians; B/frame = Java heap");
    return RobotCommands.OK;
  }

  private void compare(Perceiver perceiver, BareSession bare, PixelEncoding encoding, int frames)
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
