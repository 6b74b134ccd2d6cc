package dev.tarsier.bench.soak;

import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.transport.RosNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Does what the {@link Schedule} says, and measures how long the node takes to be as before. Two
 * threads may call: one for what goes on beside others, one for the rest.
 */
final class Disturbances {
  private static final long IDLE_MILLIS = 5_000;
  private static final double OTHER_FOCAL = 1.25;
  private static final double SAME_FOCAL = 0.01;

  /** A subscriber that reads again has caught up once it is given an image of this age. */
  private static final long YOUNG_NANOS = 1_500_000_000L;

  private final String perception;
  private final String api;
  private final List<String> outputs;
  private final String stalledTopic;
  private final Master master;
  private final Camera camera;
  private final Listener listener;
  private final Optional<Broker> broker;
  private final SoakRecord record;
  private final Semaphore subscribers = new Semaphore(1);

  /**
   * @param perception the node's full name
   * @param api where it is called, whether the master is there or not
   * @param outputs images that it gives
   * @param stalled the output that stalling subscribers take; nobody else does, so that what they
   *     lose is told from what others do
   */
  Disturbances(
      String perception,
      String api,
      List<String> outputs,
      String stalled,
      Master master,
      Camera camera,
      Listener listener,
      Optional<Broker> broker,
      SoakRecord record) {
    this.perception = perception;
    this.api = api;
    this.outputs = List.copyOf(outputs);
    this.stalledTopic = perception + "/" + stalled;
    this.master = master;
    this.camera = camera;
    this.listener = listener;
    this.broker = broker;
    this.record = record;
  }

  /** Does one, and returns when it is over. */
  void run(Schedule.Event event) throws IOException, InterruptedException {
    if (event.what().isOfSubscribers()) {
      subscribers.acquire();
    }
    try {
      switch (event.what()) {
        case CAMERA_KILLED, CAMERA_LEAVES -> cameraGoes(event);
        case MASTER_RESTARTS -> masterRestarts(event);
        case MASTER_AND_CAMERA -> masterAndCamera(event);
        case NOBODY_LISTENS -> nobodyListens(event);
        case VISITORS -> visitors(event);
        case BROKEN_IMAGES -> brokenImages(event);
        case CALIBRATION -> calibration(event);
        case BROKER_RESTARTS -> brokerRestarts(event);
        case SUBSCRIBER_STALLS -> subscriberStalls(event);
        case SUBSCRIBER_HANGS -> subscriberHangs(event);
      }
    } finally {
      if (event.what().isOfSubscribers()) {
        subscribers.release();
      }
    }
  }

  private void done(Schedule.Event event, double at, long fromNanos, long backNanos, String more) {
    record.recovered(
        event.what(), at, backNanos == 0 ? -1 : Math.max(0, (backNanos - fromNanos) / 1e9), more);
  }

  private long awaitOutputs(Schedule.Event event, long stampNanos) throws InterruptedException {
    return listener.awaitOutputsAfter(stampNanos, event.what().limitSeconds() * 1_000L);
  }

  private void cameraGoes(Schedule.Event event) throws IOException, InterruptedException {
    double at = record.seconds();
    if (event.what() == Disturbance.CAMERA_KILLED) {
      camera.kill();
    } else {
      camera.leave();
    }
    TimeUnit.SECONDS.sleep(event.seconds());
    camera.start();
    long up = camera.awaitUp();
    done(event, at, up, awaitOutputs(event, up), "");
  }

  private void masterRestarts(Schedule.Event event) throws IOException, InterruptedException {
    double at = record.seconds();
    Set<String> before = master.registrations(perception);
    int seen = listener.seenCount();
    master.stop();
    TimeUnit.SECONDS.sleep(event.seconds());
    int seenMeanwhile = listener.seenCount() - seen;
    if (seenMeanwhile == 0) {
      record.fault("nothing came while the master was away, though connections stay");
    }
    master.start();
    long up = Listener.now();
    long back = awaitRegistered(event, before);
    done(event, at, up, back, seenMeanwhile + " outputs while it was away");
  }

