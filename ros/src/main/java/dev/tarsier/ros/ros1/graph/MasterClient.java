package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.RosException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The master's API as one node calls it. Each call throws {@link XmlRpcFault} where the master
 * refuses and another {@link IOException} where it cannot be reached. Any thread may call.
 */
public final class MasterClient {
  private final XmlRpcClient rpc;
  private final String caller;

  /**
   * A client of one master.
   *
   * @param uri such as {@code http://localhost:11311}
   * @param caller the node's full name
   * @param timeout of each call
   * @throws RosException where the URI is not one of HTTP; names what it is set with
   */
  public MasterClient(String uri, String caller, Duration timeout) {
    try {
      this.rpc = new XmlRpcClient(uri, timeout);
    } catch (RosException e) {
      throw new RosException("ROS_MASTER_URI (or __master:=) is " + e.getMessage(), e);
    }
    this.caller = caller;
  }

  /** Why a master was not reached, in words. */
  public static String reason(IOException e) {
    if (e instanceof UnknownHostException) {
      return "its host is not known: " + e.getMessage();
    }
    if (e instanceof SocketTimeoutException) {
      return "no answer in time";
    }
    return Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
  }

  /** The master's URI. */
  public String uri() {
    return rpc.uri();
  }

  /** The master's process id; another one tells that it was restarted. */
  public int pid() throws IOException {
    return rpc.callRos("getPid", caller) instanceof Integer pid ? pid : 0;
  }

  /**
   * The slave API of a node.
   *
   * @param node its full name
   * @return empty where the master knows no such node
   */
  public Optional<String> lookupNode(String node) throws IOException {
    try {
      return Optional.of(String.valueOf(rpc.callRos("lookupNode", caller, node)));
    } catch (XmlRpcFault e) {
      return Optional.empty();
    }
  }

  /**
   * Says that this node publishes a topic.
   *
   * @return the slave APIs of its subscribers
   */
  public List<String> registerPublisher(String topic, String type, String api) throws IOException {
    return texts(rpc.callRos("registerPublisher", caller, topic, type, api));
  }

  /**
   * Says that this node subscribes to a topic.
   *
   * @return the slave APIs of its publishers
   */
  public List<String> registerSubscriber(String topic, String type, String api) throws IOException {
    return texts(rpc.callRos("registerSubscriber", caller, topic, type, api));
  }

  /** Takes {@link #registerPublisher} back. */
  public void unregisterPublisher(String topic, String api) throws IOException {
    rpc.callRos("unregisterPublisher", caller, topic, api);
  }

  /** Takes {@link #registerSubscriber} back. */
  public void unregisterSubscriber(String topic, String api) throws IOException {
    rpc.callRos("unregisterSubscriber", caller, topic, api);
  }

  /** The types of the topics that have publishers, by full name. */
  public Map<String, String> publishedTopics() throws IOException {
    Map<String, String> types = new TreeMap<>();
    if (rpc.callRos("getPublishedTopics", caller, "") instanceof List<?> rows) {
      for (Object row : rows) {
        if (row instanceof List<?> pair && pair.size() == 2) {
          types.put(String.valueOf(pair.get(0)), String.valueOf(pair.get(1)));
        }
      }
    }
    return types;
  }

  /** A parameter's value. The name is full. */
  public Optional<Object> getParam(String name) throws IOException {
    try {
      return Optional.of(rpc.callRos("getParam", caller, name));
    } catch (XmlRpcFault e) {
      return absent(e);
    }
  }

  /** Sets a parameter. The name is full. */
  public void setParam(String name, Object value) throws IOException {
    rpc.callRos("setParam", caller, name, value);
  }

  /** Removes a parameter. @return whether it was set */
  public boolean deleteParam(String name) throws IOException {
    try {
      rpc.callRos("deleteParam", caller, name);
      return true;
    } catch (XmlRpcFault e) {
      absent(e);
      return false;
    }
  }

  /** The code -1 says that the parameter is not set; another one that the call was wrong. */
  private static <T> Optional<T> absent(XmlRpcFault fault) throws XmlRpcFault {
    if (fault.code() != -1) {
      throw fault;
    }
    return Optional.empty();
  }

  private static List<String> texts(Object value) {
    return value instanceof List<?> items
        ? items.stream().map(String::valueOf).toList()
        : List.of();
  }
}
