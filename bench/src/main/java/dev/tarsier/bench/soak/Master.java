package dev.tarsier.bench.soak;

import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** A master that ends and comes back at its address, knowing nobody, as a new roscore does. */
final class Master implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final long PORT_SECONDS = 20;

  private final String uri;
  private final int port;
  private InProcessMaster running;

  Master() throws IOException {
    this.running = new InProcessMaster(0);
    this.uri = running.uri();
    this.port = URI.create(uri).getPort();
  }

  String uri() {
    return uri;
  }

  synchronized void stop() {
    running.close();
  }

  /** Starts another one; the port may take a moment to be free. */
  synchronized void start() throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PORT_SECONDS);
    while (true) {
      try {
        running = new InProcessMaster(port);
        return;
      } catch (IOException e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  /** What it knows of a node: {@code publishes /topic} and {@code subscribes /topic}. */
  Set<String> registrations(String node) throws IOException {
    Set<String> found = new TreeSet<>();
    if (new XmlRpcClient(uri, TIMEOUT).callRos("getSystemState", "/soak") instanceof List<?> all) {
      for (int role = 0; role < 2; role++) {
        for (Object row : (List<?>) all.get(role)) {
          List<?> pair = (List<?>) row;
          if (((List<?>) pair.get(1)).contains(node)) {
            found.add((role == 0 ? "publishes " : "subscribes ") + pair.get(0));
          }
        }
      }
    }
    return found;
  }

  /** Where a node is called. */
  String apiOf(String node) throws IOException {
    return String.valueOf(new XmlRpcClient(uri, TIMEOUT).callRos("lookupNode", "/soak", node));
  }

  @Override
  public synchronized void close() {
    running.close();
  }
}
