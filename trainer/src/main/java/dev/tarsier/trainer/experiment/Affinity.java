package dev.tarsier.trainer.experiment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.HtmlTemplate;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.task.FormerMetricNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Whether each of two tasks helps the other (Erkent; methods §1.2). Condition 1: each helps the
 * other; 2: one helps, the other does not; 3: neither helps. Differences that are not larger than
 * their spread over the seeds decide nothing.
 *
 * @param network and its input's size, in a few words
 * @param directions both
 * @param condition 1 to 3; empty while a direction is undecided
 */
public record Affinity(String network, List<Direction> directions, Optional<Integer> condition) {
  /** Copies. */
  public Affinity {
    directions = List.copyOf(directions);
  }

  /**
   * Two rows whose difference says whether one task helps the other.
   *
   * @param helper the task that helps, such as {@code depth}
   * @param helped the task that is helped, such as {@code classes}
   * @param evidence what the difference is, for people
   * @param with the row that has the helper
   * @param without the row that has not
   * @param figure what is compared, such as {@code miou}
   */
  public record Question(
      String helper, String helped, String evidence, String with, String without, String figure) {
    /** Checks that all is said. */
    public Question {
      if (helper == null || helped == null || with == null || without == null) {
        throw new IllegalArgumentException(
            "affinity needs helper, helped, with and without, got %s, %s, %s and %s"
                .formatted(helper, helped, with, without));
      }
      evidence = evidence == null ? "" : evidence;
      figure = FormerMetricNames.current(figure);
      Column.named(figure);
    }

    Column column() {
      return Column.named(figure);
    }
  }

  /** What is known of a question or a direction. */
  public enum Verdict {
    /** Better with it, by more than the spread. */
    HELPS("helps"),
    /** Worse with it, by more than the spread. */
    HARMS("does not help"),
    /** The difference is within the spread, or the evidence is divided. */
    UNDECIDED("undecided"),
    /** Fewer than two seeds of one of the rows are there. */
    UNMEASURED("not measured over two seeds");

    private final String words;

    Verdict(String words) {
      this.words = words;
    }

    /** For people. */
    public String words() {
      return words;
    }
  }

  /**
   * An answered question.
   *
   * @param question which
   * @param gain how much better with the helper, in the column's unit; positive is better; NaN
   *     where a row is missing
   * @param spread standard deviation of that difference: the root of the rows' summed variances
   * @param verdict what follows
   */
  public record Answer(Question question, double gain, double spread, Verdict verdict) {}

  /**
   * One direction.
   *
   * @param helper which task
   * @param helped which other
   * @param answers the evidence
   * @param verdict helps where some evidence says so and none against; and the other way round
   */
  public record Direction(String helper, String helped, List<Answer> answers, Verdict verdict) {
    /** Copies. */
    public Direction {
      answers = List.copyOf(answers);
    }
  }

  /** Answers a study's questions from its table. */
  public static Affinity of(TableResult table, List<Question> questions) {
    Map<String, List<Answer>> byDirection = new LinkedHashMap<>();
    for (Question question : questions) {
      byDirection
          .computeIfAbsent(question.helper() + " " + question.helped(), key -> new ArrayList<>())
          .add(answer(table, question));
    }
    List<Direction> directions = new ArrayList<>();
    byDirection
        .values()
        .forEach(
            answers -> {
              Question first = answers.get(0).question();
              directions.add(
                  new Direction(first.helper(), first.helped(), answers, verdict(answers)));
            });
    return new Affinity(
        table.network() + ", " + table.classes(), directions, condition(directions));
  }

  private static Answer answer(TableResult table, Question question) {
    Column column = question.column();
    Spread none = Spread.of(List.of());
    Gain gain =
        table
            .row(question.with())
            .flatMap(
                with ->
                    table
                        .row(question.without())
                        .map(without -> TableResult.gain(with, without, column)))
            .orElse(Gain.of(column, none, none));
    return new Answer(question, gain.mean(), gain.spread(), gain.verdict());
  }

