package dev.tarsier.ros.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.ros.doctor.Doctor;
import dev.tarsier.ros.doctor.Finding;
import dev.tarsier.ros.doctor.Surroundings;
import dev.tarsier.ros.doctor.Verdict;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.config.RobotName;
import dev.tarsier.runtime.file.Json;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tarsier doctor}: what this machine has and lacks. */
@Command(
    name = "doctor",
    description =
        "Says what this machine has and lacks, what each thing is for, and how to get it.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:perception works here on the CPU",
      "1:something that it needs is missing or broken"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class DoctorCommand implements Callable<Integer> {
  private static final int NAME_WIDTH = 17;
  private static final String INDENT = " ".repeat(4 + NAME_WIDTH);

  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "print JSON for machines")
  private boolean json;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "the bundle to verify (default: ${DEFAULT-VALUE})",
      defaultValue = ModelFolder.SHIPPED)
  private String model;

  @Option(
      names = "--broker",
      paramLabel = "URI",
      description = "the MQTT broker to call (default: ${DEFAULT-VALUE})",
      defaultValue = "tcp://localhost:1883")
  private String broker;

  /** Made by picocli. */
  public DoctorCommand() {}

  @Override
  public Integer call() throws JsonProcessingException {
    LogVolume.onlyErrors();
    Surroundings surroundings =
        new Surroundings(System.getenv(), ModelFolder.home(), model, broker, Duration.ofSeconds(2));
    List<Finding> findings = Doctor.withAllChecks().examine(surroundings);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(json(findings));
    } else {
      print(findings, out, Terminal.ofThisProcess());
    }
    out.flush();
    return Doctor.isReady(findings) ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  static String json(List<Finding> findings) {
    ObjectNode root = Json.object();
    root.put("schema", "tarsier.doctor/1");
    root.put("version", ProductVersion.text());
    root.put("machine", RobotName.ofThisMachine());
    root.put("ready", Doctor.isReady(findings));
    ArrayNode list = root.putArray("findings");
    for (Finding each : findings) {
      list.addObject()
          .put("group", each.group())
          .put("name", each.name())
          .put("verdict", each.verdict().name().toLowerCase(Locale.ROOT))
          .put("value", each.value())
          .put("purpose", each.purpose())
          .put("remedy", each.remedy());
    }
    return root.toPrettyString();
  }

  static void print(List<Finding> findings, PrintWriter out, Terminal terminal) {
    out.println();
    out.println(
        terminal.paint(Terminal.Ink.BOLD, "Tarsier " + ProductVersion.text())
            + " on "
            + RobotName.ofThisMachine());
    String group = "";
    for (Finding each : findings) {
      if (!each.group().equals(group)) {
        group = each.group();
        out.println();
        out.println(terminal.paint(Terminal.Ink.BOLD, "  " + group));
      }
      print(each, out, terminal);
    }
    out.println();
    long broken = count(findings, Verdict.BROKEN);
    long missing = count(findings, Verdict.MISSING);
    String head = broken == 0 ? "Ready" : "Not ready";
    String rest =
        broken == 0
            ? "perception works here on the CPU"
                + (missing == 0
                    ? "."
                    : "; " + missing + " optional " + things(missing) + " missing.")
            : broken + " needed " + things(broken) + " missing or broken, marked ✗ above.";
    List<String> lines = Terminal.wrap(head + ": " + rest, terminal.columns() - 2);
    Terminal.Ink ink = broken == 0 ? Terminal.Ink.GOOD : Terminal.Ink.BAD;
    out.println("  " + terminal.paint(ink, head) + lines.get(0).substring(head.length()));
    lines.stream().skip(1).forEach(line -> out.println("  " + line));
    out.println();
  }

  private static String things(long count) {
    return count == 1 ? "thing is" : "things are";
  }

  private static void print(Finding each, PrintWriter out, Terminal terminal) {
    int width = terminal.columns() - INDENT.length();
    String mark =
        switch (each.verdict()) {
          case OK -> terminal.paint(Terminal.Ink.GOOD, "✓");
          case MISSING -> terminal.paint(Terminal.Ink.FAIR, "○");
          case BROKEN -> terminal.paint(Terminal.Ink.BAD, "✗");
        };
    String lead = "  " + mark + " " + Terminal.padded(each.name(), NAME_WIDTH);
    for (String line : Terminal.wrap(each.value(), width)) {
      out.println(lead + line);
      lead = INDENT;
    }
    if (each.verdict() != Verdict.OK) {
      for (String line : Terminal.wrap("for: " + each.purpose(), width)) {
        out.println(INDENT + terminal.paint(Terminal.Ink.DIM, line));
      }
      for (String line : Terminal.wrap("get: " + each.remedy(), width)) {
        out.println(INDENT + terminal.paint(Terminal.Ink.DIM, line));
      }
    }
  }

  private static long count(List<Finding> findings, Verdict verdict) {
    return findings.stream().filter(each -> each.verdict() == verdict).count();
  }
}
