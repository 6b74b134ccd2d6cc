package dev.tarsier.ros.ros1.master;

import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The master's calls to nodes: in order for each node, and a node that does not answer holds up no
 * other (while there are threads left). Any thread may call.
 */
final class NodeCalls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeCalls.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(3);
  private static final int THREADS = 8;

  private final String caller;
  private final ExecutorService threads;

  // guarded by this; a node has an entry while one of its calls waits or runs
  private final Map<String, Queue<Runnable>> waiting = new HashMap<>();

  NodeCalls(String caller) {
    this.caller = caller;
    this.threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "master-calls");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Calls a node later.
   *
   * @param api the node's slave API
   * @param method such as {@code publisherUpdate}
   * @param topic its first argument after the caller
   * @param value its second one, asked for when the call is made; null where there is none
   */
  synchronized void call(String api, String method, String topic, Supplier<Object> value) {
    Runnable call = () -> callNow(api, method, topic, value);
    Queue<Runnable> queue = waiting.get(api);
    if (queue != null) {
      queue.add(call);
      return;
    }
    queue = new ArrayDeque<>();
    queue.add(call);
    waiting.put(api, queue);
    submit(api);
  }

  private void submit(String api) {
    try {
      threads.execute(() -> runNext(api));
    } catch (RejectedExecutionException e) {
      LOG.debug("the master has ended; {} is not called", api);
    }
  }

  private void runNext(String api) {
    Runnable call;
    synchronized (this) {
      call = waiting.get(api).peek();
    }
    try {
      call.run();
    } finally {
      synchronized (this) {
        Queue<Runnable> queue = waiting.get(api);
        queue.remove();
        if (queue.isEmpty()) {
          waiting.remove(api);
        } else {
          submit(api);
        }
      }
    }
  }

  private void callNow(String api, String method, String topic, Supplier<Object> value) {
    try {
      XmlRpcClient node = new XmlRpcClient(api, TIMEOUT);
      if (value == null) {
        node.call(method, caller, topic);
      } else {
        node.call(method, caller, topic, value.get());
      }
    } catch (IOException | RosException e) {
      // the node may be dead; its entry stays, as with roscore, until it is cleaned up
      LOG.debug("{} of {} failed: {}", method, api, e.toString());
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
