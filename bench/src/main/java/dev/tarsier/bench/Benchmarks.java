package dev.tarsier.bench;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.node.ModelFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code tarsier bench NAME [ARGUMENTS]}: runs one of the benchmarks, or lists them. Help, wrong
 * arguments and exit codes are as everywhere ({@link RobotCommands}); a benchmark only says what it
 * takes.
 */
@Command(
    name = "tarsier bench",
    description = "Measures Tarsier beside a bound or a peer, in the same run.",
    mixinStandardHelpOptions = true,
    versionProvider = RobotCommands.Version.class,
    subcommands = {
      RuntimeBench.class,
      NodeBench.class,
      ReplayBench.class,
      StartBench.class,
      SteadyBench.class,
      SoakBench.class,
      TransportBench.class,
      BagReadBench.class,
      ExportBench.class,
      TrainStepBench.class,
      BundleBench.class,
      EncoderBench.class,
      PseudoLabelBench.class
    })
public final class Benchmarks implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** Made by picocli. */
  Benchmarks() {}

  /** Runs the benchmark named first with the rest of the arguments. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return RobotCommands.commandLine(new Benchmarks());
  }

  /** Without a name: says which there are. */
  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "say which benchmark");
  }

  /** Reads how many, 1 or more. */
  static final class Count implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      try {
        int count = Integer.parseInt(text);
        if (count > 0) {
          return count;
        }
      } catch (NumberFormatException e) {
        // said below
      }
      throw new TypeConversionException("must be a whole number of 1 or more, got '" + text + "'");
    }
  }

  /**
   * Checks an argument.
   *
   * @throws ParameterException if it is outside, with its name and value
   */
  static void within(CommandSpec spec, String name, int number, int least, int most) {
    if (number < least || number > most) {
      throw new ParameterException(
          spec.commandLine(), "%s must be %d to %d, got '%d'".formatted(name, least, most, number));
    }
  }

  /** The folder of a bundle, by its path or its name below {@code models/}. */
  static Path bundle(String name) {
    return ModelFolder.find(name, List.of(Path.of(""), ModelFolder.home()));
  }
}
