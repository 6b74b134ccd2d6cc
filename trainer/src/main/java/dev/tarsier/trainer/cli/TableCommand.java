package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.cli.Terminal;
import dev.tarsier.trainer.experiment.Plan;
import dev.tarsier.trainer.experiment.Study;
import dev.tarsier.trainer.experiment.TableFiles;
import dev.tarsier.trainer.experiment.TableResult;
import dev.tarsier.trainer.experiment.TableRun;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tarsier experiment table}: the rows of a study over seeds, one table. */
@Command(
    name = "table",
    description =
        "Trains the rows of a study, each with several seeds, and draws their table. What is there"
            + " already is not made again; the same command goes on where it was stopped.",
    mixinStandardHelpOptions = true)
class TableCommand implements Callable<Integer> {
  private static final String ALL = "all";
  private static final Pattern SIZE = Pattern.compile("(\\d{2,4})[x×](\\d{2,4})");

  @Option(
      names = "--study",
      paramLabel = "FILE",
      description =
          "rows and recipes: a file, or the name of one in trainer/recipes/experiments, such as"
              + " nyu-balancing (default: this command's own)")
  private Path study;

  @Option(
      names = "--classes",
      paramLabel = "13|40",
      description =
          "how many classes of NYUDv2, or a class set such as nyu13 (default: the study's)")
  private String classes;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      split = ",",
      description = "seeds, with commas between (default: the study's)")
  private List<Long> seeds = List.of();

  @Option(
      names = "--rows",
      paramLabel = "ROW",
      split = ",",
      description =
          "rows, with commas between, or all that the study says (default: all but the extra ones); "
              + "ROW-VARIANT is what the study's variant makes of a row")
  private List<String> rows = List.of();

  @Option(
      names = "--network",
      paramLabel = "NAME",
      description = "one of the study's, such as edge (default: its first)")
  private String network;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      description = "of the network's input, such as 240x320 (default: the study's)")
  private String size;

  @Option(
      names = "--crop",
      paramLabel = "HxW",
      description =
          "networks are trained on such parts of their input, which is quicker; they are judged on"
              + " whole frames (default: the study's)")
  private String crop;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "of each training, before a row's factor (default: the study's)")
  private Long steps;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "the experiment's folder (default: runs/ and the study's name, network, classes and size)")
  private Path out;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description =
          "where trained networks lie; experiments that share it share teachers"
              + " (default: runs/stages)")
  private Path store = Path.of("runs", "stages");

  @Option(names = "--render-only", description = "draws the table from what is there")
  private boolean renderOnly;

  @SuppressWarnings("UnusedVariable") // acts when it is parsed
  @Mixin
  private DeviceOption device;

  @Spec private CommandSpec spec;

  /** The study's file name without --study. */
  String standard() {
    return "nyu-table.yaml";
  }

  /** The rows without --rows: those that are somebody's, not further ones of ours. */
  List<String> usualRows(Study study) {
    return study.rows().stream().filter(row -> !row.extra()).map(Study.Row::name).toList();
  }

  /**
   * Which rows are asked for; none for all.
   *
   * @param given after --rows
   */
  List<String> rows(List<String> given, Study study) {
    if (given.isEmpty()) {
      return usualRows(study);
    }
    return given.equals(List.of(ALL)) ? List.of() : given;
  }

  @Override
  public Integer call() throws InterruptedException {
    return InterruptHook.run(spec, this::run);
  }

  private int run(StopSignal stop) throws IOException, ExportException, InterruptedException {
    Path file =
        study == null
            ? shipped(standard())
            : Files.exists(study) || study.getNameCount() > 1 || study.toString().endsWith(".yaml")
                ? study
                : shipped(study + ".yaml");
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(
          "--study %s: there is no such file, and %s ship"
              .formatted(study, String.join(", ", shippedNames())));
    }
    Study study = Study.read(file);
    Plan plan = Plan.of(study, file.getFileName().toString(), choice(study));
    Path folder = out != null ? out : Path.of("runs", name(file, plan));
    List<String> failures = List.of();
    if (!renderOnly) {
      failures =
          TableRun.run(
                  new TableRun.Request(plan, file, folder, store),
                  stop,
                  System.out,
                  Terminal.isInteractive())
              .failures();
      if (stop.asked()) {
        System.out.printf(
            "Stopped; the same command goes on where it stands. Folder: %s%n", folder);
        return InterruptHook.STOPPED;
      }
      failures.forEach(failure -> System.err.println("failed: " + failure));
    }
    finish(plan, folder);
    return failures.isEmpty() ? RobotCommands.OK : RobotCommands.NOT_AS_DEMANDED;
  }

  /** Draws and tells what there is. */
  void finish(Plan plan, Path folder) throws IOException {
    TableResult table = TableFiles.write(plan, folder);
    System.out.println();
    System.out.print(TableFiles.text(table));
    System.out.printf("%nWritten: %s%n", folder.resolve("table.html"));
  }

  private static List<String> shippedNames() throws IOException {
    Path folder = shipped("").normalize();
    if (!Files.isDirectory(folder)) {
      return List.of("none");
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(each -> each.getFileName().toString())
          .filter(each -> each.endsWith(".yaml"))
          .map(each -> each.substring(0, each.length() - ".yaml".length()))
          .sorted()
          .toList();
    }
  }

  private static Path shipped(String name) {
    Path inTree = Path.of("trainer", "recipes", "experiments", name);
    String home = System.getProperty("tarsier.home");
    return Files.exists(inTree) || home == null ? inTree : Path.of(home).resolve(inTree);
  }

  private Plan.Choice choice(Study study) {
    String set = classes == null ? null : classes.matches("\\d+") ? "nyu" + classes : classes;
    if (set != null && ClassSet.all().stream().noneMatch(each -> each.id().equals(set))) {
      throw new IllegalArgumentException(
          "--classes must be 13, 40 or one of %s, got '%s'"
              .formatted(ClassSet.all().stream().map(ClassSet::id).toList(), classes));
    }
    return new Plan.Choice(
        network,
        set,
        size("--size", size),
        size("--crop", crop),
        steps(),
        seeds,
        rows(rows, study));
  }

  /** 0 for the study's. */
  private long steps() {
    if (steps != null && steps < 1) {
      throw new IllegalArgumentException("--steps must be 1 or more, got " + steps);
    }
    return steps == null ? 0 : steps;
  }

  private static Size size(String option, String text) {
    if (text == null) {
      return null;
    }
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "%s must be height x width, such as 120x160, each at least 32, got '%s'"
              .formatted(option, text));
    }
    return new Size(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  private static String name(Path file, Plan plan) {
    String base = file.getFileName().toString();
    int dot = base.lastIndexOf('.');
    return plan.folderName(dot > 0 ? base.substring(0, dot) : base).toLowerCase(Locale.ROOT);
  }
}
