package dev.tarsier.runtime.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes log lines to stderr from a thread of its own. Who logs never waits: lines that the console
 * does not take are dropped, and their number is said when it takes some again. What one source
 * says too often is left out, too ({@link LogLimit}).
 *
 * <p>From the end of the process on a line is waited for, all together for a second at most, so
 * that the last words of a shutdown are not lost, and a blocked console does not hold it up.
 *
 * <p>Appending: any thread. Configured by Logback.
 */
public final class ConsoleAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
  private static final byte[] CLEAR_LINE = "\r\u001b[K".getBytes(StandardCharsets.US_ASCII);
  private static final int LINES = 1000;
  private static final long FLUSH_NANOS = 1_000_000_000L;

  private final BlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(LINES);
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();
  private final LogLimit limit = new LogLimit();
  private final OutputStream console;
  private final boolean terminal;

  private Encoder<ILoggingEvent> encoder;

  /** Lines that the console took; the writer's thread tells those who wait by its monitor. */
  private final Object written = new Object();

  private long writtenLines;
  private long flushNanosLeft = FLUSH_NANOS;
  private volatile boolean ending;
  private Thread writer;

  /** Made by Logback. */
  public ConsoleAppender() {
    this(new FileOutputStream(FileDescriptor.err), isTerminal());
  }

  ConsoleAppender(OutputStream console, boolean terminal) {
    this.console = console;
    this.terminal = terminal;
  }

  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return (target.startsWith("/dev/pts/") || target.startsWith("/dev/tty"))
          && !System.getenv().getOrDefault("TERM", "dumb").equals("dumb");
    } catch (IOException e) {
      return false;
    }
  }

  /** Set by Logback. */
  public void setEncoder(Encoder<ILoggingEvent> encoder) {
    this.encoder = encoder;
  }

  @Override
  public void start() {
    if (encoder == null) {
      addError("the console appender has no encoder");
      return;
    }
    super.start();
    writer = new Thread(this::write, "tarsier-log");
    writer.setDaemon(true);
    writer.start();
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(this::end, "tarsier-log-flush"));
    } catch (IllegalStateException e) {
      // The process was told to end before its first line: each one is waited for from now on.
      ending = true;
    }
  }

  @Override
  public void stop() {
    super.stop();
    end();
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (event.getLevel().isGreaterOrEqual(Level.INFO)) {
      long before = limit.admit(event.getLoggerName(), event.getMessage(), System.nanoTime());
      if (before < 0) {
        return;
      }
      if (before > 0) {
        offer(line(before, event.getLoggerName() + " " + event.getMessage()));
      }
    }
    offer(encoder.encode(event));
  }

  private void offer(byte[] line) {
    if (!queue.offer(line)) {
      dropped.incrementAndGet();
      return;
    }
    long mine = taken.incrementAndGet();
    if (ending) {
      await(mine);
    }
  }

  private void write() {
    try {
      while (true) {
        byte[] line = queue.poll(1, TimeUnit.SECONDS);
        if (line != null) {
          put(line);
          count();
        }
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
          put(
              "[WARN ] %d log lines were dropped: the console did not take them\n"
                  .formatted(lost)
                  .getBytes(StandardCharsets.UTF_8));
        }
        for (LogLimit.LeftOut each : limit.quiet(System.nanoTime())) {
          put(line(each.count(), each.source()));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does
    }
  }

  private static byte[] line(long count, String source) {
    return "[WARN ] %d more like this were left out: %s\n"
        .formatted(count, VisibleText.of(source, 100))
        .getBytes(StandardCharsets.UTF_8);
  }

  private void put(byte[] line) {
    try {
      if (terminal) {
        console.write(CLEAR_LINE); // a progress bar may stand there
      }
      console.write(line);
      console.flush();
    } catch (IOException e) {
      // A closed console: there is nobody to tell.
    }
  }

  private void count() {
    synchronized (written) {
      writtenLines++;
      written.notifyAll();
    }
  }

  /**
   * Waits for what was logged until now, with a deadline; later lines are waited for one by one.
   */
  private void end() {
    ending = true;
    for (LogLimit.LeftOut each : limit.rest(System.nanoTime())) {
      offer(line(each.count(), each.source()));
    }
    await(taken.get());
  }

  private void await(long lines) {
    synchronized (written) {
      long began = System.nanoTime();
      boolean interrupted = false;
      while (writtenLines < lines && flushNanosLeft - (System.nanoTime() - began) > 0) {
        try {
          TimeUnit.NANOSECONDS.timedWait(
              written, Math.max(1_000_000, flushNanosLeft - (System.nanoTime() - began)));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      flushNanosLeft -= System.nanoTime() - began;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
