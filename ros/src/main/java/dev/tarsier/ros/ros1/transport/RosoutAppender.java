package dev.tarsier.ros.ros1.transport;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Log;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.runtime.logging.LogLimit;
import dev.tarsier.runtime.logging.VisibleText;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * Publishes what this process logs on {@code /rosout}, from INFO upwards: as text that is shown and
 * not obeyed, and of each source not too often. A process with several nodes says everything once
 * for each.
 */
final class RosoutAppender extends AppenderBase<ILoggingEvent> {
  private final RosNode node;
  private final Publisher<Log> rosout;
  private final LogLimit limit = new LogLimit();
  private long sequence;

  private RosoutAppender(RosNode node, Publisher<Log> rosout) {
    this.node = node;
    this.rosout = rosout;
  }

  /** Attaches to Logback's root; empty where something else does the logging. */
  static Optional<RosoutAppender> attach(RosNode node, Publisher<Log> rosout) {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return Optional.empty();
    }
    RosoutAppender appender = new RosoutAppender(node, rosout);
    appender.setName("rosout" + node.name());
    appender.setContext(context);
    appender.start();
    context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
    return Optional.of(appender);
  }

  void detach() {
    if (getContext() instanceof LoggerContext context) {
      context.getLogger(Logger.ROOT_LOGGER_NAME).detachAppender(this);
    }
    stop();
  }

  /** Called under the appender's lock, which also keeps a log line of the publisher out of here. */
  @Override
  protected void append(ILoggingEvent event) {
    if (!event.getLevel().isGreaterOrEqual(Level.INFO)) {
      return;
    }
    long before = limit.admit(event.getLoggerName(), event.getMessage(), System.nanoTime());
    if (before < 0) {
      return;
    }
    StackTraceElement caller = caller(event);
    rosout.publish(
        new Log(
            new Header((int) sequence++, RosTime.ofNanos(node.clock().nowNanos()), ""),
            level(event.getLevel()),
            node.name(),
            text(event, before),
            caller == null || caller.getFileName() == null ? "" : caller.getFileName(),
            caller == null ? event.getLoggerName() : caller.getMethodName(),
            caller == null ? 0 : Math.max(0, caller.getLineNumber()),
            node.advertisedTopics()));
  }

  /** Finding the caller walks the stack: for what goes wrong it is worth it. */
  private static StackTraceElement caller(ILoggingEvent event) {
    if (!event.getLevel().isGreaterOrEqual(Level.WARN)) {
      return null;
    }
    StackTraceElement[] stack = event.getCallerData();
    return stack == null || stack.length == 0 ? null : stack[0];
  }

  private static String text(ILoggingEvent event, long leftOut) {
    IThrowableProxy thrown = event.getThrowableProxy();
    String text = VisibleText.of(event.getFormattedMessage());
    if (thrown != null) {
      text += ": " + thrown.getClassName() + ": " + VisibleText.of(thrown.getMessage());
    }
    return leftOut == 0 ? text : text + " (" + leftOut + " more like this were left out)";
  }

  private static byte level(Level level) {
    if (level.isGreaterOrEqual(Level.ERROR)) {
      return Log.ERROR;
    }
    return level.isGreaterOrEqual(Level.WARN) ? Log.WARN : Log.INFO;
  }
}
