package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.BagCommand;
import dev.tarsier.ros.cli.DoctorCommand;
import dev.tarsier.ros.cli.EngineCommand;
import dev.tarsier.ros.cli.HelpCommand;
import dev.tarsier.ros.cli.NodeCommand;
import dev.tarsier.ros.cli.ReplayCommand;
import dev.tarsier.ros.cli.RobotCommands;
import picocli.CommandLine.Command;

/** All commands of a workstation: a robot's, and those that train, render and show. */
@Command(
    name = "tarsier",
    description = "One RGB camera in; per-pixel classes and metric depth out.",
    mixinStandardHelpOptions = true,
    versionProvider = RobotCommands.Version.class,
    subcommands = {
      DataCommand.class,
      DemoCommand.class,
      DoctorCommand.class,
      EngineCommand.class,
      ExperimentCommand.class,
      ImportCommand.class,
      NodeCommand.class,
      QuantizeCommand.class,
      RecipeCommand.class,
      ReplayCommand.class,
      ScoreCommand.class,
      SynthCommand.class,
      TrainCommand.class,
      BagCommand.class,
      HelpCommand.class
    })
public final class Tarsier {
  /** Made by picocli. */
  public Tarsier() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(RobotCommands.commandLine(new Tarsier()).execute(arguments));
  }
}