  private long awaitRegistered(Schedule.Event event, Set<String> before)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(event.what().limitSeconds());
    while (System.nanoTime() < end) {
      if (master.registrations(perception).equals(before)) {
        return Listener.now();
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return 0;
  }

  private void masterAndCamera(Schedule.Event event) throws IOException, InterruptedException {
    double at = record.seconds();
    Set<String> before = master.registrations(perception);
    master.stop();
    camera.kill();
    TimeUnit.SECONDS.sleep(event.seconds());
    camera.start(); // which waits for the master
    master.start();
    long up = camera.awaitUp();
    long back = awaitOutputs(event, up);
    if (awaitRegistered(event, before) == 0) {
      record.fault("the node is not registered as before the master's restart");
    }
    done(event, at, up, back, "");
  }

  private void nobodyListens(Schedule.Event event) throws InterruptedException {
    double at = record.seconds();
    listener.off();
    long said = listener.diagnosticsCount();
    boolean idle =
        listener.await(
            each -> each.diagnosticsCount() > said && "true".equals(each.diagnostics().get("idle")),
            IDLE_MILLIS);
    if (!idle) {
      record.fault("nobody listened, and the node did not say that it was idle");
    }
    TimeUnit.SECONDS.sleep(event.seconds());
    long wanted = Listener.now();
    listener.on();
    done(event, at, wanted, awaitOutputs(event, wanted), "");
  }

  private void visitors(Schedule.Event event) throws InterruptedException {
    double at = record.seconds();
    double longest = 0;
    for (int i = 0; i < event.seconds(); i++) {
      long from = Listener.now();
      CountDownLatch came = new CountDownLatch(outputs.size());
      try (RosNode visitor =
          RosNode.start(RosArguments.of("soak_visitor_" + i, master.uri(), "127.0.0.1"))) {
        for (String output : outputs) {
          CountDownLatch first = new CountDownLatch(1);
          visitor.subscribe(
              perception + "/" + output,
              Image.TYPE,
              (body, arrivalNanos) -> {
                if (first.getCount() > 0) {
                  first.countDown();
                  came.countDown();
                }
              });
        }
        boolean all = came.await(event.what().limitSeconds(), TimeUnit.SECONDS);
        longest = all ? Math.max(longest, (Listener.now() - from) / 1e9) : -1;
        if (!all) {
          break;
        }
      }
      TimeUnit.MILLISECONDS.sleep(300);
    }
    record.recovered(event.what(), at, longest, "the longest of " + event.seconds());
  }

  private void brokenImages(Schedule.Event event) throws InterruptedException {
    double at = record.seconds();
    long before = rejected(listener.diagnostics());
    camera.breaks();
    boolean counted =
        listener.await(
            each -> rejected(each.diagnostics()) >= before + CameraProcess.faults(),
            CameraProcess.faults() * 1_000L + event.what().limitSeconds() * 1_000L);
    if (!counted) {
      record.fault(
          "%d broken images were sent, and %d were counted as dropped for what is wrong with them"
              .formatted(CameraProcess.faults(), rejected(listener.diagnostics()) - before));
    }
    long over = Listener.now();
    done(event, at, over, awaitOutputs(event, over), CameraProcess.faults() + " of them");
  }

  /** Dropped for what is wrong with the image itself. */
  private static long rejected(Map<String, String> diagnostics) {
    return List.of(
            "bad_message",
            "unknown_encoding",
            "empty_image",
            "bad_step",
            "too_little_data",
            "bad_size")
        .stream()
        .mapToLong(each -> Long.parseLong(diagnostics.getOrDefault("dropped." + each, "0")))
        .sum();
  }

  private void calibration(Schedule.Event event) throws InterruptedException {
    double at = record.seconds();
    double before = camera.focal();
    double longest = 0;
    for (double focal : new double[] {before * OTHER_FOCAL, before}) {
      long from = Listener.now();
      camera.focal(focal);
      boolean known =
          listener.await(
              each -> Math.abs(each.focalOverWidth() - focal) < SAME_FOCAL * focal,
              event.what().limitSeconds() * 1_000L);
      longest = known && longest >= 0 ? Math.max(longest, (Listener.now() - from) / 1e9) : -1;
      TimeUnit.SECONDS.sleep(event.seconds());
    }
    record.recovered(event.what(), at, longest, "");
  }

  private void brokerRestarts(Schedule.Event event) throws IOException, InterruptedException {
    if (broker.isEmpty()) {
      return;
    }
    double at = record.seconds();
    broker.get().kill();
    TimeUnit.SECONDS.sleep(event.seconds());
    broker.get().start();
    long up = Listener.now();
    long back = broker.get().awaitMetricsAfter(up, event.what().limitSeconds() * 1_000L);
    done(event, at, up, back, "");
  }

  private void subscriberStalls(Schedule.Event event) throws IOException, InterruptedException {
    double at = record.seconds();
    try (StallingSubscriber staller = new StallingSubscriber(api, stalledTopic)) {
      TimeUnit.SECONDS.sleep(event.seconds());
      long from = Listener.now();
      int older = staller.catchUp(YOUNG_NANOS, event.what().limitSeconds() * 1000);
      record.recovered(
          event.what(),
          at,
          (Listener.now() - from) / 1e9,
          "after %d old messages".formatted(older));
    } catch (IOException e) {
      record.recovered(event.what(), at, -1, e.getMessage());
    }
  }

  private void subscriberHangs(Schedule.Event event) throws IOException, InterruptedException {
    double at = record.seconds();
    try (StallingSubscriber staller = new StallingSubscriber(api, stalledTopic)) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(event.what().limitSeconds());
      boolean there = true;
      while (there && System.nanoTime() < end) {
        TimeUnit.SECONDS.sleep(1);
        there = staller.isServed();
      }
      record.recovered(event.what(), at, there ? -1 : record.seconds() - at, "dropped by the node");
    }
  }
}
