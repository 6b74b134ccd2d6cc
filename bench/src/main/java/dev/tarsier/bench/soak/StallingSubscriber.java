package dev.tarsier.bench.soak;

import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** A subscriber that is connected and reads nothing, as one does that hangs. One thread. */
final class StallingSubscriber implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final String NAME = "/soak_staller";
  private static final int LONGEST_MESSAGE = 64 << 20;

  private final Socket socket = new Socket();
  private final DataInputStream in;
  private final String api;

  /**
   * Connects, past the master.
   *
   * @param api where the publishing node is called
   * @param topic an image topic of it
   */
  StallingSubscriber(String api, String topic) throws IOException {
    this.api = api;
    List<?> place =
        (List<?>)
            new XmlRpcClient(api, TIMEOUT)
                .callRos("requestTopic", NAME, topic, List.of(List.of("TCPROS")));
    socket.setReceiveBufferSize(8 << 10);
    socket.connect(new InetSocketAddress((String) place.get(1), (Integer) place.get(2)), 5000);
    socket.getOutputStream().write(header(topic));
    socket.setSoTimeout(10_000);
    in = new DataInputStream(socket.getInputStream());
    in.readNBytes(Integer.reverseBytes(in.readInt())); // its header
  }

  /** {@code uint32 total}, then {@code uint32 length} and {@code key=value} for each field. */
  private static byte[] header(String topic) {
    ByteBuffer out = ByteBuffer.allocate(1 << 10).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(0);
    for (String field :
        List.of(
            "callerid=" + NAME,
            "topic=" + topic,
            "type=" + Image.TYPE.name(),
            "md5sum=" + Image.TYPE.md5())) {
      byte[] text = field.getBytes(StandardCharsets.UTF_8);
      out.putInt(text.length).put(text);
    }
    out.putInt(0, out.position() - Integer.BYTES);
    byte[] bytes = new byte[out.flip().limit()];
    out.get(bytes);
    return bytes;
  }

  /** Whether the node still has the connection. */
  boolean isServed() throws IOException {
    return new XmlRpcClient(api, TIMEOUT).callRos("getBusInfo", NAME) instanceof List<?> rows
        && rows.stream().anyMatch(row -> row instanceof List<?> cells && cells.contains(NAME));
  }

  /**
   * Reads again, until a message comes whose image is young.
   *
   * @param youngNanos how young
   * @param limitMillis for all of it
   * @return how many older ones came before it
   * @throws IOException where none did in time, or the node has ended the connection
   */
  int catchUp(long youngNanos, int limitMillis) throws IOException {
    long end = System.nanoTime() + limitMillis * 1_000_000L;
    ImageView view = new ImageView();
    byte[] body = new byte[0];
    for (int older = 0; ; older++) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new IOException(
            "got %d messages, all old, within %d ms".formatted(older, limitMillis));
      }
      socket.setSoTimeout((int) left);
      try {
        int length = Integer.reverseBytes(in.readInt());
        if (length < 0 || length > LONGEST_MESSAGE) {
          throw new IOException("got a message of " + Integer.toUnsignedString(length) + " bytes");
        }
        body = body.length == length ? body : new byte[length];
        in.readFully(body);
      } catch (EOFException | SocketException e) {
        throw new IOException(
            "got %d messages, and the node ended the connection".formatted(older), e);
      } catch (SocketTimeoutException e) {
        throw new IOException(
            "got %d messages, and no further one within %d ms".formatted(older, limitMillis), e);
      }
      long stamp = view.over(ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN)).stampNanos();
      if (Listener.now() - stamp < youngNanos) {
        return older;
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
