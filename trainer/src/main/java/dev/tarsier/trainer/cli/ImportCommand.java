package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.ProgressLine;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.cli.ShellWord;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.onnx.ImportOptions;
import dev.tarsier.trainer.onnx.ModelImport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tarsier import}: makes a bundle of someone else's ONNX file. */
@Command(
    name = "import",
    description = {
      "Makes a bundle of an ONNX file that segments, estimates depth, or both.",
      "What the file, its metadata, and config.json and preprocessor_config.json beside it say is"
          + " read; a test run finds the shapes; what is left open is asked for by name.",
      "The bundle is kept only where it gives what the network gives by itself."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the bundle is there",
      "1:the file is refused, or more must be told; nothing is left behind",
      "2:wrong arguments"
    },
    mixinStandardHelpOptions = true)
final class ImportCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL.onnx", description = "the file; weights beside it are read too")
  private Path model;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      required = true,
      description = "where the bundle goes, such as models/mine; an older bundle is replaced")
  private Path out;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "of the bundle (default: the folder's)")
  private String name;

  @Option(
      names = "--bundle-version",
      paramLabel = "VERSION",
      defaultValue = "1",
      description = "of the bundle's content (default: 1)")
  private String version;

  @Option(
      names = {"--licence", "--license"},
      paramLabel = "NAME",
      description = "of the network, for its card; 'unknown' where that is so")
  private String licence;

  @Option(
      names = "--input-size",
      paramLabel = "WxH",
      description = "width x height of the input, where the file leaves it open, such as 320x240")
  private String inputSize;

  @Option(names = "--layout", paramLabel = "LAYOUT", description = "of the input: NCHW or NHWC")
  private String layout;

  @Option(
      names = "--order",
      paramLabel = "ORDER",
      description = "of the colours as the network takes them: RGB or BGR")
  private String order;

  @Option(
      names = {"--normalize", "--normalise"},
      paramLabel = "NAME",
      description = "how pixels are scaled: imagenet, 0..1, -1..1 or 0..255 (as they are)")
  private String normalise;

  @Option(
      names = "--scale",
      paramLabel = "S",
      description =
          "input = (pixel * S - mean) / std; such as 1/255. Where it is not given and mean or std"
              + " are above 1 it is 1, else 1/255")
  private String scale;

  @Option(
      names = "--mean",
      paramLabel = "A,B,C",
      split = "[,\\s]+",
      hideParamSyntax = true,
      description = "of each channel, in the order that the network takes them")
  private double[] mean;

  @Option(
      names = "--std",
      paramLabel = "A,B,C",
      split = "[,\\s]+",
      hideParamSyntax = true,
      description = "standard deviation of each channel, in that order")
  private double[] std;

  @Option(
      names = "--output",
      paramLabel = "NAME:MEANING[:ID]",
      description =
          "an output to take, what it says, and what to call it; may be given again. MEANING:"
              + " classes (scores or ids), mask (probability of one class), mask-logits, metric"
              + " (metres), relative (larger is farther), disparity (larger is nearer), yolo")
  private List<String> outputs;

  @Option(
      names = "--classes",
      paramLabel = "FILE|SET|N",
      description =
          "names of the classes: a text with one on a line, a YAML or JSON file with names (and"
              + " colors), a known set such as cityscapes19, or how many there are")
  private String classes;

  @Option(
      names = "--threshold",
      paramLabel = "T",
      description = "a mask is what is above it (default: 0.5, of logits 0)")
  private Double threshold;

  @Option(
      names = "--score",
      paramLabel = "S",
      defaultValue = "0.25",
      description = "of YOLO: instances that are less certain are left out (default: 0.25)")
  private double score;

  @Option(
      names = "--overlap",
      paramLabel = "IOU",
      defaultValue = "0.7",
      description = "of YOLO: of boxes that overlap more, one stays (default: 0.7)")
  private double overlap;

  @Option(
      names = "--max-depth",
      paramLabel = "METRES",
      description = "the largest depth that it says, for the manifest")
  private Double maxDepth;

  @Option(
      names = "--intrinsics",
      paramLabel = "FX,FY,CX,CY",
      split = "[,\\s]+",
      hideParamSyntax = true,
      description = "of the camera of its training, in pixels of the input, where that is known")
  private double[] intrinsics;

  @Option(
      names = "--config",
      paramLabel = "FOLDER",
      description = "with config.json and preprocessor_config.json, where they are not beside it")
  private Path config;

  @Option(
      names = "--pictures",
      paramLabel = "FOLDER",
      description =
          "pictures to compare on; the first four become golden frames (default: rendered rooms)")
  private Path pictures;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    return InterruptHook.withoutWaiting(spec, stop -> run());
  }

  private int run() throws IOException, ExportException {
    long began = System.nanoTime();
    ImportOptions options = options();
    if (Files.isRegularFile(out.resolve(BundleManifest.FILE))) {
      System.out.printf("Replaces the bundle in %s, if all goes well%n", out);
    }
    try (ProgressLine progress = ProgressLine.onStandardError()) {
      ModelImport.Outcome outcome =
          ModelImport.run(
              model,
              options,
              out,
              new ModelImport.Listener() {
                private boolean begun;

                @Override
                public void note(String message) {
                  progress.say("  " + message);
                }

                @Override
                public void compared(int done, int total) {
                  if (!begun) {
                    progress.begin("comparing", "pictures", 0, total);
                    begun = true;
                  }
                  progress.at(done);
                }
              });
      progress.end();
      System.out.printf("Compared with the original, %s%n", outcome.agreement());
      System.out.printf(
          java.util.Locale.ROOT,
          "Done in %.1f s: %s, sha256 %s%nTry: tarsier node --model=%s image:=/your/image%n",
          (System.nanoTime() - began) / 1e9,
          out,
          outcome.modelSha256(),
          ShellWord.of(out.toAbsolutePath().normalize()));
      return RobotCommands.OK;
    }
  }

  private ImportOptions options() {
    ImportOptions.InputSize size = inputSize == null ? null : ImportOptions.InputSize.of(inputSize);
    if (intrinsics != null && intrinsics.length != 4) {
      throw new IllegalArgumentException(
          "--intrinsics must be 4 numbers with commas between, got " + intrinsics.length);
    }
    return new ImportOptions(
        name != null ? name : out.toAbsolutePath().normalize().getFileName().toString(),
        version,
        licence,
        size == null ? null : size.width(),
        size == null ? null : size.height(),
        layout,
        order,
        normalise,
        scale == null ? null : ImportOptions.fraction(scale),
        mean,
        std,
        outputs,
        classes,
        threshold,
        score,
        overlap,
        maxDepth,
        intrinsics == null
            ? null
            : new Intrinsics(intrinsics[0], intrinsics[1], intrinsics[2], intrinsics[3]),
        config,
        pictures);
  }
}
