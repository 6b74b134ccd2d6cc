package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.cli.Terminal;
import dev.tarsier.trainer.recipe.DataInventory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tarsier data}: looks at data before it is trained on. */
@Command(
    name = "data",
    description = "Looks at the data of a recipe.",
    mixinStandardHelpOptions = true,
    subcommands = DataCommand.Check.class)
final class DataCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** Without a subcommand: says which there are. */
  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "say what to do with the data: check");
  }

  /** {@code tarsier data check RECIPE}. */
  @Command(
      name = "check",
      description = {
        "Says what is in the data of a recipe and what is wrong with it, and trains nothing.",
        "Frames, sizes, classes and depth of each part; labels and depth that match no image; images"
            + " that are there twice; frames that are trained on and judged by, or are less than a"
            + " second apart; and a page with pictures of some frames, labels and depth."
      },
      exitCodeListHeading = "Exit codes:%n",
      exitCodeList = {
        "0:nothing is wrong",
        "1:something is wrong with the data, and is listed",
        "2:wrong arguments, or a recipe that cannot be read"
      },
      mixinStandardHelpOptions = true)
  static final class Check implements Callable<Integer> {
    private static final int WRONG = 1;

    @Parameters(paramLabel = "RECIPE", description = "the recipe, a YAML file")
    private Path recipe;

    @Option(
        names = "--page",
        paramLabel = "FILE",
        description = "where the page is written (default: the recipe's name and -data.html)")
    private Path page;

    @Override
    public Integer call() throws IOException {
      Path file = recipe.getFileName();
      String name = file == null ? "recipe" : file.toString().replaceFirst("\\.ya?ml$", "");
      boolean right =
          DataInventory.run(
              recipe,
              page == null ? Path.of(name + "-data.html") : page,
              System.out,
              Terminal.isInteractive());
      return right ? RobotCommands.OK : WRONG;
    }
  }
}
