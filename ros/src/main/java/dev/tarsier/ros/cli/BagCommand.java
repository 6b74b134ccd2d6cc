package dev.tarsier.ros.cli;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagDamage;
import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.runtime.logging.VisibleText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tarsier bag}: what is in a bag, and frames out of it. */
@Command(
    name = "bag",
    description = "Looks into ROS bags, and takes frames out of them.",
    mixinStandardHelpOptions = true,
    subcommands = {BagCommand.Info.class, BagExportCommand.class})
public final class BagCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** Made by picocli. */
  public BagCommand() {}

  /** Without a subcommand: says which there are. */
  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "say what to do with the bag: info or export");
  }

  /** {@code tarsier bag info FILE...}. */
  @Command(
      name = "info",
      description =
          "Says when a bag was recorded, and its topics with type, count and rate; of several bags one"
              + " after the other. Reads the index; a bag without one is read whole.",
      exitCodeListHeading = "Exit codes:%n",
      exitCodeList = {
        "0:the bag's index is whole, or its recorder was killed between two chunks",
        "2:a file is no bag that can be read",
        "3:a bag is damaged or cut off; what is whole is counted"
      },
      mixinStandardHelpOptions = true)
  static final class Info implements Callable<Integer> {
    private static final DateTimeFormatter UTC =
        DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS 'UTC'").withZone(ZoneOffset.UTC);

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "the bags")
    private List<Path> files;

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      int worst = RobotCommands.OK;
      for (int i = 0; i < files.size(); i++) {
        if (i > 0) {
          out.println();
        }
        int code;
        try (BagReader bag = BagReader.open(files.get(i))) {
          print(bag, out);
          code = bag.damages().isEmpty() ? RobotCommands.OK : RobotCommands.DAMAGED;
        } catch (IOException e) {
          out.flush();
          code = RobotCommands.fail(spec, e, RobotCommands.CANNOT_RUN);
        }
        out.flush();
        boolean cannot = worst == RobotCommands.CANNOT_RUN || code == RobotCommands.CANNOT_RUN;
        worst = cannot ? RobotCommands.CANNOT_RUN : Math.max(worst, code);
      }
      return worst;
    }

    private static void print(BagReader bag, PrintWriter out) throws IOException {
      double seconds = (bag.endNanos() - bag.startNanos()) / 1e9;
      row(out, "path", bag.file());
      row(out, "size", size(bag.fileLength()));
      row(out, "index", bag.indexed() ? "whole" : "none; read by scanning");
      row(out, "messages", bag.messageCount());
      if (bag.messageCount() > 0) {
        row(out, "start", UTC.format(instant(bag.startNanos())));
        row(out, "end", UTC.format(instant(bag.endNanos())));
        row(out, "duration", String.format(Locale.ROOT, "%.3f s", seconds));
        row(out, "chunks", chunks(bag.compressions()));
      }
      table(out, bag.topics(), seconds);
      for (BagDamage damage : bag.damages()) {
        row(out, "DAMAGED", "at " + damage);
      }
    }

    private static void table(PrintWriter out, List<BagTopic> topics, double seconds) {
      if (topics.isEmpty()) {
        row(out, "topics", "none");
        return;
      }
      int name = width(topics.stream().map(each -> VisibleText.of(each.name())).toList(), "topic");
      int type = width(topics.stream().map(each -> VisibleText.of(each.type())).toList(), "type");
      String form = "%-" + name + "s  %-" + type + "s  %8s  %8s%n";
      out.println();
      out.printf(form, "topic", "type", "messages", "Hz");
      for (BagTopic topic : topics) {
        String rate =
            topic.messages() < 2 || seconds <= 0
                ? "-"
                : String.format(Locale.ROOT, "%.1f", (topic.messages() - 1) / seconds);
        out.printf(
            form,
            VisibleText.of(topic.name()),
            VisibleText.of(topic.type()),
            topic.messages(),
            rate);
      }
    }

    private static int width(List<String> texts, String head) {
      return Math.max(head.length(), texts.stream().mapToInt(String::length).max().orElse(0));
    }

    private static void row(PrintWriter out, String name, Object value) {
      out.printf("%-10s%s%n", name, VisibleText.of(String.valueOf(value)));
    }

    private static String chunks(Map<BagCompression, Integer> compressions) {
      return compressions.entrySet().stream()
          .map(each -> each.getValue() + " " + each.getKey().rosName())
          .collect(Collectors.joining(", "));
    }

    private static String size(long bytes) {
      return bytes < 10_000
          ? bytes + " B"
          : bytes < 10_000_000
              ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
              : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    private static Instant instant(long nanos) {
      return Instant.ofEpochSecond(nanos / 1_000_000_000L, nanos % 1_000_000_000L);
    }
  }
}
