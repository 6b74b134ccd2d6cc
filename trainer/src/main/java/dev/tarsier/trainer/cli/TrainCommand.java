package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.cli.ShellWord;
import dev.tarsier.ros.cli.Terminal;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.Setting;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.recipe.RecipeRun;
import dev.tarsier.trainer.run.StopSignal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code tarsier train}: runs a recipe from its data to its bundle. */
@Command(
    name = "train",
    description = {
      "Trains what a recipe says and exports it as a bundle.",
      "What is there already is used, what was begun goes on, what a change touches is made anew."
    },
    mixinStandardHelpOptions = true)
public final class TrainCommand implements Callable<Integer> {
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

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      converter = SettingConverter.class,
      description =
          "a value that counts instead of the recipe's, such as student.epochs=20 or"
              + " student.data[0].per_epoch=500; more than once for several")
  private List<Setting> settings = new ArrayList<>();

  @SuppressWarnings("UnusedVariable") // acts when it is parsed
  @Mixin
  private DeviceOption device;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    return InterruptHook.run(spec, this::run);
  }

  private int run(StopSignal stop) throws IOException, ExportException, InterruptedException {
    RecipeRun.Request request = new RecipeRun.Request(recipe, out, store, resume, settings);
    RecipeRun.Result result = RecipeRun.run(request, stop, System.out, Terminal.isInteractive());
    if (result.finished()) {
      System.out.printf("Done: %s%n", result.folder());
      return RobotCommands.OK;
    }
    System.out.printf(
        "Stopped in %s%s. Continue with: tarsier train %s%s%s%s%n",
        result.stoppedIn(),
        result.stepsDone() == 0 ? "" : " after step " + result.stepsDone(),
        ShellWord.of(recipe),
        out == null ? "" : " --out " + ShellWord.of(out),
        store == null ? "" : " --store " + ShellWord.of(store),
        settings.stream()
            .map(each -> " --set " + ShellWord.of(each))
            .collect(Collectors.joining()));
    return InterruptHook.STOPPED;
  }

  /** Reads a setting; what is wrong with it is a wrong argument. */
  private static final class SettingConverter implements ITypeConverter<Setting> {
    @Override
    public Setting convert(String text) {
      try {
        return Setting.parse(text);
      } catch (ConfigException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