  private static Verdict verdict(List<Answer> answers) {
    boolean helps = answers.stream().anyMatch(each -> each.verdict() == Verdict.HELPS);
    boolean harms = answers.stream().anyMatch(each -> each.verdict() == Verdict.HARMS);
    if (answers.stream().allMatch(each -> each.verdict() == Verdict.UNMEASURED)) {
      return Verdict.UNMEASURED;
    }
    return helps == harms ? Verdict.UNDECIDED : helps ? Verdict.HELPS : Verdict.HARMS;
  }

  private static Optional<Integer> condition(List<Direction> directions) {
    int helps = 0;
    for (Direction direction : directions) {
      switch (direction.verdict()) {
        case HELPS -> helps++;
        case HARMS -> {
          // Counted by what is left.
        }
        case UNDECIDED, UNMEASURED -> {
          return Optional.empty();
        }
      }
    }
    return directions.size() == 2 ? Optional.of(3 - helps) : Optional.empty();
  }

  /** The answer in a sentence. */
  public String sentence() {
    if (condition.isPresent()) {
      return switch (condition.get()) {
        case 1 -> "Condition 1: each task helps the other.";
        case 2 -> "Condition 2: one task helps the other, but not the other way round.";
        default -> "Condition 3: neither task helps the other.";
      };
    }
    return "No condition can be named: "
        + String.join(
            "; ",
            directions.stream()
                .filter(
                    each ->
                        each.verdict() == Verdict.UNDECIDED || each.verdict() == Verdict.UNMEASURED)
                .map(
                    each ->
                        "whether knowing %s helps %s is %s"
                            .formatted(each.helper(), each.helped(), each.verdict().words()))
                .toList())
        + ".";
  }

  /** For a console. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append("Task affinity (").append(network).append(")\n").append(sentence()).append('\n');
    for (Direction direction : directions) {
      text.append(
          "%n%s → %s: %s%n"
              .formatted(direction.helper(), direction.helped(), direction.verdict().words()));
      for (Answer answer : direction.answers()) {
        text.append(
            "  %-9s against %-9s %-11s %s  %s (%s)%n"
                .formatted(
                    answer.question().with(),
                    answer.question().without(),
                    answer.question().column().title(),
                    gain(answer),
                    answer.verdict().words(),
                    answer.question().evidence()));
      }
    }
    return text.toString();
  }

  /** Positive is better, whatever the column. */
  static String gain(Answer answer) {
    if (Double.isNaN(answer.gain())) {
      return "–";
    }
    Column column = answer.question().column();
    return "%s%s%s"
        .formatted(
            answer.gain() < 0 ? "−" : "+",
            column.text(Math.abs(answer.gain())),
            Double.isNaN(answer.spread()) ? "" : " ± " + column.text(answer.spread()));
  }

  /**
   * Writes {@code affinity.html} and {@code affinity.json}.
   *
   * @param table it was read from; shown beneath
   * @param out the experiment's folder
   */
  public void write(TableResult table, Path out) throws IOException {
    Json.write(out.resolve("affinity.json"), json());
    WholeFile.write(
        out.resolve("affinity.html"),
        HtmlTemplate.render(
            "trainer/experiment/affinity.jte", Map.of("affinity", this, "table", table)));
  }

  static String value(TableResult table, String row, Column column) {
    return table.row(row).map(each -> each.text(column)).orElse("–");
  }

  static String capital(String words) {
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }

  private ObjectNode json() {
    ObjectNode root = Json.object();
    root.put("schema", "tarsier.affinity/1");
    root.put("network", network);
    root.put("sentence", sentence());
    condition.ifPresent(number -> root.put("condition", number));
    ArrayNode all = root.putArray("directions");
    for (Direction direction : directions) {
      ObjectNode node = all.addObject();
      node.put("helper", direction.helper()).put("helped", direction.helped());
      node.put("verdict", direction.verdict().words());
      ArrayNode evidence = node.putArray("evidence");
      for (Answer answer : direction.answers()) {
        ObjectNode one = evidence.addObject();
        one.put("with", answer.question().with()).put("without", answer.question().without());
        one.put("figure", answer.question().figure());
        one.put("verdict", answer.verdict().words());
        if (!Double.isNaN(answer.gain())) {
          one.put("gain", answer.gain());
        }
        if (!Double.isNaN(answer.spread())) {
          one.put("spread", answer.spread());
        }
      }
    }
    return root;
  }
}
