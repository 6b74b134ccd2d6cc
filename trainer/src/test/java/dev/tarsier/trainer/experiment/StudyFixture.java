package dev.tarsier.trainer.experiment;

import dev.tarsier.runtime.config.StrictYaml;
import java.util.List;
import java.util.Map;

/** A study as small as one can be, and records that no training made. */
final class StudyFixture {
  static final String YAML =
      """
      title: A small study
      source: Somebody
      paper_classes: nyu13
      seeds: [1, 2]
      steps: 100
      affinity:
        - {helper: depth, helped: classes, figure: miou, with: seeing, without: plain}
        - {helper: classes, helped: depth, figure: depth_rmse, with: told, without: plain}
      networks:
        edge:
          recipe: {common: {batch: 4}}
          two_branches: {class_balance: 0.5}
        mti_hrnet18:
          recipe: {common: {network: {kind: mti_hrnet18}}}
      base:
        classes: nyu13
        common:
          network: {height: 64, width: 96}
          validation: {data: [{kind: rendered, rooms: 1}]}
        export: {enabled: false}
      rows:
        - name: plain
          input: RGB
          output: S+D
          paper: {miou: 22.1, depth_rmse: 0.79}
          recipe: {student: {data: [{kind: rendered, rooms: 2}]}}
        - name: seeing
          input: RGB+D
          steps_factor: 1.5
          paper: {miou: 24.4, depth_rmse: 0.337}
          recipe: {student: {network: {extra: depth}, data: [{kind: rendered, rooms: 2}]}}
        - name: told
          input: RGB+S
          extra: true
          recipe: {student: {network: {extra: labels}, data: [{kind: rendered, rooms: 2}]}}
        - name: taught
          input: RGB
          teacher: seeing
          recipe:
            pseudo_labels: {data: [{kind: rendered, rooms: 3, labels: false}]}
            student: {data: [{kind: pseudo_labels}]}
      """;

  /** A row of one task. */
  private static String alone(String task) {
    return "  - {name: TASK-alone, recipe: {student: {network: {heads: [TASK]}, data: DATA}}}\n"
        .replace("TASK", task)
        .replace("DATA", "[{kind: rendered, rooms: 2}]");
  }

  /** The same with what is made of the figures. */
  static final String COMPARING =
      YAML.replace(
              "steps: 100\n",
              """
              steps: 100
              columns: [segmentation.miou, depth.rmse]
              baseline: [classes-alone, depth-alone]
              against: plain
              figure: {x: depth_rmse, y: segmentation.miou}
              """)
          .replace("rows:\n", "rows:\n" + alone("classes") + alone("depth"));

  private StudyFixture() {}

  static Study study() {
    return StrictYaml.parse(YAML, "small.yaml", Study.class);
  }

  static Plan plan() {
    return Plan.of(study(), "small.yaml", Plan.Choice.NONE);
  }

  static CellRecord record(Plan plan, String row, long seed, double miou, double rmse) {
    return record(plan, row, seed, Map.of("miou", miou, "depth_rmse", rmse));
  }

  static CellRecord record(Plan plan, String row, long seed, Map<String, Double> figures) {
    Plan.Cell cell =
        plan.cells().stream()
            .filter(each -> each.row().name().equals(row) && each.seed() == seed)
            .findAny()
            .orElseThrow();
    return new CellRecord(
        CellRecord.SCHEMA,
        row,
        seed,
        cell.sha256(),
        "edge",
        64,
        96,
        "none",
        "rooms",
        7,
        "89abcdef".repeat(8),
        "miou=dataset, depth=full",
        100,
        3,
        61,
        "0123456789abcdef".repeat(4),
        List.of(),
        figures,
        0);
  }
}
