package dev.tarsier.trainer.cli;

import dev.tarsier.trainer.experiment.Affinity;
import dev.tarsier.trainer.experiment.Plan;
import dev.tarsier.trainer.experiment.Study;
import dev.tarsier.trainer.experiment.TableFiles;
import dev.tarsier.trainer.experiment.TableResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code tarsier experiment affinity}: which task helps which. */
@Command(
    name = "affinity",
    description =
        "Says whether depth helps classes and whether classes help depth, from the rows of the"
            + " table; makes those that are not there.",
    mixinStandardHelpOptions = true)
final class AffinityCommand extends TableCommand {
  @Override
  List<String> usualRows(Study study) {
    if (study.affinity().isEmpty()) {
      throw new IllegalArgumentException(
          "the study has no affinity section, which says what to ask");
    }
    Set<String> rows = new LinkedHashSet<>();
    for (Affinity.Question question : study.affinity()) {
      rows.add(question.with());
      rows.add(question.without());
    }
    return List.copyOf(rows);
  }

  @Override
  void finish(Plan plan, Path folder) throws IOException {
    TableResult table = TableFiles.write(plan, folder);
    Affinity affinity = Affinity.of(table, plan.study().affinity());
    affinity.write(table, folder);
    System.out.println();
    System.out.print(TableFiles.text(table));
    System.out.println();
    System.out.print(affinity.text());
    System.out.printf("%nWritten: %s%n", folder.resolve("affinity.html"));
  }
}
