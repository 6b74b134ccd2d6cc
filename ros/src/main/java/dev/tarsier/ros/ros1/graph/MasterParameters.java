package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.Parameters;
import dev.tarsier.ros.port.RosException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Parameters on a master over XML-RPC. Any thread may call. */
public final class MasterParameters implements Parameters {
  private static final Logger LOG = LoggerFactory.getLogger(MasterParameters.class);

  private final MasterClient master;
  private final Names names;
  private final String api;
  private final Map<String, List<Consumer<Object>>> watchers = new ConcurrentHashMap<>();

  /**
   * The parameters a node sees.
   *
   * @param master asked at each call
   * @param names of the node
   * @param api the node's slave API, which the master tells of changes
   */
  public MasterParameters(MasterClient master, Names names, String api) {
    this.master = master;
    this.names = names;
    this.api = api;
  }

  @FunctionalInterface
  private interface MasterCall<T> {
    T run() throws IOException;
  }

  private <T> T ask(String what, MasterCall<T> call) {
    try {
      return call.run();
    } catch (XmlRpcFault e) {
      throw new RosException("the master refused to " + what + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new RosException(
          "cannot "
              + what
              + ": the master at "
              + master.uri()
              + " is not reached ("
              + e.getMessage()
              + "); is roscore running, and ROS_MASTER_URI right?",
          e);
    }
  }

  @Override
  public Optional<Object> get(String name) {
    String full = names.resolve(name);
    return ask("read parameter " + full, () -> master.getParam(full));
  }

  @Override
  public void set(String name, Object value) {
    String full = names.resolve(name);
    ask(
        "set parameter " + full,
        () -> {
          master.setParam(full, value);
          return true;
        });
  }

  @Override
  public boolean has(String name) {
    String full = names.resolve(name);
    return ask("look for parameter " + full, () -> master.hasParam(full));
  }

  @Override
  public boolean delete(String name) {
    String full = names.resolve(name);
    return ask("delete parameter " + full, () -> master.deleteParam(full));
  }

  @Override
  public Optional<String> search(String name) {
    return ask("search parameter " + name, () -> master.searchParam(name));
  }

  @Override
  public List<String> names() {
    return ask("list parameters", master::paramNames);
  }

  @Override
  public Optional<Object> watch(String name, Consumer<Object> onChange) {
    String full = names.resolve(name);
    watchers.computeIfAbsent(full, key -> new CopyOnWriteArrayList<>()).add(onChange);
    Object now = ask("watch parameter " + full, () -> master.subscribeParam(full, api));
    return now instanceof Map<?, ?> none && none.isEmpty() ? Optional.empty() : Optional.of(now);
  }

  /**
   * Takes a change that the master told.
   *
   * @param key the full name, perhaps with a slash at its end
   * @param value the value
   */
  public void changed(String key, Object value) {
    String changed = Names.clean(key);
    watchers.forEach(
        (watched, listeners) -> {
          if (changed.equals(watched)) {
            tell(listeners, watched, value);
          } else if (changed.startsWith(watched + "/")) {
            tell(listeners, watched, get(watched).orElse(Map.of()));
          }
        });
  }

  private static void tell(List<Consumer<Object>> listeners, String name, Object value) {
    for (Consumer<Object> listener : listeners) {
      try {
        listener.accept(value);
      } catch (RuntimeException e) {
        LOG.error("a listener of parameter {} failed", name, e);
      }
    }
  }

  /** Asks a new master to tell of changes, and tells the listeners what it holds. */
  public void registerAgain() throws IOException {
    for (Map.Entry<String, List<Consumer<Object>>> watched : watchers.entrySet()) {
      tell(watched.getValue(), watched.getKey(), master.subscribeParam(watched.getKey(), api));
    }
  }

  /** Asks the master to tell of no more changes. */
  public void unregister() throws IOException {
    for (String name : watchers.keySet()) {
      master.unsubscribeParam(name, api);
    }
    watchers.clear();
  }
}
