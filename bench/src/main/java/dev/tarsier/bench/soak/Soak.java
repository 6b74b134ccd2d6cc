package dev.tarsier.bench.soak;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.bench.ScratchFolder;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.node.NodeOptions;
import dev.tarsier.ros.node.PerceptionNode;
import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.tensor.RgbImage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One soak: starts everything, has the schedule's disturbances done, samples the node each second,
 * lets it come to rest and judges. Owned by one thread; it has some of its own.
 */
public final class Soak {
  private static final long START_MILLIS = 60_000;
  private static final long REST_MILLIS = 5_000;
  private static final String PERCEPTION = "/" + PerceptionNode.DEFAULT_NAME;

  private final Options options;
  private final Schedule schedule;
  private final Listeners listeners;

  /**
   * What to do.
   *
   * @param home a built checkout or an unpacked product
   * @param seconds how long, from the first output on, at least {@value Schedule#LEAST_SECONDS}
   * @param seed of the schedule
   * @param rate images a second
   * @param bag whose images the camera sends; empty = the golden frames of the shipped bundle
   * @param out folder that {@link SoakResult#write} is given; empty = none
   */
  public record Options(
      Path home, int seconds, long seed, int rate, Optional<Path> bag, Optional<Path> out) {}

  /**
   * Who is told.
   *
   * @param line of what happens, each disturbance
   * @param second how many seconds are over
   */
  public record Listeners(Consumer<String> line, Consumer<Integer> second) {}

  /**
   * A soak.
   *
   * @param options what to do
   * @param listeners who is told meanwhile
   */
  public Soak(Options options, Listeners listeners) {
    this.options = options;
    this.listeners = listeners;
    this.schedule = Schedule.of(options.seconds(), options.seed());
  }

  /** What will happen, a line each. */
  public List<String> schedule() {
    return schedule.events().stream().map(Schedule.Event::toString).toList();
  }

  /**
   * Runs it.
   *
   * @throws IOException when something that the soak itself needs does not work
   */
  public SoakResult run() throws IOException, InterruptedException, BundleException {
    try (ScratchFolder scratch = ScratchFolder.make("tarsier-soak")) {
      return run(scratch.path());
    }
  }

  private SoakResult run(Path folder) throws IOException, InterruptedException, BundleException {
    BundleManifest manifest =
        BundleManifest.read(options.home().resolve("models").resolve(ModelFolder.SHIPPED));
    List<String> outputs =
        manifest.heads().stream().filter(head -> head.kind().isMap()).map(Head::id).toList();
    String colours =
        manifest.firstHead(ClassMap.class).map(head -> head.id() + "_color").orElse(outputs.get(0));
    Path frames = folder.resolve("frames");
    List<RgbImage> images =
        options.bag().isPresent()
            ? Frames.ofBag(options.bag().get())
            : Frames.golden(options.home());
    Frames.write(frames, images);
    Optional<Broker> broker = Broker.find(folder);
    List<String> arguments = new ArrayList<>(List.of("_threads:=1"));
    if (broker.isPresent()) {
      broker.get().start();
      arguments.add("_mqtt:=" + broker.get().uri());
      arguments.add("_robot:=" + Broker.ROBOT);
    } else {
      listeners
          .line()
          .accept("no mosquitto here (Debian: apt install mosquitto): without a broker");
    }
    try (Master master = new Master();
        Camera camera = new Camera(master.uri(), frames, options.rate());
        Listener listener = new Listener(master.uri(), PERCEPTION, outputs);
        NodeProcess node =
            NodeProcess.start(
                options.home(), master.uri(), folder.resolve("node.log"), "", arguments)) {
      // A soak that is broken off takes along what it started.
      Parts parts = new Parts(master, camera, listener, node, broker, outputs, colours);
      Thread end = new Thread(parts::kill, "soak-ends");
      Runtime.getRuntime().addShutdownHook(end);
      listener.on();
      long began = Listener.now();
      camera.start();
      if (listener.awaitOutputsAfter(began, START_MILLIS) == 0) {
        throw new IOException("the node gave nothing: " + String.join("\n", node.said()));
      }
      SoakResult result = soak(parts);
      Runtime.getRuntime().removeShutdownHook(end);
      return result;
    } finally {
      broker.ifPresent(Broker::close);
    }
  }

  /** All that takes part. */
  private record Parts(
      Master master,
      Camera camera,
      Listener listener,
      NodeProcess node,
      Optional<Broker> broker,
      List<String> outputs,
      String colours) {
    /** Ends the processes. */
    void kill() {
      node.close();
      camera.close();
      broker.ifPresent(Broker::close);
    }
  }

