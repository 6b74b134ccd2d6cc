package dev.tarsier.ros.cli;

import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.frames.ExportOptions;
import dev.tarsier.ros.frames.FrameExport;
import dev.tarsier.ros.frames.Split;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.replay.ReplayException;
import dev.tarsier.ros.replay.TopicRequest;
import dev.tarsier.ros.truth.Calibrations;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.inference.NetworkChoice;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.logging.VisibleText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tarsier bag export}: frames out of a recording, to label and to train on. */
@Command(
    name = "export",
    description =
        "Writes frames of a recording as files: rgb/STAMP.png or .jpg, depth/STAMP.png (16 bit,"
            + " millimetres, 0 unknown, in the images' camera), camera.yaml, and lists of frames in"
            + " splits/. Go on with an export that was broken off by the same command.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the frames are there",
      "2:could not be done as asked",
      "3:the bag is damaged; what is whole was exported"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BagExportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "BAG",
      description = "the bag, or several; all are one recording, in the order of time")
  private List<Path> bags;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "where the frames go; a folder that holds something else is left alone")
  private Path out;

  @Option(
      names = "--every",
      paramLabel = "TIME",
      converter = Seconds.class,
      description =
          "one frame for so much time, with depth where there is any; 0 for all (default:"
              + " ${DEFAULT-VALUE})",
      defaultValue = "0.5s")
  private double every;

  @Option(
      names = "--topics",
      paramLabel = "TOPIC",
      split = ",",
      description =
          "images, depth, calibration, told apart by what they hold; the same as --image, --depth"
              + " and --camera-info (default: guessed)")
  private List<String> topics = new ArrayList<>();

  @Mixin private TopicOptions named;

  @Option(
      names = "--labels",
      paramLabel = "TOPIC",
      description = "class ids, mono8, to labels/STAMP.png (default: none)")
  private String labels;

  @Option(
      names = "--tolerance",
      paramLabel = "TIME",
      converter = Seconds.InMillis.class,
      description =
          "largest difference of stamps between an image and its depth (default: ${DEFAULT-VALUE} ms)",
      defaultValue = "" + ExportOptions.DEFAULT_TOLERANCE_MILLIS)
  private double toleranceMillis;

  @Option(
      names = "--jpeg",
      paramLabel = "QUALITY",
      description =
          "raw images become JPEG files of this quality, 1 to 100 (default: PNG; what the camera"
              + " sent as JPEG stays as it is)")
  private Integer jpeg;

  @Option(
      names = "--split",
      paramLabel = "SHARE",
      description =
          "share of the recording for splits/train.txt, the rest is for splits/val.txt; 1 for no"
              + " split (default: 0.8)")
  private Double split;

  @Option(
      names = "--gap",
      paramLabel = "TIME",
      converter = Seconds.class,
      description = "frames nearer to validation are in neither list (default: 5s)")
  private Double gap;

  @Option(
      names = "--split-by",
      paramLabel = "time|bag",
      description =
          "whether the last part in time or the last whole bags are for validation (default:"
              + " ${DEFAULT-VALUE})",
      defaultValue = "time")
  private Split.By splitBy;

  @Option(
      names = "--uncertain",
      paramLabel = "N",
      description =
          "only the N frames on which the bundle is least sure, spread over time and appearance:"
              + " what to label next; all scores go to scores.csv")
  private Integer uncertain;

  @Option(
      names = {"--bundle", "--model"},
      paramLabel = "DIR",
      description =
          "for --uncertain: a folder, or a name below models/ (default: "
              + ModelFolder.SHIPPED
              + ")")
  private String model;

  @Mixin private ProviderOptions computes;

  BagExportCommand() {}

  @Override
  public Integer call() throws Exception {
    if (model != null && uncertain == null) {
      throw new ParameterException(
          spec.commandLine(),
          "--bundle goes with --uncertain N: the N frames on which that bundle is least sure");
    }
    ExportOptions options =
        new ExportOptions(
            bags,
            out,
            request(),
            Math.round(every * 1e9),
            toleranceMillis,
            new Split.Rule(
                splitBy,
                split == null ? 0.8 : split,
                Math.round((gap == null ? 5 : gap) * 1e9),
                split != null || gap != null),
            jpeg == null ? OptionalInt.empty() : OptionalInt.of(jpeg),
            uncertain == null ? Optional.empty() : Optional.of(uncertain()));
    FrameExport.Result result = run(options);
    print(result);
    return result.damage().isEmpty() ? RobotCommands.OK : RobotCommands.DAMAGED;
  }

  private ExportOptions.Uncertain uncertain() {
    SessionOptions session = computes.session("cpu");
    return new ExportOptions.Uncertain(
        uncertain,
        ModelFolder.find(
            model == null ? ModelFolder.SHIPPED : model, List.of(Path.of(""), ModelFolder.home())),
        NetworkChoice.FLOAT,
        session);
  }

  /** What the user names, sorted by what it holds. */
  private TopicRequest request() throws IOException, ReplayException {
    if (!topics.isEmpty()) {
      try (Recording bag = Recording.open(bags)) {
        List<String> calibrations = Calibrations.topics(bag);
        List<ImageStream> images = ImageStream.of(bag);
        for (String topic : topics) {
          sort(topic.strip(), images, calibrations);
        }
      }
    }
    return named.request(labels);
  }

  private void sort(String topic, List<ImageStream> images, List<String> calibrations)
      throws ReplayException {
    Optional<ImageStream> stream =
        images.stream()
            .filter(
                each ->
                    Stream.of("", "/compressedDepth", "/compressed")
                        .anyMatch(
                            end ->
                                Selection.bare(each.topic()).equals(Selection.bare(topic) + end)))
            .findFirst();
    if (calibrations.stream()
        .anyMatch(each -> Selection.bare(each).equals(Selection.bare(topic)))) {
      named.cameraInfo = one("calibrations", named.cameraInfo, topic);
    } else if (stream.isEmpty()) {
      List<String> all =
          Stream.concat(images.stream().map(ImageStream::topic), calibrations.stream()).toList();
      throw new ReplayException(
          "--topics %s: there is no such topic of images or calibration%s"
              .formatted(
                  topic,
                  NearestName.question(topic, all)
                      .orElse("; there are " + String.join(", ", all))));
    } else if (stream.get().content() == ImageStream.Content.DEEP) {
      named.depth = one("depth topics", named.depth, topic);
    } else {
      named.image = one("image topics", named.image, topic);
    }
  }

  private static String one(String what, String before, String topic) throws ReplayException {
    if (before != null && !before.equals(topic)) {
      throw new ReplayException("%s and %s are both %s; name one".formatted(before, topic, what));
    }
    return topic;
  }

  private static FrameExport.Result run(ExportOptions options) throws Exception {
    try (ProgressLine line = ProgressLine.onStandardError()) {
      String[] before = {""};
      return FrameExport.run(
          options,
          (what, unit, done, total) -> {
            if (!what.equals(before[0])) {
              before[0] = what;
              line.begin(what, unit, 0, total);
            }
            line.at(done);
          });
    }
  }

  private void print(FrameExport.Result result) {
    PrintWriter to = spec.commandLine().getOut();
    if (result.alreadyThere()) {
      to.println(out + " has all of this export already.");
      to.flush();
      return;
    }
    to.println(
        VisibleText.of(
            String.format(
                Locale.ROOT,
                "%s: %d frame%s, %d with depth",
                out,
                result.frames(),
                result.frames() == 1 ? "" : "s",
                result.withDepth())));
    result.taken().forEach(line -> to.println("  taken     " + VisibleText.of(line)));
    result
        .split()
        .ifPresent(
            lists ->
                to.printf(
                    Locale.ROOT,
                    "  split     %d to train on, %d to validate on, %d between them in neither%n",
                    lists.train().size(),
                    lists.val().size(),
                    lists.unused()));
    result.notes().forEach(line -> to.println("  note      " + VisibleText.of(line)));
    if (!result.damage().isEmpty()) {
      to.println("  DAMAGED   " + VisibleText.of(result.damage()));
    }
    to.flush();
  }
}
