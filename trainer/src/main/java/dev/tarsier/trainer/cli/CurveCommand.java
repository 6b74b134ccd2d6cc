package dev.tarsier.trainer.cli;

import dev.tarsier.trainer.experiment.LabelCurve;
import dev.tarsier.trainer.experiment.Plan;
import dev.tarsier.trainer.experiment.Study;
import dev.tarsier.trainer.experiment.TableFiles;
import dev.tarsier.trainer.experiment.TableResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code tarsier experiment curve}: what pseudo-labels are worth as labels get scarce. */
@Command(
    name = "curve",
    description =
        "Trains students with and without pseudo-labels on fewer and fewer labels, and draws mIoU"
            + " against their number. Goes on where it was stopped.",
    mixinStandardHelpOptions = true)
final class CurveCommand extends TableCommand {
  @Override
  String standard() {
    return "nyu-curve.yaml";
  }

  @Override
  List<String> rows(List<String> given, Study study) {
    if (study.rows().stream().allMatch(row -> row.series() == null)) {
      throw new IllegalArgumentException(
          "the study has no curve: none of its rows says series and at; experiment table makes it");
    }
    return super.rows(given, study);
  }

  @Override
  void finish(Plan plan, Path folder) throws IOException {
    TableResult table = TableFiles.write(plan, folder);
    boolean drawn = LabelCurve.write(table, folder);
    System.out.println();
    System.out.print(TableFiles.text(table));
    System.out.printf(
        drawn ? "%nWritten: %s%n" : "%nNo row of a curve is finished, so %s was not written%n",
        folder.resolve("curve.html"));
  }
}
