package dev.tarsier.ros.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.core.CoreConstants;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.tarsier.runtime.logging.ConsoleAppender;
import dev.tarsier.runtime.logging.VisibleMessage;
import dev.tarsier.runtime.logging.VisibleThrowable;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What every command says beside its results: to stderr, so that results can be piped. In code and
 * not as {@code logback.xml}, which takes a tenth of the start to read; {@code
 * -Dlogback.configurationFile} is read as ever.
 *
 * <p>Found by Logback as a service.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class LogSetup extends ContextAwareBase implements Configurator {
  private static final String PATTERN =
      "[%-5level] %d{HH:mm:ss.SSS}%replace(%property{tarsier.node}){'^null$',''} %logger{0}:"
          + " %msg%n%trace";

  /** Made by Logback. */
  public LogSetup() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    if (System.getProperty("logback.configurationFile") != null) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    // What peers send reaches log lines: it is shown, not obeyed.
    Map<String, Supplier<ClassicConverter>> words = new HashMap<>();
    words.put("msg", VisibleMessage::new);
    words.put("trace", VisibleThrowable::new);
    context.putObject(CoreConstants.PATTERN_RULE_REGISTRY_FOR_SUPPLIERS, words);

    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setPattern(PATTERN);
    encoder.start();

    ConsoleAppender console = new ConsoleAppender();
    console.setContext(context);
    console.setName("STDERR");
    console.setEncoder(encoder);
    console.start();

    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(System.getProperty("tarsier.log"), Level.INFO));
    root.addAppender(console);
    // It tells of every array it opens.
    context.getLogger("io.jhdf").setLevel(Level.WARN);
    // It tells of its threads each time; the run's record does too.
    context.getLogger("ai.djl").setLevel(Level.WARN);
    // Nothing here asks for CUDA through DJL, so an old driver is no news.
    context.getLogger("ai.djl.util.cuda").setLevel(Level.ERROR);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
