package dev.tarsier.ros.graph;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.Proxy;
import java.net.URL;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Calls one XML-RPC server, with a connection per call: a peer that restarts is then never met with
 * a stale connection. Any thread may call.
 */
public final class XmlRpcClient {
  /** A robot description of some megabytes is the largest value met in practice. */
  private static final int MAX_REPLY_BYTES = 64 << 20;

  private final URL url;
  private final int timeoutMillis;

  /**
   * A client of one server.
   *
   * @param uri such as {@code http://robot:11311}
   * @param timeout for connecting, and for each wait for the answer
   * @throws RosException where the URI is not one of HTTP
   */
  public XmlRpcClient(String uri, Duration timeout) {
    try {
      this.url = new URL(uri);
    } catch (MalformedURLException e) {
      throw new RosException("not a URI like http://host:port : '" + uri + "'", e);
    }
    if (!url.getProtocol().equals("http") || url.getHost().isEmpty()) {
      throw new RosException("not a URI like http://host:port : '" + uri + "'");
    }
    this.timeoutMillis = Math.toIntExact(timeout.toMillis());
  }

  /** The server's address. */
  public String uri() {
    return url.toString();
  }

  /**
   * Calls a method and waits for its result.
   *
   * @param method such as {@code getPid}
   * @param arguments Not modified.
   * @throws XmlRpcFault where the server answers with a fault or nonsense
   * @throws IOException where it cannot be reached or does not answer in time
   */
  public Object call(String method, Object... arguments) throws IOException {
    return call(method, Arrays.asList(arguments));
  }

  private Object call(String method, List<Object> arguments) throws IOException {
    byte[] request = XmlRpcCodec.encodeCall(method, arguments);
    HttpURLConnection http = (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
    try {
      http.setConnectTimeout(timeoutMillis);
      http.setReadTimeout(timeoutMillis);
      http.setUseCaches(false);
      http.setInstanceFollowRedirects(false);
      http.setRequestMethod("POST");
      http.setRequestProperty("Content-Type", "text/xml");
      http.setRequestProperty("User-Agent", "tarsier");
      http.setDoOutput(true);
      http.setFixedLengthStreamingMode(request.length);
      try (OutputStream out = http.getOutputStream()) {
        out.write(request);
      }
      if (http.getResponseCode() != HttpURLConnection.HTTP_OK) {
        throw new IOException(
            uri() + " answered " + method + " with HTTP status " + http.getResponseCode());
      }
      try (InputStream in = http.getInputStream()) {
        byte[] reply = in.readNBytes(MAX_REPLY_BYTES + 1);
        if (reply.length > MAX_REPLY_BYTES) {
          throw new IOException(uri() + " answered " + method + " with more than 64 MB");
        }
        return XmlRpcCodec.decodeResponse(reply);
      }
    } finally {
      // rather than "Connection: close", at which the JDK's server now and then resets the
      // connection before its answer has been read
      http.disconnect();
    }
  }

  /**
   * Calls a method of a ROS API and takes the value out of its {@code [code, message, value]}.
   *
   * @param method such as {@code lookupNode}
   * @param arguments Not modified.
   * @return the value
   * @throws XmlRpcFault with the code and the message, where the code is not 1
   * @throws IOException where the server cannot be reached or does not answer in time
   */
  public Object callRos(String method, Object... arguments) throws IOException {
    Object reply = call(method, Arrays.asList(arguments));
    if (reply instanceof List<?> parts
        && parts.size() >= 2
        && parts.get(0) instanceof Integer code) {
      if (code != 1) {
        throw new XmlRpcFault(code, String.valueOf(parts.get(1)));
      }
      // roscpp's replies leave the value out where there is nothing to say
      return parts.size() > 2 ? parts.get(2) : 0;
    }
    throw new XmlRpcFault(
        -32600, uri() + " answered " + method + " with no [code, message, value]: " + reply);
  }
}
