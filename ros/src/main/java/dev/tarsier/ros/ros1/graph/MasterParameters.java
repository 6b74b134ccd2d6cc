package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.Parameters;
import dev.tarsier.ros.port.RosException;
import java.io.IOException;
import java.util.Optional;

/** Parameters on a master over XML-RPC. Any thread may call. */
public final class MasterParameters implements Parameters {
  private final MasterClient master;
  private final Names names;

  /**
   * The parameters a node sees.
   *
   * @param master asked at each call
   * @param names of the node
   */
  public MasterParameters(MasterClient master, Names names) {
    this.master = master;
    this.names = names;
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
              + MasterClient.reason(e)
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
  public boolean delete(String name) {
    String full = names.resolve(name);
    return ask("delete parameter " + full, () -> master.deleteParam(full));
  }
}
