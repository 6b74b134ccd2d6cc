package dev.tarsier.bench.soak;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The camera as the soak has it: a {@link CameraProcess} that is started, told and killed. Any
 * thread may call.
 */
final class Camera implements AutoCloseable {
  private static final long LIMIT_SECONDS = 60;

  private final String master;
  private final Path frames;
  private final int rate;

  // guarded by this
  private final Set<Long> sent = new HashSet<>();
  private Process process;
  private PrintStream commands;
  private int look;
  private double focal = 0.9;
  private CompletableFuture<Long> up = new CompletableFuture<>();

  Camera(String master, Path frames, int rate) {
    this.master = master;
    this.frames = frames;
    this.rate = rate;
  }

  /** Starts a process; it is up later. */
  synchronized void start() throws IOException {
    CompletableFuture<Long> isUp = new CompletableFuture<>();
    up = isUp;
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx64m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:-UsePerfData",
                    CameraProcess.class.getName(),
                    master,
                    frames.toString(),
                    Integer.toString(rate),
                    Integer.toString(look),
                    Double.toString(focal)))
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process started = builder.start();
    process = started;
    commands = new PrintStream(started.getOutputStream(), true, StandardCharsets.UTF_8);
    Thread reads = new Thread(() -> read(started, isUp), "camera-says");
    reads.setDaemon(true);
    reads.start();
  }

  private void read(Process from, CompletableFuture<Long> isUp) {
    try (BufferedReader in = from.inputReader(StandardCharsets.UTF_8)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith(CameraProcess.SENT)) {
          long stamp = Long.parseLong(line.substring(CameraProcess.SENT.length()));
          synchronized (this) {
            sent.add(stamp);
          }
        } else if (line.startsWith(CameraProcess.UP)) {
          isUp.complete(Long.parseLong(line.substring(CameraProcess.UP.length())));
        }
      }
    } catch (IOException e) {
      // it was killed in the middle of a line
    }
    isUp.completeExceptionally(new IOException("the camera's process ended"));
  }

  /**
   * Waits until it is registered.
   *
   * @return when that was, nanoseconds since the epoch
   */
  long awaitUp() throws InterruptedException, IOException {
    CompletableFuture<Long> isUp;
    synchronized (this) {
      isUp = up;
    }
    try {
      return isUp.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the camera's process did not come up: " + e.getMessage(), e);
    }
  }

  synchronized void look(int next) {
    look = next;
    commands.println(CameraProcess.LOOK + next);
  }

  synchronized int look() {
    return look;
  }

  /**
   * @param overWidth focal length over the image's width
   */
  synchronized void focal(double overWidth) {
    focal = overWidth;
    commands.println(CameraProcess.FOCAL + overWidth);
  }

  synchronized double focal() {
    return focal;
  }

  /** Sends one image of each fault. */
  synchronized void breaks() {
    commands.println(CameraProcess.BREAK);
  }

  /** Sends nothing more, and stays connected. */
  synchronized void pause() {
    commands.println(CameraProcess.PAUSE);
  }

  /** Stamps of all sound images that were sent so far. */
  synchronized Set<Long> sent() {
    return Set.copyOf(sent);
  }

  /** Kills it: it unregisters nothing. */
  void kill() {
    // By its handle: Process.destroyForcibly closes the pipe, with what was said last still in it.
    ProcessHandle handle = process().toHandle();
    handle.destroyForcibly();
    handle.onExit().join();
  }

  /** Has it leave the graph in good order. */
  void leave() throws InterruptedException, IOException {
    synchronized (this) {
      commands.println(CameraProcess.LEAVE);
    }
    if (!process().waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("the camera's process did not leave");
    }
  }

  private synchronized Process process() {
    return process;
  }

  @Override
  public void close() {
    Process last = process();
    if (last != null) {
      last.destroyForcibly();
    }
  }
}
