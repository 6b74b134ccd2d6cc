package dev.tarsier.runtime.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConsoleAppenderTest {
  private final LoggerContext context = new LoggerContext();

  private Logger logger(OutputStream console) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%-5level %msg%n");
    encoder.start();
    ConsoleAppender appender = new ConsoleAppender(console, false);
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.DEBUG);
    root.addAppender(appender);
    return root;
  }

  @AfterEach
  void stop() {
    context.stop();
  }

  /** A console that takes nothing until it is told to. */
  private static final class Stopped extends OutputStream {
    private final CountDownLatch goesOn = new CountDownLatch(1);
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    String text() {
      synchronized (lines) {
        return String.join("", lines);
      }
    }

    @Override
    public void write(int b) {
      throw new AssertionError("lines come whole");
    }

    @Override
    public void write(byte[] bytes) throws IOException {
      try {
        goesOn.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      lines.add(new String(bytes, StandardCharsets.UTF_8));
    }
  }

  @Test
  void whoLogsNeverWaitsForAConsoleThatTakesNothing() {
    Stopped console = new Stopped();
    Logger log = logger(console);
    for (int i = 0; i < 5000; i++) {
      log.debug("line {}", i);
    }
    console.goesOn.countDown();
    long kept = 0;
    // One more than the queue holds where the writer had taken one already.
    while (kept + dropped(console) < 5000) {
      kept = console.text().lines().filter(each -> each.contains("DEBUG line ")).count();
      Thread.onSpinWait();
    }
    assertThat(kept).isBetween(1000L, 1001L);
    assertThat(kept + dropped(console)).isEqualTo(5000);
  }

  private static long dropped(Stopped console) {
    return console
        .text()
        .lines()
        .filter(each -> each.contains("log lines were dropped"))
        .mapToLong(each -> Long.parseLong(each.replaceAll("\\D+", "")))
        .sum();
  }

  @Test
  void theLastWordsAreWrittenBeforeTheEnd() throws IOException {
    PipedInputStream reader = new PipedInputStream(1 << 16);
    Logger log = logger(new PipedOutputStream(reader));
    log.warn("last words");
    context.stop();
    assertThat(new String(reader.readNBytes(reader.available()), StandardCharsets.UTF_8))
        .isEqualTo("WARN  last words\n");
  }

  @Test
  void aBlockedConsoleDoesNotHoldUpTheEnd() {
    Stopped console = new Stopped();
    logger(console).warn("nobody reads this");
    context.stop(); // the timeout is the assertion
    assertThat(console.text()).isEmpty();
    console.goesOn.countDown();
  }

  @Test
  void whatOneSourceSaysTooOftenIsLeftOutAndCounted() {
    Stopped console = new Stopped();
    console.goesOn.countDown();
    Logger log = logger(console);
    for (int i = 0; i < 10_000; i++) {
      log.error("cannot accept: {}", i);
    }
    context.stop();
    assertThat(console.text().lines().count()).isLessThan(50);
    assertThat(console.text()).contains("more like this were left out: ROOT cannot accept: {}");
  }
}
