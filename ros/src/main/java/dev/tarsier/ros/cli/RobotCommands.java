package dev.tarsier.ros.cli;

import dev.tarsier.ros.bag.BagException;
import dev.tarsier.ros.graph.RosException;
import dev.tarsier.ros.replay.ReplayException;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.model.BundleException;
import java.nio.file.FileSystemException;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The commands of a robot, and how every command ends: 0 when all is well, 1 when a result is not
 * as it was demanded, 2 when it could not be run as asked, 3 when what it read is damaged.
 */
@Command(
    name = "tarsier",
    description = "One RGB camera in; per-pixel classes and metric depth out.",
    mixinStandardHelpOptions = true,
    versionProvider = RobotCommands.Version.class,
    subcommands = {
      NodeCommand.class,
      ReplayCommand.class,
      DoctorCommand.class,
      BagCommand.class,
      CommandLine.HelpCommand.class
    })
public final class RobotCommands {
  /** All is well. */
  public static final int OK = 0;

  /** Ran, and the result is not as it was demanded, such as a gate that does not hold. */
  public static final int NOT_AS_DEMANDED = 1;

  /** Could not be run as asked: wrong arguments, missing files, a bundle that is refused. */
  public static final int CANNOT_RUN = 2;

  /** Ran on what is whole of a damaged input. */
  public static final int DAMAGED = 3;

  /** Made by picocli. */
  public RobotCommands() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(commandLine(new RobotCommands()).execute(arguments));
  }

  /**
   * A command line whose errors are sentences: what a user can mend is told without a stack trace.
   *
   * @param root the command with its subcommands
   */
  public static CommandLine commandLine(Object root) {
    // One form of numbers for people and programs: a robot's locale may have digits of its own.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    CommandLine line = new CommandLine(root);
    line.setOut(Terminal.standardOutput());
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          if (isForTheUser(e)) {
            command
                .getErr()
                .println(
                    command
                        .getColorScheme()
                        .errorText("tarsier " + command.getCommandName() + ": " + sentence(e)));
          } else {
            command.getErr().println("tarsier " + command.getCommandName() + " failed:");
            e.printStackTrace(command.getErr());
          }
          return CANNOT_RUN;
        });
    return line;
  }

  private static boolean isForTheUser(Exception e) {
    return e instanceof IllegalArgumentException
        || e instanceof ConfigException
        || e instanceof BundleException
        || e instanceof InferenceException
        || e instanceof BagException
        || e instanceof RosException
        || e instanceof ReplayException
        || e instanceof FileSystemException;
  }

  private static String sentence(Exception e) {
    return e instanceof FileSystemException ? "cannot use " + e : e.getMessage();
  }

  /** The product's version. */
  public static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"Tarsier " + ProductVersion.text()};
    }
  }
}
