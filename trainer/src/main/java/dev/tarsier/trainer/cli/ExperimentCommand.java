package dev.tarsier.trainer.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tarsier experiment}: measures the method, over seeds, beside the paper's values. */
@Command(
    name = "experiment",
    description = "Measures the method over seeds, beside the paper's values.",
    mixinStandardHelpOptions = true,
    subcommands = {
      ToyCommand.class,
      TableCommand.class,
      AffinityCommand.class,
      CurveCommand.class,
      CommandLine.HelpCommand.class
    })
public final class ExperimentCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "say which experiment: toy, table, affinity or curve");
  }
}
