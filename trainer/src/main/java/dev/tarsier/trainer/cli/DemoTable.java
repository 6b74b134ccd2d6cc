package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.Terminal;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.LatencySummary;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import dev.tarsier.runtime.pipeline.Stage;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.trainer.demo.DemoRequest;
import dev.tarsier.trainer.demo.DemoResult;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;

/** The demo's result for people. */
final class DemoTable {
  private static final int LABEL = 11;

  private final PrintWriter out;
  private final Terminal terminal;

  private DemoTable(PrintWriter out, Terminal terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  static void print(DemoResult result, DemoRequest request, PrintWriter out, Terminal terminal) {
    new DemoTable(out, terminal).print(result, request);
  }

  private void print(DemoResult result, DemoRequest request) {
    PerceptionSnapshot node = result.node();
    BundleManifest manifest = node.bundle().manifest();
    out.println();
    out.println(
        "  "
            + terminal.paint(
                Terminal.Ink.BOLD, "%s %s".formatted(manifest.name(), manifest.version()))
            + " on %s, a rendered room at %dx%d"
                .formatted(node.provider(), request.width(), request.height()));
    rule();
    row(
        "frames",
        "%.1f a second in, %.1f out; %d sent, %d came back, %d dropped",
        result.fpsIn(),
        result.fpsOut(),
        result.sent(),
        result.received(),
        result.sent() - result.received());
    out.println();
    row("latency ms", "%-22s%8s%8s%8s%8s", "", "p50", "p95", "p99", "max");
    latency("camera to topics", result.endToEnd());
    latency("  decode", node, Stage.DECODE);
    latency("  network", node, Stage.INFER);
    latency("  publish", node, Stage.PUBLISH);
    out.println();
    result.scores().forEach(this::scores);
    DemoResult.Telemetry telemetry = result.telemetry();
    row(
        "telemetry",
        "%d messages over MQTT (%d metrics, %s) on %s",
        telemetry.messages(),
        telemetry.metrics(),
        telemetry.state().isEmpty() ? "no status" : telemetry.state(),
        telemetry.topic());
    health(node);
    rule();
    row("report", "%s", result.report().toAbsolutePath().normalize());
    row("kept", "the rendered drive, for the next demo, in %s", request.cache());
    out.println();
  }

  private void scores(Head head, Map<String, Double> values) {
    String name = Tasks.find(head.id()).map(TaskType::recipeName).orElse(head.id());
    String prefix = head.id() + ".";
    if (!values.isEmpty() && head.kind().isIds()) {
      row(
          name,
          "mIoU %.3f   pixel accuracy %.3f",
          values.get(prefix + "miou"),
          values.get(prefix + "pixel_accuracy"));
    } else if (head.kind().isIds()) {
      row(name, "not scored: the bundle's classes are not those of the rendered rooms");
    } else if (!values.isEmpty()) {
      row(
          name,
          "abs %.3f m   rmse %.3f m   rel %.3f   within 25 %%: %.1f %%",
          values.get(prefix + "abs"),
          values.get(prefix + "rmse"),
          values.get(prefix + "rel"),
          100 * values.get(prefix + "delta1"));
    }
  }

  private void health(PerceptionSnapshot node) {
    HealthState state = node.health().state();
    Terminal.Ink ink =
        switch (state) {
          case OK -> Terminal.Ink.GOOD;
          case DEGRADED, STARTING -> Terminal.Ink.FAIR;
          case STALE, ERROR -> Terminal.Ink.BAD;
        };
    String reasons =
        node.health().reasons().isEmpty() ? "" : ": " + String.join("; ", node.health().reasons());
    label("health");
    out.println(terminal.paint(ink, state.name().toLowerCase(Locale.ROOT)) + reasons);
  }

  private void latency(String name, PerceptionSnapshot node, Stage stage) {
    latency(name, node.total().get(stage));
  }

  private void latency(String name, LatencySummary summary) {
    if (summary.count() > 0) {
      row(
          "",
          "%-22s%8.1f%8.1f%8.1f%8.1f",
          name,
          summary.p50Millis(),
          summary.p95Millis(),
          summary.p99Millis(),
          summary.maxMillis());
    }
  }

  private void row(String label, String format, Object... values) {
    label(label);
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
  }

  private void label(String label) {
    out.print("  " + terminal.paint(Terminal.Ink.DIM, Terminal.padded(label, LABEL)) + " ");
  }

  private void rule() {
    out.println("  " + terminal.paint(Terminal.Ink.DIM, "─".repeat(terminal.columns() - 4)));
  }
}
