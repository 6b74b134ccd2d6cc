package dev.tarsier.ros.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code tarsier help bag export}: what {@code tarsier bag export --help} says. */
@Command(name = "help", description = "Says what a command does and takes.", helpCommand = true)
public final class HelpCommand implements Runnable {
  @Parameters(arity = "0..*", paramLabel = "COMMAND", description = "such as bag export")
  private List<String> names = new ArrayList<>();

  @Spec private CommandSpec spec;

  /** Made by picocli. */
  public HelpCommand() {}

  @Override
  public void run() {
    CommandLine line = spec.commandLine().getParent();
    for (String name : names) {
      CommandLine next = line.getSubcommands().get(name);
      if (next == null) {
        throw new UnmatchedArgumentException(line, List.of(name));
      }
      line = next;
    }
    line.usage(spec.commandLine().getOut());
  }
}
