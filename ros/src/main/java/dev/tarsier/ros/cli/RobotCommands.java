package dev.tarsier.ros.cli;

import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.replay.ReplayException;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.logging.VisibleText;
import dev.tarsier.runtime.model.BundleException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.Set;
import javax.imageio.ImageIO;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

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
      EngineCommand.class,
      BagCommand.class,
      HelpCommand.class
    })
public final class RobotCommands {
  /** All is well. */
  public static final int OK = 0;

  /** Ran, and the result is not as it was demanded, such as a gate that does not hold. */
  public static final int NOT_AS_DEMANDED = 1;

  /**
   * Could not be run as asked: wrong arguments, missing files, a bundle that is refused, no
   * provider that works, or not the one that is required.
   */
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
   * Says why the node could not go on that was started without reading its command line.
   *
   * @param e what it threw
   * @return the exit code
   */
  static int nodeFailed(Throwable e) {
    CommandLine line = commandLine(new RobotCommands()).getSubcommands().get("node");
    return e instanceof Exception failure
        ? failed(failure, line)
        : unlinked((UnsatisfiedLinkError) e, line.getCommandSpec());
  }

  /**
   * A command line whose errors are sentences: what a user can mend is told without a stack trace.
   *
   * @param root the command with its subcommands
   */
  public static CommandLine commandLine(Object root) {
    Start.setProcessDefaults();
    // Pictures are put together in memory: the temporary folder may be full.
    ImageIO.setUseCache(false);
    CommandLine line = new CommandLine(root);
    line.setOut(Terminal.standardOutput());
    line.setErr(Terminal.standardError());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    int columns = Terminal.ofThisProcess().columns();
    NarrowHelp.fit(line, columns);
    line.setParameterExceptionHandler((e, arguments) -> misused(e, columns));
    line.setExecutionStrategy(RobotCommands::runLast);
    line.setExecutionExceptionHandler((e, command, parsed) -> failed(e, command));
    return line;
  }

  private static int failed(Exception e, CommandLine command) {
    Exception cause = e instanceof UncheckedIOException io ? io.getCause() : e;
    if (isForTheUser(cause)) {
      return fail(command.getCommandSpec(), cause, CANNOT_RUN);
    }
    if (isEnding(cause)) {
      return CANNOT_RUN;
    }
    command.getErr().println(command.getCommandSpec().qualifiedName() + " failed:");
    e.printStackTrace(command.getErr());
    command.getErr().flush();
    return CANNOT_RUN;
  }

  private static int unlinked(UnsatisfiedLinkError e, CommandSpec command) {
    return fail(command, new IOException(e.getMessage(), e), CANNOT_RUN);
  }

  /** Runs the command that is named last; native libraries that do not load are the user's case. */
  private static int runLast(ParseResult parsed) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } catch (UnsatisfiedLinkError e) {
      ParseResult last = parsed;
      while (last.hasSubcommand()) {
        last = last.subcommand();
      }
      return unlinked(e, last.commandSpec());
    }
  }

  /** Whether it failed since the process was told to end meanwhile, which is no failure to tell. */
  private static boolean isEnding(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof IllegalStateException
          && "Shutdown in progress".equals(cause.getMessage())) {
        return true;
      }
    }
    return false;
  }

  /**
   * Says on one line why a command cannot go on.
   *
   * @param command that fails
   * @param e what a user can mend
   * @param code the exit code
   * @return {@code code}
   */
  public static int fail(CommandSpec command, Exception e, int code) {
    CommandLine line = command.commandLine();
    line.getErr()
        .println(line.getColorScheme().errorText(command.qualifiedName() + ": " + sentence(e)));
    line.getErr().flush();
    return code;
  }

  private static boolean isForTheUser(Exception e) {
    return e instanceof IllegalArgumentException
        || e instanceof ConfigException
        || e instanceof BundleException
        || e instanceof InferenceException
        || e instanceof RosException
        || e instanceof ReplayException
        || e instanceof IOException;
  }

  private static String sentence(Exception e) {
    String text =
        e instanceof FileSystemException file
            ? WholeFile.sentence(file)
            : e.getMessage() == null ? e.toString() : e.getMessage();
    return VisibleText.of(text.strip().replaceAll("\\s*\\R\\s*", " "));
  }

  /** Says what is wrong with the arguments, and how they should be. */
  private static int misused(ParameterException e, int columns) {
    CommandLine line = e.getCommandLine();
    String name = line.getCommandSpec().qualifiedName();
    PrintWriter err = line.getErr();
    err.println(line.getColorScheme().errorText(name + ": " + VisibleText.of(reason(e))));
    if (line.getSubcommands().isEmpty()) {
      err.println();
      err.print(
          "Usage: " + NarrowHelp.synopsis(line.getHelp().synopsis("Usage: ".length()), columns));
      err.println("Try '" + name + " --help' for what each means.");
    } else {
      err.println();
      line.usage(err);
    }
    err.flush();
    return CANNOT_RUN;
  }

  private static String reason(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)
        || unmatched.getUnmatched().isEmpty()) {
      // Picocli says the word twice where a KEY=VALUE is none.
      return String.valueOf(e.getMessage()).replace("for option option ", "for option ");
    }
    CommandLine line = e.getCommandLine();
    String argument = unmatched.getUnmatched().get(0);
    if (argument.startsWith("-")) {
      String option = argument.split("=", 2)[0];
      return "there is no option '"
          + option
          + "'"
          + near(option, line.getCommandSpec().optionsMap().keySet());
    }
    return line.getSubcommands().isEmpty()
        ? "does not take '" + argument + "'"
        : "there is no command '" + argument + "'" + near(argument, line.getSubcommands().keySet());
  }

  private static String near(String given, Set<String> known) {
    return NearestName.question(given, known).orElse("");
  }

  /** The product's version. */
  public static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"Tarsier " + ProductVersion.text()};
    }
  }
}
