package dev.tarsier.runtime.telemetry;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One connection to a broker: MQTT 3.1.1 (OASIS, 2014) as far as telemetry needs it. Publishes with
 * QoS 0 and 1, and subscribes to one topic with QoS 0.
 *
 * <p>What the broker sends cannot cost more than a buffer of {@value #MOST_PAYLOAD} bytes: longer
 * packets are skipped or refused by their header. A broker that falls silent, drips, floods or
 * breaks the protocol ends the connection, with the reason.
 *
 * <p>A thread of its own opens and reads. {@link #publish}, {@link #subscribe} and {@link #ping}
 * are for one other thread, which they hold up at most until the reading thread has found that the
 * broker no longer answers. Any thread may look at the state or close.
 */
final class MqttConnection implements Closeable {
  /** The longest message that is taken; a status has a few hundred bytes. */
  static final int MOST_PAYLOAD = 8192;

  private static final int CONNECT = 0x10;
  private static final int CONNACK = 0x20;
  private static final int PUBLISH = 0x30;
  private static final int PUBACK = 0x40;
  private static final int SUBSCRIBE = 0x82;
  private static final int SUBACK = 0x90;
  private static final int PINGREQ = 0xC0;
  private static final int PINGRESP = 0xD0;
  private static final int DISCONNECT = 0xE0;
  private static final int REFUSED = 0x80;
  private static final int SLACK_MILLIS = 3000;

  private final BrokerSocket socket;
  private final Greeting greeting;
  private final Listener listener;
  private final byte[] payload = new byte[MOST_PAYLOAD];
  private final AtomicInteger unacknowledged = new AtomicInteger();
  private final AtomicBoolean pingUnanswered = new AtomicBoolean();

  private volatile boolean connected;
  private volatile boolean subscriptionRefused;
  private volatile boolean subscriptionAnswered;
  private volatile byte[] subscribed = {};
  private volatile int lastAcknowledged;
  private volatile Ending ending;

  // Writing thread only.
  private int packetId;

  /**
   * What is said when connecting.
   *
   * @param clientId unlike any other client's
   * @param login who this is
   * @param keepAliveSeconds the broker publishes the will after 1.5 times this much silence
   * @param connectMillis for everything until the broker has accepted
   * @param willTopic where the last will goes, retained, QoS 1; empty = no will
   * @param will the last will. Not modified.
   */
  record Greeting(
      String clientId,
      BrokerLogin login,
      int keepAliveSeconds,
      long connectMillis,
      String willTopic,
      byte[] will) {}

  /**
   * How a connection ended.
   *
   * @param refusal the broker's return code, 1 to 5, where it said no; otherwise 0
   * @param reason for people
   * @param fault of our own program; null where it was the network's or the broker's doing
   */
  record Ending(int refusal, String reason, Throwable fault) {}

  /** Told on the reading thread; must not wait. */
  interface Listener {
    /** Something changed: connected, acknowledged, refused, ended. */
    void changed();

    /**
     * A message on the subscribed topic.
     *
     * @param message empty where it was too long to be taken. The receiver's.
     * @param retained whether it was there before the subscription
     */
    void message(byte[] message, boolean retained);
  }

  /**
   * @param socket not open yet; closed with this
   * @param greeting Not modified.
   * @param listener told on the reading thread
   */
  MqttConnection(BrokerSocket socket, Greeting greeting, Listener listener) {
    this.socket = socket;
    this.greeting = greeting;
    this.listener = listener;
  }

  /** Connects and reads, on a daemon thread of its own. Call once. */
  Thread start() {
    Thread thread = new Thread(this::run, "tarsier-telemetry-receive");
    thread.setDaemon(true);
    socket.allowMillis(greeting.connectMillis());
    thread.start();
    return thread;
  }

  /** Whether the broker has accepted and nothing has gone wrong since. */
  boolean connected() {
    return connected && ending == null;
  }

  /** How it ended; null where it did not yet. */
  Ending ending() {
    return ending;
  }

  /** Whether the broker has answered to {@link #subscribe}. */
  boolean subscriptionAnswered() {
    return subscriptionAnswered;
  }

  /** Whether the broker has refused the subscription. */
  boolean subscriptionRefused() {
    return subscriptionRefused;
  }

  /** Whether the broker has acknowledged a message. */
  boolean acknowledged(int id) {
    return lastAcknowledged == id;
  }

  /**
   * Sends a message.
   *
   * @param qos 0 or 1
   * @return its id for {@link #acknowledged}; 0 with QoS 0
   * @throws IOException when the connection is going
   */
  int publish(String topic, byte[] message, int qos, boolean retained) throws IOException {
    Packet packet = new Packet();
    packet.text(topic);
    int id = 0;
    if (qos > 0) {
      id = nextId();
      packet.number(id);
      unacknowledged.incrementAndGet();
    }
    packet.bytes(message);
    write(packet.of(PUBLISH | qos << 1 | (retained ? 1 : 0)));
    return id;
  }

  /** Asks for the messages of a topic. Call once. */
  void subscribe(String topic) throws IOException {
    subscribed = topic.getBytes(StandardCharsets.UTF_8);
    Packet packet = new Packet();
    packet.number(nextId());
    packet.text(topic);
    packet.octet(0);
    write(packet.of(SUBSCRIBE));
  }

  /** Asks the broker whether it is there, where it has answered the last time. */
  void ping() throws IOException {
    if (pingUnanswered.compareAndSet(false, true)) {
      write(new Packet().of(PINGREQ));
    }
  }

  /** Takes leave, so that the broker forgets the last will and ends the connection. */
  void disconnect() throws IOException {
    write(new Packet().of(DISCONNECT));
    socket.finish();
  }

  @Override
  public void close() {
    socket.close();
  }

  private int nextId() {
    packetId = packetId % 0xFFFF + 1;
    return packetId;
  }

  private void write(byte[] packet) throws IOException {
    OutputStream out = socket.out();
    out.write(packet);
    out.flush();
  }

  private void run() {
    Ending end;
    try {
      socket.open();
      InputStream in = new BufferedInputStream(socket.in(), 1024);
      write(connectPacket());
      int refusal = readConnack(in);
      if (refusal == 0) {
        connected = true;
        listener.changed();
        readAll(in);
        end = new Ending(0, "the broker closed the connection", null);
      } else {
        end = new Ending(refusal, "the broker refuses: " + refusal(refusal), null);
      }
    } catch (IOException e) {
      end = new Ending(0, reason(e), null);
    } catch (RuntimeException | Error e) {
      // No thread ends unnoticed; the telemetry thread tells.
      end = new Ending(0, "receiving failed: " + e, e);
    } finally {
      socket.close();
    }
    ending = end;
    listener.changed();
  }

  private byte[] connectPacket() {
    Packet packet = new Packet();
    boolean will = !greeting.willTopic().isEmpty();
    String user = greeting.login().user();
    byte[] password = greeting.login().password();
    packet.text("MQTT");
    packet.octet(4);
    packet.octet(
        0x02
            | (will ? 0x2C : 0)
            | (user.isEmpty() ? 0 : 0x80)
            | (user.isEmpty() || password.length == 0 ? 0 : 0x40));
    packet.number(greeting.keepAliveSeconds());
    packet.text(greeting.clientId());
    if (will) {
      packet.text(greeting.willTopic());
      packet.sized(greeting.will());
    }
    if (!user.isEmpty()) {
      packet.text(user);
      if (password.length > 0) {
        packet.sized(password);
      }
    }
    return packet.of(CONNECT);
  }

  private static int readConnack(InputStream in) throws IOException {
    int header = octet(in);
    int length = length(in);
    if (header != CONNACK || length != 2) {
      throw new IOException("it is no MQTT broker: it answered with " + shown(header, length));
    }
    octet(in);
    return octet(in);
  }

  private void readAll(InputStream in) throws IOException {
    answered();
    for (int header = in.read(); header >= 0; header = in.read()) {
      int length = length(in);
      if ((header & 0xF0) == PUBLISH) {
        readMessage(in, header, length);
      } else {
        readAnswer(in, header, length);
        answered();
        listener.changed();
      }
    }
  }

  /** Only what was asked for moves the deadline: the rest a broker could send for ever. */
  private void answered() {
    socket.allowMillis(2000L * greeting.keepAliveSeconds() + SLACK_MILLIS);
  }

  private void readAnswer(InputStream in, int header, int length) throws IOException {
    boolean right = false;
    if (header == PINGRESP && length == 0) {
      right = pingUnanswered.compareAndSet(true, false);
    } else if (header == PUBACK && length == 2) {
      lastAcknowledged = octet(in) << 8 | octet(in);
      right = unacknowledged.getAndUpdate(open -> Math.max(0, open - 1)) > 0;
    } else if (header == SUBACK && length == 3 && subscribed.length > 0 && !subscriptionAnswered) {
      in.skipNBytes(2);
      subscriptionRefused = octet(in) == REFUSED;
      subscriptionAnswered = true;
      right = true;
    }
    if (!right) {
      throw new IOException("the broker sent what nobody asked for: " + shown(header, length));
    }
  }

  private void readMessage(InputStream in, int header, int length) throws IOException {
    boolean retained = (header & 1) != 0;
    if ((header & 0x06) != 0) {
      throw new IOException("the broker sent a message with another QoS than it was asked for");
    }
    if (length > MOST_PAYLOAD) {
      in.skipNBytes(length);
      listener.message(new byte[0], retained);
      return;
    }
    if (in.readNBytes(payload, 0, length) < length) {
      throw new EOFException("the broker closed the connection");
    }
    int topic = length < 2 ? -1 : (payload[0] & 0xFF) << 8 | (payload[1] & 0xFF);
    int from = 2 + topic;
    if (topic < 1 || from > length) {
      throw new IOException("the broker sent a message that is damaged");
    }
    if (Arrays.equals(payload, 2, from, subscribed, 0, subscribed.length)) {
      listener.message(Arrays.copyOfRange(payload, from, length), retained);
    }
  }

  private static int length(InputStream in) throws IOException {
    int length = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      int next = octet(in);
      length |= (next & 0x7F) << shift;
      if (next < 0x80) {
        return length;
      }
    }
    throw new IOException("the broker sent a packet whose length has no end");
  }

  private static int octet(InputStream in) throws IOException {
    int next = in.read();
    if (next < 0) {
      throw new EOFException("the broker closed the connection");
    }
    return next;
  }

  private static String shown(int header, int length) {
    return "a packet 0x%02X of %d bytes".formatted(header, length);
  }

  private static String refusal(int code) {
    return switch (code) {
      case 1 -> "it does not speak MQTT 3.1.1";
      case 2 -> "it does not like the client's name";
      case 3 -> "it is not ready";
      case 4 -> "wrong user or password";
      case 5 -> "this user may not connect";
      default -> "code " + code;
    };
  }

  private static String reason(IOException e) {
    if (e instanceof UnknownHostException) {
      return "its host is not known: " + e.getMessage();
    }
    if (e instanceof SocketTimeoutException) {
      return "no answer in time";
    }
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return Objects.requireNonNullElse(root.getMessage(), root.getClass().getSimpleName());
  }

  /** A packet in the making. */
  private static final class Packet {
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    void octet(int value) {
      body.write(value);
    }

    void number(int value) {
      body.write(value >> 8);
      body.write(value);
    }

    void bytes(byte[] value) {
      body.writeBytes(value);
    }

    void sized(byte[] value) {
      if (value.length > 0xFFFF) {
        throw new IllegalArgumentException(
            "MQTT takes at most 65535 bytes there, got " + value.length);
      }
      number(value.length);
      bytes(value);
    }

    void text(String value) {
      sized(value.getBytes(StandardCharsets.UTF_8));
    }

    byte[] of(int header) {
      ByteArrayOutputStream packet = new ByteArrayOutputStream(body.size() + 5);
      packet.write(header);
      int left = body.size();
      do {
        packet.write(left % 128 | (left > 127 ? 0x80 : 0));
        left /= 128;
      } while (left > 0);
      packet.writeBytes(body.toByteArray());
      return packet.toByteArray();
    }
  }
}
