package dev.tarsier.ros.graph;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves XML-RPC methods over HTTP, {@code system.multicall} and {@code system.listMethods} among
 * them. A method runs on one of a few threads of the server and must not block for long. A wrong
 * call is answered with a fault; it never ends the server.
 */
public final class XmlRpcServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(XmlRpcServer.class);
  private static final int MAX_REQUEST_BYTES = 16 << 20;
  private static final int THREADS = 8;
  private static final int UNKNOWN_METHOD = -32601;

  static {
    // read once by the JDK's server: answer without Nagle's delay, and let no peer that sends
    // half a request hold a thread
    setIfAbsent("sun.net.httpserver.nodelay", "true");
    setIfAbsent("sun.net.httpserver.maxReqTime", "20");
    setIfAbsent("sun.net.httpserver.maxRspTime", "60");
  }

  private final HttpServer http;
  private final ExecutorService threads;
  private final Map<String, Method> methods;

  /** One method that can be called. */
  @FunctionalInterface
  public interface Method {
    /**
     * Runs the method.
     *
     * @param arguments as sent; may be modified
     * @return a value that XML-RPC can carry
     * @throws IOException told to the caller as a fault
     */
    Object call(List<Object> arguments) throws IOException;
  }

  /**
   * Starts to serve.
   *
   * @param bind address and port; port 0 takes a free one
   * @param name of the threads
   * @param methods by name. Copied.
   * @throws IOException where the address is taken or not this machine's
   */
  public XmlRpcServer(InetSocketAddress bind, String name, Map<String, Method> methods)
      throws IOException {
    Map<String, Method> all = new LinkedHashMap<>(methods);
    all.put("system.multicall", this::multicall);
    all.put("system.listMethods", arguments -> List.copyOf(all.keySet()));
    this.methods = all;
    this.http = HttpServer.create(bind, 64);
    AtomicInteger count = new AtomicInteger();
    this.threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    http.setExecutor(threads);
    http.createContext("/", this::answer);
    http.start();
  }

  /** The port it serves on. */
  public int port() {
    return http.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("POST")) {
        exchange.getResponseHeaders().set("Allow", "POST");
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      byte[] request;
      try (InputStream body = exchange.getRequestBody()) {
        request = body.readNBytes(MAX_REQUEST_BYTES + 1);
      }
      if (request.length > MAX_REQUEST_BYTES) {
        exchange.getResponseHeaders().set("Connection", "close");
        exchange.sendResponseHeaders(413, -1);
        return;
      }
      byte[] reply = reply(request);
      exchange.getResponseHeaders().set("Content-Type", "text/xml");
      exchange.sendResponseHeaders(200, reply.length);
      exchange.getResponseBody().write(reply);
    }
  }

  private byte[] reply(byte[] request) {
    try {
      XmlRpcCodec.Call call = XmlRpcCodec.decodeCall(request);
      return XmlRpcCodec.encodeResponse(run(call.method(), call.arguments()));
    } catch (XmlRpcFault e) {
      return XmlRpcCodec.encodeFault(e.code(), e.getMessage());
    } catch (IOException | RuntimeException e) {
      LOG.debug("an XML-RPC call failed", e);
      return XmlRpcCodec.encodeFault(-32500, String.valueOf(e.getMessage()));
    }
  }

  private Object run(String name, List<Object> arguments) throws IOException {
    Method method = methods.get(name);
    if (method == null) {
      throw new XmlRpcFault(UNKNOWN_METHOD, "method '" + name + "' is not served");
    }
    return method.call(arguments);
  }

  private Object multicall(List<Object> arguments) throws IOException {
    if (arguments.size() != 1 || !(arguments.get(0) instanceof List<?> calls)) {
      throw new XmlRpcFault(-32602, "system.multicall takes one array of calls");
    }
    List<Object> results = new ArrayList<>();
    for (Object call : calls) {
      results.add(oneOfMany(call));
    }
    return results;
  }

  private Object oneOfMany(Object call) {
    try {
      if (call instanceof Map<?, ?> members
          && members.get("methodName") instanceof String name
          && members.get("params") instanceof List<?> params) {
        if (name.equals("system.multicall")) {
          return XmlRpcCodec.fault(-32600, "system.multicall does not nest");
        }
        return List.of(run(name, new ArrayList<>(params)));
      }
      return XmlRpcCodec.fault(-32602, "a call must have methodName and params");
    } catch (XmlRpcFault e) {
      return XmlRpcCodec.fault(e.code(), e.getMessage());
    } catch (IOException | RuntimeException e) {
      return XmlRpcCodec.fault(-32500, String.valueOf(e.getMessage()));
    }
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Stops at once; calls that run are cut off. */
  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
