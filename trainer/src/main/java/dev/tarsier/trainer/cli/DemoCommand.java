package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.LogVolume;
import dev.tarsier.ros.cli.ProgressLine;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.cli.Terminal;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.natives.UserCache;
import dev.tarsier.trainer.demo.Demo;
import dev.tarsier.trainer.demo.DemoProgress;
import dev.tarsier.trainer.demo.DemoRequest;
import dev.tarsier.trainer.demo.DemoResult;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tarsier demo}: a perceived scene in a minute. */
@Command(
    name = "demo",
    description =
        "Shows the whole product on this machine, without ROS, broker, GPU or data: renders a room,"
            + " plays it over TCP topics into the perception node, collects outputs and telemetry,"
            + " scores them against the rendered truth, and writes a report.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:outputs and telemetry came back",
      "1:one of them did not",
      "2:could not be run as asked"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class DemoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "the bundle: a folder, or a name below models/ (default: ${DEFAULT-VALUE})",
      defaultValue = ModelFolder.SHIPPED)
  private String model;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "where the report goes (default: ${DEFAULT-VALUE})",
      defaultValue = "runs/demo")
  private Path out;

  @Option(
      names = "--frames",
      paramLabel = "N",
      description = "of the rendered scene, 15 a second (default: ${DEFAULT-VALUE})",
      defaultValue = "120")
  private int frames;

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      description = "auto, tensorrt, cuda or cpu (default: ${DEFAULT-VALUE})",
      defaultValue = "auto")
  private String provider;

  /** Made by picocli. */
  public DemoCommand() {}

  @Override
  public Integer call() throws Exception {
    LogVolume.onlyErrors();
    Terminal terminal = Terminal.ofThisProcess();
    PrintWriter screen = spec.commandLine().getOut();
    DemoRequest request =
        new DemoRequest(
            ModelFolder.find(model, List.of(Path.of(""), ModelFolder.home())),
            out,
            UserCache.folder("demo"),
            frames,
            640,
            480,
            15,
            20260101L,
            provider,
            SessionOptions.defaultThreads());
    DemoResult result;
    try (ProgressLine line = new ProgressLine(screen, Terminal.isInteractive())) {
      result = Demo.run(request, new Steps(line));
      line.finish();
    }
    DemoTable.print(result, request, screen, terminal);
    screen.flush();
    return result.complete() ? RobotCommands.OK : RobotCommands.NOT_AS_DEMANDED;
  }

  /** Shows each step until the next begins. */
  private static final class Steps implements DemoProgress {
    private final ProgressLine line;
    private Step step;

    Steps(ProgressLine line) {
      this.line = line;
    }

    @Override
    public void at(Step now, long done, long total) {
      if (now != step) {
        line.finish();
        step = now;
        line.begin(now.label(), "frames", done, total);
      }
      line.at(done);
    }
  }
}
