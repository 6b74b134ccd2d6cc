package dev.tarsier.runtime.logging;

import ch.qos.logback.classic.pattern.MessageConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;

/** A log line's message as {@link VisibleText}; a conversion word of Logback's patterns. */
public final class VisibleMessage extends MessageConverter {
  @Override
  public String convert(ILoggingEvent event) {
    return VisibleText.of(super.convert(event));
  }
}
