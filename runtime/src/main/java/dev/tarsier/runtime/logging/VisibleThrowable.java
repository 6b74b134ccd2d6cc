package dev.tarsier.runtime.logging;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;

/**
 * A stack trace whose messages are {@link VisibleText}; a conversion word of Logback's patterns.
 * Every line is set off from the margin, so that none can pass for a log line.
 */
public final class VisibleThrowable extends ThrowableProxyConverter {
  private static final int LONGEST = 16_000;

  @Override
  public String convert(ILoggingEvent event) {
    String trace = super.convert(event);
    if (trace.isEmpty()) {
      return "";
    }
    StringBuilder shown = new StringBuilder();
    for (String line : trace.split("\\R")) {
      if (shown.length() > LONGEST) {
        shown.append("    …\n");
        break;
      }
      shown.append("    ").append(VisibleText.of(line.strip())).append('\n');
    }
    return shown.toString();
  }
}
