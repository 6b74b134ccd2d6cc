package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.cli.Terminal;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.recipe.RecipeDraft;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tarsier recipe}: makes recipes. */
@Command(
    name = "recipe",
    description = "Makes a recipe.",
    mixinStandardHelpOptions = true,
    subcommands = RecipeCommand.Init.class)
final class RecipeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** Without a subcommand: says which there are. */
  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "say what to do with recipes: init");
  }

  /** {@code tarsier recipe init}. */
  @Command(
      name = "init",
      description = {
        "Looks at frames, labels and depth, and writes a first recipe that trains on them, with a"
            + " reason for each choice.",
        "Where no --classes are given it writes classes.yaml from what the labels name."
      },
      exitCodeListHeading = "Exit codes:%n",
      exitCodeList = {
        "0:the recipe is there",
        "2:wrong arguments, or data that cannot be used; nothing is written"
      },
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Init implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
        names = "--frames",
        paramLabel = "DIR",
        description =
            "the frames: what tarsier bag export wrote, a data set in a known layout, or a folder of"
                + " images (default: where the labels are)")
    private Path frames;

    @Option(
        names = "--labels",
        paramLabel = "PATH",
        description =
            "what an annotation tool wrote: a folder of masks, the unpacked folder of an export, or"
                + " one file for all frames (default: what lies with the frames)")
    private Path labels;

    @Option(
        names = "--classes",
        paramLabel = "FILE",
        description =
            "classes.yaml; or a tool's labelmap.txt, a list of names, COCO's JSON; or a known set"
                + " such as nyu13 (default: what the labels name)")
    private Path classes;

    @Option(
        names = "--bag",
        paramLabel = "BAG",
        description = "a recording that the frames are of; more than once for several")
    private List<Path> bags = new ArrayList<>();

    @Option(
        names = "--from",
        paramLabel = "BUNDLE|RUN",
        description = "goes on from the weights of a bundle or of an earlier run")
    private String from;

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description = "where the recipe is written (default: ${DEFAULT-VALUE})")
    private Path out = Path.of("recipe.yaml");

    @Option(names = "--force", description = "replaces a recipe that is there, and its lists")
    private boolean force;

    @Override
    public Integer call() {
      try {
        RecipeDraft.run(
            new RecipeDraft.Request(bags, frames, labels, classes, from, out, force),
            System.out,
            Terminal.isInteractive());
        return RobotCommands.OK;
      } catch (ConfigException | DataException | IllegalArgumentException | IOException e) {
        return RobotCommands.fail(spec, e, RobotCommands.CANNOT_RUN);
      }
    }
  }
}
