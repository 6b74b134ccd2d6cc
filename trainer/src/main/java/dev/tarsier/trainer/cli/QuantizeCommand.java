package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.cli.Terminal;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.ProvenSession;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.trainer.quantisation.Int8Options;
import dev.tarsier.trainer.quantisation.RangeRule;
import dev.tarsier.trainer.recipe.Quantisation;
import dev.tarsier.trainer.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code tarsier quantize}: gives a bundle an int8 network for processors. */
@Command(
    name = "quantize",
    description = {
      "Adds an int8 network to a bundle, beside the float one, for robots without a GPU.",
      "Ranges are found on the recipe's training images; what is lost is measured on its"
          + " validation data, and a network that loses too much is refused.",
      "What is not given is as the recipe's export.int8 says, or its default."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the network is in the bundle",
      "1:it is refused, with the figures; the bundle is as it was",
      "2:wrong arguments, a bundle that is refused, or another recipe than the bundle's"
    },
    mixinStandardHelpOptions = true)
final class QuantizeCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "BUNDLE",
      description = "the bundle: a folder, or a name below models/; the network is added to it")
  private String bundle;

  @Option(
      names = "--recipe",
      paramLabel = "RECIPE",
      required = true,
      description = "the recipe whose student the bundle holds; names training and validation data")
  private Path recipe;

  @Option(
      names = "--frames",
      paramLabel = "N",
      description = "training images that ranges are found on (default: 64)")
  private Integer frames;

  @Option(names = "--seed", paramLabel = "S", description = "draws the images (default: 1)")
  private Long seed;

  @Option(
      names = "--range",
      paramLabel = "RULE",
      converter = RangeRuleName.class,
      description =
          "how ranges follow from what is seen: min_max, percentile or mse (default: mse)")
  private RangeRule range;

  @Option(
      names = "--keep-float",
      paramLabel = "PREFIX",
      split = ",",
      description = "layers whose names begin so stay float, such as heads.; may be given again")
  private List<String> keepFloat;

  @Option(
      names = "--max-miou-lost",
      paramLabel = "POINTS",
      description = "of mIoU, 0 to 100, that classes may lose (default: 1.0)")
  private Double maxMiouLost;

  @Option(
      names = "--max-percent-lost",
      paramLabel = "PERCENT",
      description = "that other outputs may be worse by, such as depth's rmse (default: 2.0)")
  private Double maxPercentLost;

  @Spec private CommandSpec spec;

  /** Reads a rule by the name that recipes have for it. */
  static final class RangeRuleName implements ITypeConverter<RangeRule> {
    @Override
    public RangeRule convert(String name) {
      return Arrays.stream(RangeRule.values())
          .filter(rule -> rule.id().equals(name))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "must be min_max, percentile or mse, got '" + name + "'"));
    }
  }

  @Override
  public Integer call()
      throws IOException, BundleException, InferenceException, InterruptedException {
    Path folder = ModelFolder.find(bundle, List.of(Path.of(""), ModelFolder.home()));
    Recipe read = Recipe.read(recipe);
    Int8Options options = options(read);
    Bundle loaded = Bundle.load(folder);
    requireGoldenFrames(loaded);
    return InterruptHook.withoutWaiting(
        spec,
        stop -> {
          String sha256 =
              Quantisation.run(loaded, recipe, read, options, System.out, Terminal.isInteractive())
                  .modelSha256();
          System.out.printf("Done: %s has an int8 network, sha256 %s%n", folder, sha256);
          return RobotCommands.OK;
        });
  }

  private Int8Options options(Recipe read) {
    Int8Options said = read.export().int8() == null ? Int8Options.DEFAULT : read.export().int8();
    return new Int8Options(
        or(frames, said.frames()),
        or(seed, said.seed()),
        or(range, said.range()),
        said.correctBias(),
        said.firstFloat(),
        or(keepFloat, said.keepFloat()),
        or(maxMiouLost, said.maxMiouLost()),
        or(maxPercentLost, said.maxPercentLost()));
  }

  /** What does not compute what it says would be measured, and marked as sound, for nothing. */
  private static void requireGoldenFrames(Bundle bundle)
      throws BundleException, InferenceException {
    ProvenSession.open(
            bundle,
            SessionOptions.of(ProviderPreference.cpu()),
            InferenceEngine.usual(),
            ProvenSession.Building.LATER,
            ProvenSession.BuildListener.NONE)
        .session()
        .close();
  }

  private static <T> T or(T given, T otherwise) {
    return given == null ? otherwise : given;
  }
}
