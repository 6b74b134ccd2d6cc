package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.render.RenderedBag;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * The way of {@code docs/tutorial.md}: from two bags and masks as CVAT exports them to a roslaunch
 * that publishes the classes that the masks have. Each step is the command that a user types.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FirstModelIT {
  private static final int FRAMES = 40;
  private static final List<String> SMALL =
      List.of("--width", "96", "--height", "72", "--fps", "2", "--noise", "--frames", "" + FRAMES);

  /** What makes a training one of seconds; what it learns is not judged here. */
  private static final List<String> SHORT =
      List.of(
          "common.network={encoder_width: 0.25, decoder_width: 16, encoder_weights: \"\"}",
          "teacher.epochs=1",
          "student.epochs=2",
          "student.precise_batch_norm=2");

  @TempDir private Path folder;
  private String told;

  private String at(String name) {
    return folder.resolve(name).toString();
  }

  private int run(List<String> arguments) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    PrintStream heard = new PrintStream(text, true, StandardCharsets.UTF_8);
    try {
      System.setOut(heard);
      System.setErr(heard);
      CommandLine line = RobotCommands.commandLine(new Tarsier());
      line.setOut(new PrintWriter(heard, true, StandardCharsets.UTF_8));
      line.setErr(new PrintWriter(heard, true, StandardCharsets.UTF_8));
      return line.execute(arguments.toArray(String[]::new));
    } finally {
      System.setOut(out);
      System.setErr(err);
      told = text.toString(StandardCharsets.UTF_8);
    }
  }

  private void well(String... arguments) {
    int code = run(List.of(arguments));
    assertThat(code).as(() -> String.join(" ", arguments) + "\n" + told).isZero();
  }

  private static String[] with(List<String> more, String... first) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(more);
    return all.toArray(String[]::new);
  }

  @BeforeEach
  void needsRos() {
    Prerequisites.programs("roscore", "roslaunch");
  }

  @Test
  void leadsFromTwoBagsAndMasksToANodeThatPublishesTheirClasses() throws Exception {
    well(
        with(
            SMALL,
            "synth",
            "--seed",
            "11",
            "--rooms",
            "3",
            "--bag",
            at("one.bag"),
            "--masks",
            at("cvat"),
            "--masked",
            "20"));
    well(with(SMALL, "synth", "--seed", "12", "--start", "1704153600", "--bag", at("two.bag")));
    well("bag", "export", at("one.bag"), "--every", "0.5s", "--gap", "1s", "--out", at("frames"));
    assertThat(folder.resolve("frames/camera.yaml")).isRegularFile();

    String recipe = at("mine.yaml");
    well(
        "recipe",
        "init",
        "--bag",
        at("one.bag"),
        "--frames",
        at("frames"),
        "--labels",
        at("cvat"),
        "--out",
        recipe);
    assertThat(told).contains("20 of " + FRAMES, "a teacher that sees depth", "data check");
    mergeClassesThatAreNotLearned();
    well("data", "check", recipe, "--page", at("data.html"));
    assertThat(told).contains("Nothing is wrong.");

    String run = at("run");
    well(with(settings(SHORT), "train", recipe, "--out", run));
    assertThat(told).contains("Done: ");
    for (String each : List.of("student/curves.html", "bundle/model.json", "bundle/CARD.md")) {
      assertThat(Path.of(run).resolve(each)).isNotEmptyFile();
    }

    well("score", run + "/bundle", "--data", recipe, "--json", at("score.json"));
    JsonNode figures = Json.read(folder.resolve("score.json")).path("data").get(0).path("values");
    assertThat(figures.path("segmentation.miou").asDouble(-1)).isBetween(0.0, 1.0);
    assertThat(figures.path("depth.rmse").asDouble(-1)).isBetween(0.01, 10.0);

    replays(run + "/bundle");
    goesOn(run);
    publishes(Path.of(run, "bundle"));
  }

  private static List<String> settings(List<String> values) {
    List<String> all = new ArrayList<>();
    for (String each : values) {
      all.addAll(List.of("--set", each));
    }
    return all;
  }

  /** What a user does whom the wizard or the check tells of classes that no training frame has. */
  private void mergeClassesThatAreNotLearned() throws IOException {
    Path file = folder.resolve("classes.yaml");
    Recipe drafted = Recipe.read(folder.resolve("mine.yaml"));
    assertThat(drafted.classes().names()).contains("floor", "wall", "furniture");
    StringBuilder text = new StringBuilder("name: rooms\nclasses:\n");
    Set<String> others = new TreeSet<>(drafted.classes().names());
    for (String each : List.of("floor", "wall")) {
      text.append("  - {name: ").append(each).append("}\n");
      others.remove(each);
    }
    text.append("  - {name: thing, merges: ").append(others).append("}\n");
    Files.writeString(file, text);
  }

  private void replays(String bundle) throws IOException {
    well(
        "replay",
        at("two.bag"),
        "--model",
        bundle,
        "--out",
        at("replay"),
        "--gate",
        "depth.rmse<10");
    JsonNode report = Json.read(folder.resolve("replay/report.json"));
    assertThat(report.toString()).contains("depth.rmse");
    assertThat(folder.resolve("replay/report.html")).isNotEmptyFile();
    assertThat(
            run(
                List.of(
                    "replay",
                    at("two.bag"),
                    "--model",
                    bundle,
                    "--out",
                    at("replay2"),
                    "--gate",
                    "depth.rmse<0.001")))
        .as("a gate that does not hold")
        .isEqualTo(1);
  }

  /** What to label next, and a recipe that begins with what was learned. */
  private void goesOn(String run) throws IOException {
    well(
        "bag",
        "export",
        at("two.bag"),
        "--uncertain",
        "5",
        "--bundle",
        run + "/bundle",
        "--out",
        at("next"));
    assertThat(folder.resolve("next/scores.csv")).isNotEmptyFile();
    assertThat(Files.readAllLines(folder.resolve("next/splits/all.txt"))).hasSize(5);

    well(
        "recipe",
        "init",
        "--frames",
        at("frames"),
        "--labels",
        at("cvat"),
        "--classes",
        at("classes.yaml"),
        "--from",
        run,
        "--out",
        at("again.yaml"));
    Recipe again = Recipe.read(folder.resolve("again.yaml"));
    assertThat(again.student().network().weights()).isEqualTo("run");
    assertThat(again.student().network().architecture())
        .as("the network that the weights are of")
        .isEqualTo(new Edge(PublishedEncoder.TORCHVISION, 0.25, 16));
    assertThat(told).contains("start   the weights of run");
  }

  /** The node under a real roslaunch, between a camera and somebody who listens. */
  private void publishes(Path bundle) throws Exception {
    Set<Integer> ids = new ConcurrentSkipListSet<>();
    AtomicInteger images = new AtomicInteger();
    AtomicInteger depths = new AtomicInteger();
    try (RosTools ros = RosTools.withRoscore();
        RosNode user = RosNode.start(RosArguments.of("user", ros.masterUri(), "127.0.0.1"));
        RosNode camera = RosNode.start(RosArguments.of("camera", ros.masterUri(), "127.0.0.1"));
        Publisher<Image> publisher =
            camera.advertise(RenderedBag.RGB_TOPIC, Image.TYPE, PublisherOptions.queue(4))) {
      user.subscribe(
          "/tarsier_perception/segmentation",
          Image.TYPE,
          (body, arrivalNanos) -> {
            ByteBuffer data = new ImageView().over(body).data();
            while (data.hasRemaining()) {
              ids.add(data.get() & 0xff);
            }
            images.incrementAndGet();
          });
      user.subscribe(
          "/tarsier_perception/depth",
          Image.TYPE,
          (body, arrivalNanos) -> depths.incrementAndGet());
      RosTools.Running launched =
          ros.roslaunch(
              List.of(
                  "tarsier",
                  "perception.launch",
                  "provider:=cpu",
                  "model:=" + bundle,
                  "image:=" + RenderedBag.RGB_TOPIC));
      while (images.get() < 3 || depths.get() < 3) {
        assertThat(launched.process().isAlive()).as(launched.output()).isTrue();
        play(publisher);
      }
    }
    assertThat(ids).isSubsetOf(0, 1, 2).isNotEmpty();
  }

  private void play(Publisher<Image> publisher) throws Exception {
    try (BagReader bag = BagReader.open(folder.resolve("two.bag"))) {
      bag.forEach(
          Selection.topics(RenderedBag.RGB_TOPIC),
          (connection, receiveNanos, body) -> {
            publisher.publish(Image.TYPE.read(body));
            try {
              TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              throw new InterruptedIOException("stopped while playing");
            }
          });
    }
  }
}
