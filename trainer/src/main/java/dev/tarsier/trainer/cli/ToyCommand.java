package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.ProgressLine;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.trainer.experiment.ToyExperiment;
import dev.tarsier.trainer.experiment.ToyResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tarsier experiment toy}: the paper's toy example. */
@Command(
    name = "toy",
    description =
        "Runs the paper's toy example: two functions, one known at few places. Prints the protocol"
            + " and mean ± standard deviation beside the paper's figures.",
    mixinStandardHelpOptions = true)
final class ToyCommand implements Callable<Integer> {
  @Option(names = "--seeds", description = "independent trials (default: ${DEFAULT-VALUE})")
  private int seeds = ToyExperiment.Protocol.STANDARD.seeds();

  @Option(names = "--steps", description = "of each network (default: ${DEFAULT-VALUE})")
  private int steps = ToyExperiment.Protocol.STANDARD.steps();

  @Option(names = "--out", description = "folder (default: ${DEFAULT-VALUE})")
  private Path out = Path.of("runs", "toy");

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    try {
      ToyExperiment.Protocol standard = ToyExperiment.Protocol.STANDARD;
      ToyExperiment.Protocol protocol =
          new ToyExperiment.Protocol(seeds, steps, standard.batch(), standard.learningRate());
      ToyResult result;
      try (ProgressLine line = ProgressLine.onStandardError()) {
        line.begin("toy", "steps", 0, protocol.allSteps());
        result = ToyExperiment.run(protocol, line::at);
      }
      result.write(out);
      spec.commandLine().getOut().print(result.text());
      spec.commandLine().getOut().printf("%nWritten: %s%n", out.resolve("toy.html"));
      spec.commandLine().getOut().flush();
      return 0;
    } catch (IOException e) {
      return RobotCommands.fail(spec, e, RobotCommands.NOT_AS_DEMANDED);
    }
  }
}
