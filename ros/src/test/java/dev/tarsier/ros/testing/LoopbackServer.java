package dev.tarsier.ros.testing;

import dev.tarsier.ros.ros1.graph.SupervisedThreads;
import dev.tarsier.ros.ros1.graph.XmlRpcServer;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/** XML-RPC servers with a node's limits, on loopback. */
public final class LoopbackServer {
  private LoopbackServer() {}

  /** One on a port that the system chooses. */
  public static XmlRpcServer of(Map<String, XmlRpcServer.Method> methods) throws IOException {
    return of(0, methods);
  }

  /** One on a port. */
  public static XmlRpcServer of(int port, Map<String, XmlRpcServer.Method> methods)
      throws IOException {
    return new XmlRpcServer(
        List.of(InetAddress.getLoopbackAddress()),
        port,
        new SupervisedThreads("test"),
        XmlRpcServer.Limits.NODE,
        methods);
  }
}
