package dev.tarsier.runtime.telemetry;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.net.SocketFactory;
import org.eclipse.paho.client.mqttv3.IMqttActionListener;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.MqttPingSender;
import org.eclipse.paho.client.mqttv3.MqttToken;
import org.eclipse.paho.client.mqttv3.internal.ClientComms;
import org.eclipse.paho.client.mqttv3.internal.wire.MqttPingReq;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * One connection to a broker: Eclipse Paho's client (MQTT 3.1.1) over a {@link BrokerSocket},
 * behind a guard. Publishes with QoS 0 and 1, and subscribes to one topic with QoS 0.
 *
 * <p>Paho believes what a packet says of itself, so it gets whole packets, each of them checked and
 * asked for. What the broker sends cannot cost more than a buffer of {@value #MOST_PAYLOAD} bytes:
 * longer packets are skipped or refused by their header. A broker that falls silent, drips, floods
 * or breaks the protocol ends the connection, with the reason.
 *
 * <p>A thread of its own opens, and ends when all of Paho's threads have ended. {@link #publish},
 * {@link #subscribe} and {@link #ping} are for one other thread, which they hold up while {@value
 * #MOST_QUEUED} packets are not written, at most until it is found that the broker no longer
 * answers. Any thread may look at the state or close.
 */
final class MqttConnection implements Closeable {
  /** The longest message that is taken; a status has a few hundred bytes. */
  static final int MOST_PAYLOAD = 8192;

  private static final int CONNACK = 0x20;
  private static final int PUBLISH = 0x30;
  private static final int PUBACK = 0x40;
  private static final int SUBACK = 0x90;
  private static final int PINGRESP = 0xD0;
  private static final int REFUSED = 0x80;
  private static final int SLACK_MILLIS = 3000;

  /** To connect, receive, send, call back and take leave. */
  private static final int PAHO_THREADS = 5;

  private static final int MOST_IN_FLIGHT = 1000;
  private static final int MOST_QUEUED = 8;
  private static final int PAHO_MILLIS = 10_000;
  private static final int WHY_MILLIS = 500;

  /** Paho wants an address; the connection is the {@link BrokerSocket}'s. */
  private static final String NOWHERE = "tcp://127.0.0.1";

  private final BrokerSocket socket;
  private final Greeting greeting;
  private final Listener listener;
  private final PahoPings pings = new PahoPings();
  private final CountDownLatch greeted = new CountDownLatch(1);
  private final CountDownLatch over = new CountDownLatch(1);
  private final Semaphore room = new Semaphore(MOST_QUEUED);
  private final AtomicReference<Ending> first = new AtomicReference<>();
  private final AtomicInteger unacknowledged = new AtomicInteger();
  private final AtomicBoolean pingUnanswered = new AtomicBoolean();

  private volatile boolean connected;
  private volatile boolean subscriptionRefused;
  private volatile boolean subscriptionAnswered;
  private volatile byte[] subscribed = {};
  private volatile int lastAcknowledged;
  private volatile boolean leaving;
  private volatile MqttAsyncClient client;
  private volatile Ending ending;

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

  /** Told on a thread of the connection; must not wait. */
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
   * @param listener told on a thread of the connection
   */
  MqttConnection(BrokerSocket socket, Greeting greeting, Listener listener) {
    this.socket = socket;
    this.greeting = greeting;
    this.listener = listener;
  }

  /** Connects, and sees to the end, on a daemon thread of its own. Call once. */
  Thread start() {
    Thread thread = new Thread(this::run, "tarsier-telemetry-receive");
    thread.setDaemon(true);
    socket.allowMillis(greeting.connectMillis());
    thread.start();
    return thread;
  }

  /** Whether the broker has accepted and nothing has gone wrong since. */
  boolean connected() {
    return connected && first.get() == null;
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
    if (qos > 0) {
      unacknowledged.incrementAndGet();
    }
    IMqttActionListener told = qos > 0 ? new Told(this::noteAcknowledged) : null;
    int id = send(() -> client.publish(topic, message, qos, retained, null, told).getMessageId());
    return qos > 0 ? id : 0;
  }

  /** Asks for the messages of a topic. Call once. */
  void subscribe(String topic) throws IOException {
    subscribed = topic.getBytes(StandardCharsets.UTF_8);
    send(() -> client.subscribe(topic, 0, null, new Told(this::noteSubscribed)).getMessageId());
  }

  /** Asks the broker whether it is there, where it has answered the last time. */
  void ping() throws IOException {
    if (pingUnanswered.compareAndSet(false, true)) {
      send(pings::ask);
    }
  }

  /** Takes leave, so that the broker forgets the last will and ends the connection. */
  void disconnect() throws IOException {
    leaving = true;
    send(() -> client.disconnect(0).getMessageId());
  }

  @Override
  public void close() {
    end(new Ending(0, "closed", null));
    socket.close();
  }

  /** Waits while a few packets are not written yet: nothing is to wait in Paho for better times. */
  private int send(Sending what) throws IOException {
    room.acquireUninterruptibly();
    Ending known = first.get();
    if (known != null) {
      throw new IOException(known.reason());
    }
    try {
      return what.send();
    } catch (MqttException e) {
      Ending why = first.get();
      throw new IOException(why == null ? reason(e) : why.reason(), e);
    }
  }

  private void noteAcknowledged(IMqttToken token) {
    lastAcknowledged = token.getMessageId();
    listener.changed();
  }

  private void noteSubscribed(IMqttToken token) {
    subscriptionRefused = token.getGrantedQos()[0] == REFUSED;
    subscriptionAnswered = true;
    listener.changed();
  }

  private void noteConnected() {
    connected = true;
    listener.changed();
  }

  /** The first reason is the reason; what Paho says afterwards follows from it. */
  private void end(Ending how) {
    if (first.compareAndSet(null, how)) {
      over.countDown();
      room.release(MOST_IN_FLIGHT);
    }
  }

  private void end(Throwable e) {
    Throwable root = root(e);
    boolean ours = !(root instanceof IOException || root instanceof MqttException);
    // No thread ends unnoticed; the telemetry thread tells.
    end(ours ? new Ending(0, "receiving failed: " + root, root) : new Ending(0, reason(e), null));
  }

  private void run() {
    try {
      socket.open();
      converse();
    } catch (IOException | MqttException | InterruptedException | RuntimeException | Error e) {
      end(e);
    } finally {
      socket.close();
    }
    ending = first.get();
    listener.changed();
  }

  private void converse() throws IOException, MqttException, InterruptedException {
    ScheduledExecutorService threads =
        new ScheduledThreadPoolExecutor(PAHO_THREADS, MqttConnection::daemon);
    try {
      MqttAsyncClient paho =
          new MqttAsyncClient(
              NOWHERE, greeting.clientId(), new MemoryPersistence(), pings, threads);
      client = paho;
      paho.setCallback(new Events());
      paho.connect(options(), null, new Told(token -> noteConnected()));
      try {
        awaitEnd();
      } finally {
        socket.close();
        // One that is stopped while it starts waits for its threads for ever.
        if (greeted.await(PAHO_MILLIS, TimeUnit.MILLISECONDS)) {
          paho.disconnectForcibly(0, 1, false);
        }
      }
    } finally {
      threads.shutdownNow();
      if (!threads.awaitTermination(PAHO_MILLIS, TimeUnit.MILLISECONDS)) {
        end(new IllegalStateException("Paho's threads do not end"));
      }
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "MQTT");
    thread.setDaemon(true);
    return thread;
  }

  /** Watches the deadline too: who reads might be Paho, and hang. */
  private void awaitEnd() throws IOException, InterruptedException {
    boolean ended = false;
    while (!ended) {
      ended = over.await(socket.remainingMillis() + 1L, TimeUnit.MILLISECONDS);
    }
  }

  private MqttConnectOptions options() {
    MqttConnectOptions options = new MqttConnectOptions();
    options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
    options.setCleanSession(true);
    options.setAutomaticReconnect(false);
    options.setMaxInflight(MOST_IN_FLIGHT);
    options.setKeepAliveInterval(greeting.keepAliveSeconds());
    options.setSocketFactory(new GuardedSockets());
    if (!greeting.willTopic().isEmpty()) {
      options.setWill(greeting.willTopic(), greeting.will(), 1, true);
    }
    String user = greeting.login().user();
    byte[] password = greeting.login().password();
    if (!user.isEmpty()) {
      options.setUserName(user);
      if (password.length > 0) {
        options.setPassword(new String(password, StandardCharsets.UTF_8).toCharArray());
      }
    }
    return options;
  }

  /** Only what was asked for moves the deadline: the rest a broker could send for ever. */
  private void answered() {
    socket.allowMillis(2000L * greeting.keepAliveSeconds() + SLACK_MILLIS);
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

  private static String reason(Throwable e) {
    if (e instanceof UnknownHostException) {
      return "its host is not known: " + e.getMessage();
    }
    if (e instanceof SocketTimeoutException) {
      return "no answer in time";
    }
    Throwable root = root(e);
    return Objects.requireNonNullElse(root.getMessage(), root.getClass().getSimpleName());
  }

  private static Throwable root(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /** Hands something to Paho; returns its id. */
  private interface Sending {
    int send() throws MqttException;
  }

  /** What Paho says of one thing that it was to do; that it failed, the connection's end says. */
  private final class Told implements IMqttActionListener {
    private final Consumer<IMqttToken> done;

    Told(Consumer<IMqttToken> done) {
      this.done = done;
    }

    @Override
    public void onSuccess(IMqttToken token) {
      try {
        done.accept(token);
      } catch (RuntimeException | Error e) {
        end(e);
      }
    }

    @Override
    public void onFailure(IMqttToken token, Throwable cause) {
      end(cause);
    }
  }

  /** What Paho says without being asked. */
  private final class Events implements MqttCallback {
    @Override
    public void connectionLost(Throwable cause) {
      end(cause);
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
      try {
        listener.message(message.getPayload(), message.isRetained());
      } catch (RuntimeException | Error e) {
        end(e);
      }
    }

    @Override
    public void deliveryComplete(IMqttDeliveryToken token) {
      // Each message has its own listener.
    }
  }

  /** Paho's own timer would ask later than telemetry does, and with a thread of its own. */
  private final class PahoPings implements MqttPingSender {
    private ClientComms paho;

    int ask() throws MqttException {
      paho.sendNoWait(new MqttPingReq(), new MqttToken(greeting.clientId()));
      return 0;
    }

    @Override
    public void init(ClientComms comms) {
      paho = comms;
    }

    @Override
    public void start() {
      // Telemetry asks.
    }

    @Override
    public void stop() {
      // Nothing runs.
    }

    @Override
    public void schedule(long delayInMilliseconds) {
      // Telemetry asks.
    }
  }

  /** Makes Paho's one socket. */
  private final class GuardedSockets extends SocketFactory {
    @Override
    public Socket createSocket() {
      return new GuardedSocket();
    }

    @Override
    public Socket createSocket(String host, int port) {
      return createSocket();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
      return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
      return createSocket();
    }
  }

  /** The open {@link BrokerSocket} as Paho sees it. */
  private final class GuardedSocket extends Socket {
    private final InputStream in = new GuardedInput(new BufferedInputStream(socket.in(), 1024));
    private final OutputStream out = new WatchedOutput();

    @Override
    public void connect(SocketAddress endpoint, int timeout) {
      // It is.
    }

    @Override
    public void setSoTimeout(int timeout) {
      // Reading has a deadline.
    }

    @Override
    public InputStream getInputStream() {
      return in;
    }

    @Override
    public OutputStream getOutputStream() {
      return out;
    }

    @Override
    public synchronized void close() throws IOException {
      if (leaving) {
        // The broker ends it when it has read everything.
        socket.finish();
      } else {
        socket.close();
      }
    }
  }

  /** Notes what is on its way. Paho's sending thread only. */
  private final class WatchedOutput extends OutputStream {
    private boolean connectSent;

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      greeted.countDown();
      try {
        socket.out().write(from, offset, length);
      } catch (IOException e) {
        endUnlessToldWhy(e);
        throw e;
      }
    }

    /**
     * A broker that ends the connection says why first, and who reads is about to see it; that its
     * end breaks what is being written says nothing.
     */
    private void endUnlessToldWhy(IOException e) {
      try {
        if (over.await(WHY_MILLIS, TimeUnit.MILLISECONDS)) {
          return;
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      end(e);
    }

    /** Paho does so once for each packet. */
    @Override
    public void flush() throws IOException {
      try {
        socket.out().flush();
      } catch (IOException e) {
        endUnlessToldWhy(e);
        throw e;
      }
      if (connectSent) {
        room.release();
      }
      connectSent = true;
    }
  }

  /** Reads and checks a packet, then lets Paho read it. Paho's receiving thread only. */
  private final class GuardedInput extends InputStream {
    private final InputStream from;
    private final byte[] packet = new byte[5 + MOST_PAYLOAD];
    private int next;
    private int end;
    private boolean accepted;
    private boolean subscriptionRead;

    GuardedInput(InputStream from) {
      this.from = from;
    }

    @Override
    public int available() {
      return end - next;
    }

    @Override
    public int read() throws IOException {
      fill();
      return packet[next++] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      fill();
      int count = Math.min(length, end - next);
      System.arraycopy(packet, next, to, offset, count);
      next += count;
      return count;
    }

    private void fill() throws IOException {
      try {
        while (next == end) {
          next = 0;
          end = 0;
          awaitGreeting();
          end = readPacket();
        }
      } catch (IOException e) {
        end(e);
        // Paho takes a timeout for a reason to go on.
        throw new IOException(reason(e), e);
      } catch (RuntimeException | Error e) {
        end(e);
        throw e;
      }
    }

    /** A receiver that ends before Paho has seen it start is waited for, for ever. */
    private void awaitGreeting() {
      boolean interrupted = false;
      while (greeted.getCount() > 0) {
        try {
          greeted.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    /** Returns its length; 0 where Paho does not need it. */
    private int readPacket() throws IOException {
      int header = octet();
      packet[0] = (byte) header;
      int body = 1;
      int length = 0;
      int more = 0x80;
      while (more >= 0x80) {
        if (body > 4) {
          throw new IOException("the broker sent a packet whose length has no end");
        }
        more = octet();
        packet[body] = (byte) more;
        length |= (more & 0x7F) << (7 * (body - 1));
        body++;
      }
      if (!accepted) {
        readConnack(header, body, length);
      } else if ((header & 0xF0) == PUBLISH) {
        return readMessage(header, body, length) ? body + length : 0;
      } else {
        readAnswer(header, body, length);
      }
      answered();
      return body + length;
    }

    private void readConnack(int header, int body, int length) throws IOException {
      if (header != CONNACK || length != 2) {
        throw new IOException("it is no MQTT broker: it answered with " + shown(header, length));
      }
      readBody(body, length);
      int code = packet[body + 1] & 0xFF;
      if (code != 0) {
        String reason = "the broker refuses: " + refusal(code);
        end(new Ending(code, reason, null));
        throw new IOException(reason);
      }
      accepted = true;
    }

    private void readAnswer(int header, int body, int length) throws IOException {
      boolean right = false;
      if (header == PINGRESP && length == 0) {
        right = pingUnanswered.compareAndSet(true, false);
      } else if (header == PUBACK && length == 2) {
        right = unacknowledged.getAndUpdate(open -> Math.max(0, open - 1)) > 0;
      } else if (header == SUBACK && length == 3) {
        right = subscribed.length > 0 && !subscriptionRead;
        subscriptionRead = true;
      }
      if (!right) {
        throw new IOException("the broker sent what nobody asked for: " + shown(header, length));
      }
      readBody(body, length);
    }

    /** Returns whether somebody waits for it. */
    private boolean readMessage(int header, int body, int length) throws IOException {
      if ((header & 0x06) != 0) {
        throw new IOException("the broker sent a message with another QoS than it was asked for");
      }
      if (length > MOST_PAYLOAD) {
        from.skipNBytes(length);
        listener.message(new byte[0], (header & 1) != 0);
        return false;
      }
      readBody(body, length);
      int topic = body + 2;
      int size = length < 2 ? 0 : ((packet[body] & 0xFF) << 8) | (packet[body + 1] & 0xFF);
      if (size < 1 || 2 + size > length) {
        throw new IOException("the broker sent a message that is damaged");
      }
      return Arrays.equals(packet, topic, topic + size, subscribed, 0, subscribed.length);
    }

    private void readBody(int body, int length) throws IOException {
      if (from.readNBytes(packet, body, length) < length) {
        throw new EOFException("the broker closed the connection");
      }
    }

    private int octet() throws IOException {
      int octet = from.read();
      if (octet < 0) {
        throw new EOFException("the broker closed the connection");
      }
      return octet;
    }
  }
}
