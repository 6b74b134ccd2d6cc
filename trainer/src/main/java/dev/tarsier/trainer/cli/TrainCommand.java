package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.cli.Terminal;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.recipe.RecipeRun;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.training.TrainingException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tarsier train}: runs a recipe from its data to its bundle. */
@Command(
    name = "train",
    description = {
      "Trains what a recipe says and exports it as a bundle.",
      "What is there already is used, what was begun goes on, what a change touches is made anew."
    },
    mixinStandardHelpOptions = true)
public final class TrainCommand implements Callable<Integer> {
  /** The recipe or its data is wrong. */
  private static final int WRONG_INPUT = 2;

  /** Stopped before its end; it can be continued. */
  private static final int STOPPED = 130;

  @Parameters(paramLabel = "RECIPE", description = "the recipe, a YAML file")
  private Path recipe;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "the run's folder (default: runs/ and the recipe's name)")
  private Path out;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description =
          "where stages lie; recipes that share it share teachers"
              + " (default: stages/ in the run's folder)")
  private Path store;

  @Option(
      names = "--resume",
      description = "go on where the run in the folder stands; so it does without, too")
  private boolean resume;

  @SuppressWarnings("UnusedVariable") // acts when it is parsed
  @Mixin
  private DeviceOption device;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    StopSignal stop = new StopSignal();
    InterruptHook hook = InterruptHook.on(stop);
    try {
      RecipeRun.Request request = new RecipeRun.Request(recipe, out, store, resume);
      RecipeRun.Result result = RecipeRun.run(request, stop, System.out, Terminal.isInteractive());
      if (result.finished()) {
        System.out.printf("Done: %s%n", result.folder());
        return 0;
      }
      System.out.printf(
          "Stopped in %s after step %d. Continue with: tarsier train %s%s%s%n",
          result.stoppedIn(),
          result.stepsDone(),
          recipe,
          out == null ? "" : " --out " + out,
          store == null ? "" : " --store " + store);
      return STOPPED;
    } catch (ConfigException | DataException | IllegalArgumentException e) {
      return fail(e, WRONG_INPUT);
    } catch (IOException | ExportException | TrainingException e) {
      return fail(e, 1);
    } finally {
      hook.close();
    }
  }

  private int fail(Exception e, int code) {
    return RobotCommands.fail(spec, e, code);
  }
}
