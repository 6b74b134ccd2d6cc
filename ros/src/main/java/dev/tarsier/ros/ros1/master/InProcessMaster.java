package dev.tarsier.ros.ros1.master;

import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.ros1.graph.SupervisedThreads;
import dev.tarsier.ros.ros1.graph.XmlRpcServer;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A ROS master in this process: the master's and the parameter server's API over XML-RPC, on the
 * loopback address. Thread-safe; its state is guarded by its lock, and nodes are called outside it.
 */
public final class InProcessMaster implements AutoCloseable {
  private static final int OK = 1;
  private static final int ERROR = -1;
  private static final int FAILURE = 0;
  private static final String NAME = "/master";

  private final XmlRpcServer server;
  private final NodeCalls calls = new NodeCalls(NAME);
  // a number of its own, so that nodes can tell two masters of one process apart
  private final int pid = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);

  // guarded by this; keys are full names, values node names
  private final Map<String, String> apis = new TreeMap<>();
  private final Map<String, Set<String>> publishers = new TreeMap<>();
  private final Map<String, Set<String>> subscribers = new TreeMap<>();
  private final Map<String, String> services = new TreeMap<>();
  private final Map<String, String> serviceApis = new TreeMap<>();
  private final Map<String, String> types = new TreeMap<>();
  private final Map<String, Set<String>> parameterWatchers = new TreeMap<>();
  private final ParameterTree parameters = new ParameterTree();

  @FunctionalInterface
  private interface Api {
    List<Object> answer(Call call);
  }

  /** The arguments of a call, checked as they are read. */
  private record Call(String method, List<Object> arguments) {
    String text(int i) {
      Object value = i < arguments.size() ? arguments.get(i) : null;
      if (value instanceof String text) {
        return text;
      }
      throw new RosException(
          "%s: argument %d must be text, got %s".formatted(method, i + 1, value));
    }

    String caller() {
      return text(0);
    }

    String name(int i) {
      return full(text(0), text(i));
    }

    Object value(int i) {
      if (i < arguments.size()) {
        return arguments.get(i);
      }
      throw new RosException("%s: argument %d is missing".formatted(method, i + 1));
    }

    /** Resolves below the caller's namespace, or below the caller for {@code ~}. */
    private static String full(String caller, String name) {
      String namespace = caller.substring(0, Math.max(0, caller.lastIndexOf('/')));
      String full =
          name.startsWith("/")
              ? name
              : name.startsWith("~") ? caller + "/" + name.substring(1) : namespace + "/" + name;
      String single = full.replaceAll("/{2,}", "/");
      return single.length() > 1 && single.endsWith("/")
          ? single.substring(0, single.length() - 1)
          : single;
    }
  }

  /**
   * Starts a master on the loopback address.
   *
   * @param port 0 takes a free one
   * @throws IOException where the port is taken
   */
  public InProcessMaster(int port) throws IOException {
    Map<String, XmlRpcServer.Method> methods = new LinkedHashMap<>();
    addGraph(methods);
    addLookups(methods);
    addParameters(methods);
    parameters.set("/rosdistro", "noetic\n");
    parameters.set("/rosversion", "1.15.15\n");
    parameters.set("/run_id", UUID.randomUUID().toString());
    this.server =
        new XmlRpcServer(
            List.of(InetAddress.getByAddress(new byte[] {127, 0, 0, 1})),
            port,
            new SupervisedThreads("master"),
            XmlRpcServer.Limits.MASTER,
            methods);
  }

  /** The URI to give to nodes, such as {@code http://127.0.0.1:11311/}. */
  public String uri() {
    return "http://127.0.0.1:" + server.port() + "/";
  }

  private void add(Map<String, XmlRpcServer.Method> methods, String name, Api api) {
    methods.put(
        name,
        arguments -> {
          try {
            synchronized (this) {
              return api.answer(new Call(name, arguments));
            }
          } catch (RosException e) {
            return List.of(ERROR, e.getMessage(), 0);
          }
        });
  }

  private static List<Object> ok(String message, Object value) {
    return List.of(OK, message, value);
  }

  // ---- who publishes what

  private void addGraph(Map<String, XmlRpcServer.Method> methods) {
    add(methods, "registerPublisher", this::registerPublisher);
    add(methods, "unregisterPublisher", this::unregisterPublisher);
    add(methods, "registerSubscriber", this::registerSubscriber);
    add(methods, "unregisterSubscriber", call -> unregister(call, subscribers));
    add(methods, "registerService", this::registerService);
    add(methods, "unregisterService", this::unregisterService);
  }

  private List<Object> registerPublisher(Call call) {
    String topic = call.name(1);
    String type = call.text(2);
    knowNode(call.caller(), call.text(3));
    publishers.computeIfAbsent(topic, key -> new LinkedHashSet<>()).add(call.caller());
    if (!type.equals("*")) {
      types.put(topic, type);
    }
    tellSubscribers(topic);
    return ok(
        "Registered [%s] as publisher of [%s]".formatted(call.caller(), topic),
        apisOf(subscribers, topic));
  }

  private List<Object> registerSubscriber(Call call) {
    String topic = call.name(1);
    String type = call.text(2);
    knowNode(call.caller(), call.text(3));
    subscribers.computeIfAbsent(topic, key -> new LinkedHashSet<>()).add(call.caller());
    if (!type.equals("*")) {
      types.putIfAbsent(topic, type);
    }
    return ok("Subscribed to [%s]".formatted(topic), apisOf(publishers, topic));
  }

  private List<Object> unregisterPublisher(Call call) {
    List<Object> answer = unregister(call, publishers);
    if (answer.get(2).equals(1)) {
      tellSubscribers(call.name(1));
    }
    return answer;
  }

  private List<Object> unregister(Call call, Map<String, Set<String>> role) {
    String topic = call.name(1);
    boolean same = call.text(2).equals(apis.get(call.caller()));
    boolean was = same && remove(role, topic, call.caller());
    if (was) {
      forgetNodeWithoutTopics(call.caller());
    }
    return ok(was ? "Unregistered [%s]".formatted(call.caller()) : "not registered", was ? 1 : 0);
  }

  private List<Object> registerService(Call call) {
    String service = call.name(1);
    knowNode(call.caller(), call.text(3));
    services.put(service, call.caller());
    serviceApis.put(service, call.text(2));
    return ok("Registered [%s] as provider of [%s]".formatted(call.caller(), service), 1);
  }

  private List<Object> unregisterService(Call call) {
    String service = call.name(1);
    boolean was =
        call.text(2).equals(serviceApis.get(service)) && services.remove(service, call.caller());
    if (was) {
      serviceApis.remove(service);
      forgetNodeWithoutTopics(call.caller());
    }
    return ok(was ? "Unregistered [%s]".formatted(service) : "not registered", was ? 1 : 0);
  }

  /** A new node of a known name takes its place: the older one is told to end. */
  private void knowNode(String node, String api) {
    String before = apis.put(node, api);
    if (before == null || before.equals(api)) {
      return;
    }
    calls.call(
        before,
        "shutdown",
        "[%s] Reason: new node registered with same name".formatted(node),
        null);
    List<String> published = topicsOf(publishers, node);
    published.forEach(topic -> remove(publishers, topic, node));
    topicsOf(subscribers, node).forEach(topic -> remove(subscribers, topic, node));
    parameterWatchers.values().forEach(watchers -> watchers.remove(before));
    services.values().removeIf(node::equals);
    serviceApis.keySet().retainAll(services.keySet());
    published.forEach(this::tellSubscribers);
  }

  private void forgetNodeWithoutTopics(String node) {
    boolean used =
        !topicsOf(publishers, node).isEmpty()
            || !topicsOf(subscribers, node).isEmpty()
            || services.containsValue(node);
    if (!used) {
      apis.remove(node);
    }
  }

  private static List<String> topicsOf(Map<String, Set<String>> role, String node) {
    return role.entrySet().stream()
        .filter(entry -> entry.getValue().contains(node))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static boolean remove(Map<String, Set<String>> role, String topic, String node) {
    Set<String> nodes = role.get(topic);
    boolean was = nodes != null && nodes.remove(node);
    if (was && nodes.isEmpty()) {
      role.remove(topic);
    }
    return was;
  }

  private List<String> apisOf(Map<String, Set<String>> role, String topic) {
    List<String> found = new ArrayList<>();
    for (String node : role.getOrDefault(topic, Set.of())) {
      Optional.ofNullable(apis.get(node)).ifPresent(found::add);
    }
    return found;
  }

  private void tellSubscribers(String topic) {
    for (String api : apisOf(subscribers, topic)) {
      calls.call(api, "publisherUpdate", topic, () -> publishersNow(topic));
    }
  }

  private synchronized Object publishersNow(String topic) {
    return apisOf(publishers, topic);
  }

  // ---- questions

  private void addLookups(Map<String, XmlRpcServer.Method> methods) {
    add(methods, "getPid", call -> ok("", pid));
    add(methods, "getUri", call -> ok("", uri()));
    add(methods, "getMasterUri", call -> ok("", uri()));
    add(methods, "lookupNode", call -> lookup(apis, call.name(1), "unknown node [%s]"));
    add(methods, "lookupService", call -> lookup(serviceApis, call.name(1), "no provider of [%s]"));
    add(methods, "getTopicTypes", call -> ok("current topics", rows(types)));
    add(methods, "getPublishedTopics", this::publishedTopics);
    add(
        methods,
        "getSystemState",
        call ->
            ok(
                "current system state",
                List.of(nodesByTopic(publishers), nodesByTopic(subscribers), providers())));
  }

  private static List<Object> lookup(Map<String, String> in, String name, String unknown) {
    String found = in.get(name);
    return found == null ? List.of(ERROR, unknown.formatted(name), "") : ok("", found);
  }

  private static List<Object> rows(Map<String, String> table) {
    List<Object> rows = new ArrayList<>();
    table.forEach((key, value) -> rows.add(List.of(key, value)));
    return rows;
  }

  private List<Object> publishedTopics(Call call) {
    String below = call.text(1).isEmpty() ? "/" : call.name(1);
    String prefix = below.endsWith("/") ? below : below + "/";
    List<Object> rows = new ArrayList<>();
    for (String topic : publishers.keySet()) {
      if (topic.startsWith(prefix)) {
        rows.add(List.of(topic, types.getOrDefault(topic, "*")));
      }
    }
    return ok("current topics", rows);
  }

  private static List<Object> nodesByTopic(Map<String, Set<String>> role) {
    List<Object> rows = new ArrayList<>();
    role.forEach((topic, nodes) -> rows.add(List.of(topic, List.copyOf(nodes))));
    return rows;
  }

  private List<Object> providers() {
    List<Object> rows = new ArrayList<>();
    services.forEach((service, node) -> rows.add(List.of(service, List.of(node))));
    return rows;
  }

  // ---- parameters

  private void addParameters(Map<String, XmlRpcServer.Method> methods) {
    add(methods, "setParam", this::setParam);
    add(methods, "getParam", this::getParam);
    add(methods, "hasParam", call -> ok(call.name(1), parameters.get(call.name(1)).isPresent()));
    add(methods, "deleteParam", this::deleteParam);
    add(methods, "searchParam", this::searchParam);
    add(methods, "getParamNames", call -> ok("Parameter names", parameters.names()));
    add(methods, "subscribeParam", this::subscribeParam);
    add(methods, "unsubscribeParam", this::unsubscribeParam);
  }

  private List<Object> setParam(Call call) {
    String name = call.name(1);
    parameters.set(name, call.value(2));
    tellWatchers(name);
    return ok("parameter " + name + " set", 0);
  }

  private List<Object> getParam(Call call) {
    String name = call.name(1);
    return parameters
        .get(name)
        .map(value -> ok("Parameter [%s]".formatted(name), value))
        .orElseGet(() -> List.of(ERROR, "Parameter [%s] is not set".formatted(name), 0));
  }

  private List<Object> deleteParam(Call call) {
    String name = call.name(1);
    if (!parameters.delete(name)) {
      return List.of(ERROR, "parameter [%s] is not set".formatted(name), 0);
    }
    tellWatchers(name);
    return ok("parameter %s deleted".formatted(name), 0);
  }

  private List<Object> searchParam(Call call) {
    // a private name is searched from the caller's own namespace
    return parameters
        .search(call.caller(), call.text(1))
        .map(found -> ok("Found [%s]".formatted(found), (Object) found))
        .orElseGet(() -> List.of(ERROR, "Cannot find parameter [%s]".formatted(call.text(1)), 0));
  }

  private List<Object> subscribeParam(Call call) {
    String name = call.name(2);
    parameterWatchers.computeIfAbsent(name, key -> new TreeSet<>()).add(call.text(1));
    return ok("Subscribed to parameter [%s]".formatted(name), valueNow(name));
  }

  private List<Object> unsubscribeParam(Call call) {
    String name = call.name(2);
    Set<String> watchers = parameterWatchers.get(name);
    boolean was = watchers != null && watchers.remove(call.text(1));
    return List.of(was ? OK : FAILURE, "Unsubscribed from [%s]".formatted(name), was ? 1 : 0);
  }

  private synchronized Object valueNow(String name) {
    return parameters.get(name).orElse(Map.of());
  }

  /** Who watches the parameter, something above it or something below it. */
  private void tellWatchers(String changed) {
    parameterWatchers.forEach(
        (watched, watchers) -> {
          boolean below = watched.startsWith(changed + "/") || changed.equals("/");
          boolean above = changed.startsWith(watched + "/") || watched.equals("/");
          if (watched.equals(changed) || below || above) {
            // a change below what is watched comes under its own name
            String key = above && !watched.equals(changed) ? changed : watched;
            watchers.forEach(api -> calls.call(api, "paramUpdate", key + "/", () -> valueNow(key)));
          }
        });
  }

  /** Ends the master; nodes notice and wait for another one. */
  @Override
  public void close() {
    server.close();
    calls.close();
  }
}