  private SoakResult soak(Parts parts) throws IOException, InterruptedException {
    SoakRecord record = new SoakRecord(listeners.line());
    String api = parts.master().apiOf(PERCEPTION);
    Disturbances disturbances =
        new Disturbances(
            PERCEPTION,
            api,
            parts.outputs(),
            parts.colours(),
            parts.master(),
            parts.camera(),
            parts.listener(),
            parts.broker(),
            record);
    double processorBefore = parts.node().processorSeconds();
    List<Thread> lanes =
        List.of(
            lane("soak-alone", record, disturbances, false),
            lane("soak-beside", record, disturbances, true));
    int busySeconds = schedule.totalSeconds() - schedule.quietSeconds();
    for (int second = 0;
        second < busySeconds || lanes.stream().anyMatch(Thread::isAlive);
        second++) {
      if (second > busySeconds + schedule.totalSeconds()) {
        throw new IOException("the disturbances do not end; see the lines above");
      }
      long wait = second * 1_000L - (long) (1_000 * record.seconds());
      TimeUnit.MILLISECONDS.sleep(Math.max(0, wait));
      if (!parts.node().isAlive()) {
        throw new IOException(
            "the node ended at %s: %s"
                .formatted(
                    SoakRecord.clock(record.seconds()), String.join("\n", parts.node().said())));
      }
      sample(parts, record, second);
      listeners.second().accept(second);
    }
    double processor = parts.node().processorSeconds() - processorBefore;
    double seconds = record.seconds();
    lookAtHealth(parts, record);
    Judgement.Evidence evidence = rest(parts, record, api);
    return new SoakResult(schedule, evidence, processor / seconds, Judgement.of(evidence));
  }

  private Thread lane(String name, SoakRecord record, Disturbances disturbances, boolean beside) {
    Thread lane =
        new Thread(
            () -> {
              for (Schedule.Event event : schedule.events()) {
                if (event.what().isBeside() != beside) {
                  continue;
                }
                try {
                  TimeUnit.MILLISECONDS.sleep(
                      Math.max(0, event.atSeconds() * 1_000L - (long) (1_000 * record.seconds())));
                  disturbances.run(event);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                  return;
                } catch (IOException | RuntimeException e) {
                  record.fault(event + " could not be done: " + e);
                }
              }
            },
            name);
    lane.setDaemon(true);
    lane.start();
    return lane;
  }

  private void sample(Parts parts, SoakRecord record, int second) throws IOException {
    int look = second / schedule.lookSeconds() % Look.ALL.size();
    if (look != parts.camera().look()) {
      parts.camera().look(look);
    }
    record.sample(new SoakRecord.Sample(record.seconds(), parts.node().resources(), look));
    Map<String, String> diagnostics = parts.listener().diagnostics();
    if (diagnostics.containsKey("tensors")) {
      record.held(
          new SoakRecord.Held(
              record.seconds(),
              Long.parseLong(diagnostics.get("tensors")),
              Long.parseLong(diagnostics.get("opencv_objects"))));
    }
  }

  private static void lookAtHealth(Parts parts, SoakRecord record) {
    Map<String, String> diagnostics = parts.listener().diagnostics();
    // 2 is ERROR, 3 STALE; a warning may be of the camera's focal length.
    if (Integer.parseInt(diagnostics.getOrDefault("level", "3")) >= 2) {
      record.fault("after the last disturbance the node says: " + diagnostics.get("message"));
    }
  }

  /** Lets the node come to rest, and looks at it. */
  private Judgement.Evidence rest(Parts parts, SoakRecord record, String api)
      throws IOException, InterruptedException {
    parts.camera().pause();
    TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
    long rested = Listener.now();
    long count = parts.listener().diagnosticsCount();
    if (!parts.listener().await(each -> each.diagnosticsCount() > count + 1, REST_MILLIS)) {
      record.fault("no diagnostics came at the quiet end");
    }
    Map<String, Long> counted = new TreeMap<>();
    if (parts.broker().isPresent()) {
      if (parts.broker().get().awaitMetricsAfter(rested, REST_MILLIS) == 0) {
        record.fault("no telemetry came at the quiet end");
      }
      JsonNode metrics = parts.broker().get().metrics();
      counted.put("frames_in", metrics.at("/frames/in").asLong(-1));
      counted.put("frames_out", metrics.at("/frames/out").asLong(-1));
      counted.put("frames_dropped", metrics.at("/frames/dropped").asLong(-1));
      counted.put("frames_leaked", metrics.at("/frames/leaked").asLong(-1));
      counted.put("frames_leased", metrics.at("/held/frames").asLong(-1));
      counted.put("frame_overflows", metrics.at("/held/frameOverflows").asLong(-1));
      counted.put("tensors", metrics.at("/held/tensors").asLong(-1));
      counted.put("opencv_objects", metrics.at("/held/openCv").asLong(-1));
    }
    NodeProcess.Resources end = parts.node().resources();
    int images = publishers(api);
    Map<String, String> last = parts.listener().diagnostics();
    parts.listener().off();
    boolean ended = parts.node().end();
    return new Judgement.Evidence(
        schedule,
        record,
        parts.outputs(),
        parts.listener().seen(),
        parts.listener().switched(),
        parts.camera().sent(),
        NodeOptions.DEFAULTS.maxAgeMillis() * 1_000_000L,
        last,
        counted,
        images,
        end,
        parts.node().said(),
        ended);
  }

  /** Publishers of images that the node has a connection to, or still looks for one to. */
  private static int publishers(String api) throws IOException {
    int count = 0;
    if (new XmlRpcClient(api, Duration.ofSeconds(5)).callRos("getBusInfo", "/soak")
        instanceof List<?> rows) {
      for (Object row : rows) {
        List<?> cells = (List<?>) row;
        if ("i".equals(cells.get(2)) && CameraProcess.IMAGE_TOPIC.equals(cells.get(4))) {
          count++;
        }
      }
    }
    return count;
  }
}
