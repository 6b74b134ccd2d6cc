package dev.tarsier.ros.ros1.graph;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Serves the slave API of one node. */
public final class SlaveServer implements AutoCloseable {
  private static final int OK = 1;
  private static final int ERROR = -1;
  private static final int FAILURE = 0;

  private final SlaveNode node;
  private final XmlRpcServer server;
  private final String uri;

  /**
   * Starts to serve on a free port.
   *
   * @param address this machine's
   * @param threads that it runs on
   * @param node answers
   * @throws IOException where an address is not this machine's
   */
  public SlaveServer(HostAddress address, SupervisedThreads threads, SlaveNode node)
      throws IOException {
    this.node = node;
    Map<String, XmlRpcServer.Method> methods = new LinkedHashMap<>();
    methods.put("getPid", call -> ok("", Math.toIntExact(ProcessHandle.current().pid())));
    methods.put("getMasterUri", call -> ok("", node.masterUri()));
    methods.put("getName", call -> ok("", node.name()));
    methods.put("tarsier.getApi", call -> ok("", uri()));
    methods.put("getBusStats", call -> ok("bus stats", node.busStats()));
    methods.put("getBusInfo", call -> ok("bus info", node.busInfo()));
    methods.put("getPublications", call -> ok("publications", node.publications()));
    methods.put("getSubscriptions", call -> ok("subscriptions", node.subscriptions()));
    methods.put("requestTopic", this::requestTopic);
    methods.put("publisherUpdate", this::publisherUpdate);
    methods.put("shutdown", this::shutdown);
    this.server = new XmlRpcServer(address.bind(), 0, threads, XmlRpcServer.Limits.NODE, methods);
    this.uri = "http://" + address.advertised() + ":" + server.port() + "/";
  }

  /** Where others call, as registered with the master. */
  public String uri() {
    return uri;
  }

  private Object requestTopic(List<Object> call) {
    if (call.size() < 3 || !(call.get(2) instanceof List<?> protocols)) {
      return List.of(ERROR, "requestTopic takes caller, topic and protocols", 0);
    }
    String topic = String.valueOf(call.get(1));
    if (!node.publishes(topic)) {
      return List.of(ERROR, node.name() + " does not publish " + Excerpt.of(topic), 0);
    }
    for (Object protocol : protocols) {
      if (protocol instanceof List<?> name && !name.isEmpty() && "TCPROS".equals(name.get(0))) {
        List<Object> address = node.tcpRosAddress();
        return ok("ready", List.of("TCPROS", address.get(0), address.get(1)));
      }
    }
    return List.of(FAILURE, node.name() + " speaks TCPROS only", 0);
  }

  private Object publisherUpdate(List<Object> call) {
    if (call.size() < 3 || !(call.get(2) instanceof List<?> publishers)) {
      return List.of(ERROR, "publisherUpdate takes caller, topic and publishers", 0);
    }
    node.publisherUpdate(
        String.valueOf(call.get(1)), publishers.stream().map(String::valueOf).toList());
    return ok("", 0);
  }

  private Object shutdown(List<Object> call) {
    node.shutdownRequested(call.size() > 1 ? Excerpt.of(call.get(1)) : "no reason given");
    return ok("shutdown", 0);
  }

  private static List<Object> ok(String message, Object value) {
    return List.of(OK, message, value);
  }

  @Override
  public void close() {
    server.close();
  }
}
