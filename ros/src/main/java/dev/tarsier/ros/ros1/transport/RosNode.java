package dev.tarsier.ros.ros1.transport;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import dev.tarsier.ros.port.FaultListener;
import dev.tarsier.ros.port.Parameters;
import dev.tarsier.ros.port.RosClock;
import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.ros1.graph.Complaints;
import dev.tarsier.ros.ros1.graph.HostAddress;
import dev.tarsier.ros.ros1.graph.MasterClient;
import dev.tarsier.ros.ros1.graph.MasterParameters;
import dev.tarsier.ros.ros1.graph.Names;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.graph.SlaveNode;
import dev.tarsier.ros.ros1.graph.SlaveServer;
import dev.tarsier.ros.ros1.graph.SupervisedThreads;
import dev.tarsier.ros.ros1.message.Clock;
import dev.tarsier.ros.ros1.message.Log;
import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.ros.ros1.message.RosMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ROS 1 node of our own: XML-RPC with the master, TCPROS with other nodes. Any thread may call.
 *
 * <p>All its threads are daemons: who has nothing else to do waits with {@link #awaitShutdown}.
 */
public final class RosNode implements RosGraph {
  private static final Logger LOG = LoggerFactory.getLogger(RosNode.class);
  private static final Duration MASTER_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration GOODBYE_TIMEOUT = Duration.ofSeconds(2);
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LAST_PAUSE_MILLIS = 2_000;
  private static final int ROSOUT_QUEUE = 100;
  private static final String SIM_TIME = "/use_sim_time";

  private final Names names;
  private final MasterClient master;
  private final HostAddress address;
  private final TcpRosServer tcpRos;
  private final SlaveServer slave;
  private final MasterParameters parameters;
  private final SupervisedThreads threads;
  private final LinkConnector connector;
  private final ReceiveMemory receiveMemory = new ReceiveMemory(ReceiveMemory.LIMIT_BYTES);
  private final Complaints complaints = new Complaints();
  private final Registrar registrar;
  private final Thread registrarThread;
  private final RosClock clock;
  private final Map<String, Publication<?>> publications = new ConcurrentHashMap<>();
  private final Map<String, Registration> publishing = new ConcurrentHashMap<>();
  private final List<TopicSubscription> subscriptions = new CopyOnWriteArrayList<>();
  private final Map<TopicSubscription, Registration> subscribing = new ConcurrentHashMap<>();
  private final List<Runnable> shutdownActions = new ArrayList<>();
  private final AtomicInteger connectionIds = new AtomicInteger();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile List<String> advertisedTopics = List.of();
  private Optional<RosoutAppender> rosout = Optional.empty();
  private Optional<FileAppender<ILoggingEvent>> logFile = Optional.empty();

  /**
   * Starts the node that a command line and the environment describe, and ends it on SIGINT and
   * SIGTERM. Waits for the master as {@link #start(RosArguments)} does.
   *
   * @param commandLine may hold {@code name:=value} and the like, see {@link RosArguments}
   * @param defaultName the node's name where the command line gives none
   */
  public static RosNode start(String[] commandLine, String defaultName)
      throws InterruptedException {
    RosNode node = start(RosArguments.parse(commandLine, System.getenv(), defaultName));
    Runtime.getRuntime().addShutdownHook(new Thread(node::close, "end-of-" + node.name()));
    return node;
  }

  /**
   * Starts a node. Where the master is absent it says so once, waits with growing pauses, and says
   * when it has found it.
   *
   * @param arguments names, master and address
   * @return the node, registered; the caller closes it
   * @throws RosException where a name or URI is wrong, or this machine's address cannot be bound
   * @throws InterruptedException when interrupted while it waits
   */
  public static RosNode start(RosArguments arguments) throws InterruptedException {
    Names names = arguments.names();
    MasterClient master = new MasterClient(arguments.masterUri(), names.node(), MASTER_TIMEOUT);
    Optional<FileAppender<ILoggingEvent>> logFile = arguments.logFile().flatMap(RosNode::logTo);
    Greeting greeting = awaitMaster(master, names, arguments.privateParameters());
    RosNode node;
    try {
      node = new RosNode(names, master, greeting, arguments);
    } catch (IOException e) {
      throw new RosException(
          "%s cannot listen at %s (%s); set ROS_IP or ROS_HOSTNAME to an address of this machine"
              .formatted(
                  names.node(), arguments.host().orElse("this machine's address"), e.getMessage()),
          e);
    }
    node.logFile = logFile;
    try {
      node.begin(arguments);
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
    return node;
  }

  /**
   * What the master said at first.
   *
   * @param pid of the master
   * @param simulatedTime whether {@code /clock} gives the time
   */
  private record Greeting(int pid, boolean simulatedTime) {}

  private static Greeting awaitMaster(
      MasterClient master, Names names, Map<String, Object> privateParameters)
      throws InterruptedException {
    String name = names.node();
    long pauseMillis = FIRST_PAUSE_MILLIS;
    boolean told = false;
    while (true) {
      try {
        int pid = master.pid();
        for (Map.Entry<String, Object> parameter : privateParameters.entrySet()) {
          master.setParam(names.resolve("~" + parameter.getKey()), parameter.getValue());
        }
        boolean simulated = Boolean.TRUE.equals(master.getParam(SIM_TIME).orElse(false));
        if (told) {
          LOG.info("{} found the master at {}", name, master.uri());
        }
        return new Greeting(pid, simulated);
      } catch (IOException e) {
        if (!told) {
          LOG.warn(
              "{} waits for the master at {} ({}); is roscore running, and ROS_MASTER_URI right?",
              name,
              master.uri(),
              MasterClient.reason(e));
          told = true;
        }
        TimeUnit.MILLISECONDS.sleep(pauseMillis);
        pauseMillis = Math.min(2 * pauseMillis, LAST_PAUSE_MILLIS);
      }
    }
  }

  private RosNode(Names names, MasterClient master, Greeting greeting, RosArguments arguments)
      throws IOException {
    this.names = names;
    this.master = master;
    this.threads = new SupervisedThreads(names.node());
    this.connector = new LinkConnector(threads);
    this.address = HostAddress.find(arguments.host(), arguments.masterUri());
    this.tcpRos = new TcpRosServer(this, address.bind());
    try {
      this.slave = new SlaveServer(address, threads, new Answers());
    } catch (IOException e) {
      tcpRos.close();
      throw e;
    }
    this.parameters = new MasterParameters(master, names);
    this.registrar =
        new Registrar(master, names.node(), slave.uri(), greeting.pid(), this::closeSoon);
    tcpRos.start();
    this.registrarThread = threads.keep("registrar", registrar::run);
    threads.keep("watch", this::watchLinks);
    this.clock = greeting.simulatedTime() ? new SimulatedClock() : new MachineClock();
  }

  private void begin(RosArguments arguments) {
    if (clock instanceof SimulatedClock simulated) {
      subscribe("/clock", Clock.TYPE, (RawHandler) simulated::onMessage);
    }
    rosout =
        RosoutAppender.attach(
            this, advertise("/rosout", Log.TYPE, new PublisherOptions(true, ROSOUT_QUEUE)));
    LOG.info("{} is up, master {}", arguments.names().node(), master.uri());
    sayWhoReachesIt(arguments);
  }

  private void sayWhoReachesIt(RosArguments arguments) {
    if (!address.loopbackOnly()) {
      return;
    }
    if (arguments.host().isEmpty()) {
      LOG.info(
          "{} listens at 127.0.0.1, for the master is on this machine; set ROS_IP to this machine's"
              + " address for nodes of other machines to reach it",
          names.node());
    } else if (!address.advertised().equals("localhost")
        && !address.advertised().startsWith("127.")) {
      LOG.warn(
          "'{}' is {} here: only this machine reaches {}; set ROS_IP to this machine's address for"
              + " nodes of other machines to reach it",
          address.advertised(),
          address.bind().get(0).getHostAddress(),
          names.node());
    }
  }

  /** Once a second until closed: dead connections, stalled subscribers, faults that are over. */
  private void watchLinks() {
    try {
      while (!closed.await(1, TimeUnit.SECONDS)) {
        long now = System.nanoTime();
        subscriptions.forEach(subscription -> subscription.review(now));
        publications.values().forEach(publication -> publication.dropStalled(now));
        threads.review();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Optional<FileAppender<ILoggingEvent>> logTo(Path file) {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return Optional.empty();
    }
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("[%-5level] %d{yyyy-MM-dd HH:mm:ss.SSS} %logger{0}: %msg%n");
    encoder.start();
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setContext(context);
    appender.setName("__log " + file);
    appender.setFile(file.toString());
    appender.setEncoder(encoder);
    appender.start();
    context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
    return Optional.of(appender);
  }

  // ---- what the product sees

  @Override
  public String name() {
    return names.node();
  }

  @Override
  public String resolve(String name) {
    return names.resolve(name);
  }

  /** Where other nodes call this one. */
  public String uri() {
    return slave.uri();
  }

  @Override
  public <T extends RosMessage> Publisher<T> advertise(
      String topic, MessageType<T> type, PublisherOptions options) {
    String full = names.resolve(topic);
    Publication<T> publication = new Publication<>(this, full, type, options);
    synchronized (this) {
      refuseIfClosing(full);
      if (publications.putIfAbsent(full, publication) != null) {
        throw new RosException(names.node() + " advertises " + full + " already");
      }
      advertisedTopics = publications.keySet().stream().sorted().toList();
    }
    Registration registration =
        new Registration(
            Registration.Role.PUBLISHER, full, type.name(), subscribers -> {}, subscribers -> {});
    publishing.put(full, registration);
    registrar.add(registration);
    return publication;
  }

  @Override
  public Subscription subscribe(String topic, MessageType<?> type, RawHandler handler) {
    String full = names.resolve(topic);
    TopicSubscription subscription = new TopicSubscription(this, full, type, handler);
    Registration registration =
        new Registration(
            Registration.Role.SUBSCRIBER,
            full,
            type.name(),
            subscription::addPublishers,
            subscription::setPublishers);
    synchronized (this) {
      refuseIfClosing(full);
      subscriptions.add(subscription);
      subscribing.put(subscription, registration);
    }
    registrar.add(registration);
    return subscription;
  }

  private void refuseIfClosing(String topic) {
    if (closing.get()) {
      throw new RosException(names.node() + " has ended; it can have no " + topic);
    }
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public Map<String, String> publishedTopics() {
    try {
      return master.publishedTopics();
    } catch (IOException e) {
      throw new RosException(
          "the master at %s is not reached (%s); is roscore running?"
              .formatted(master.uri(), MasterClient.reason(e)),
          e);
    }
  }

  @Override
  public RosClock clock() {
    return clock;
  }

  @Override
  public void onShutdown(Runnable action) {
    synchronized (this) {
      if (!closing.get()) {
        shutdownActions.add(action);
        return;
      }
    }
    action.run();
  }

  @Override
  public void onFault(FaultListener listener) {
    threads.listen(listener);
  }

  @Override
  public void awaitShutdown() throws InterruptedException {
    closed.await();
  }

  @Override
  public void close() {
    List<Runnable> actions;
    synchronized (this) {
      if (!closing.compareAndSet(false, true)) {
        actions = null;
      } else {
        actions = List.copyOf(shutdownActions);
      }
    }
    if (actions == null) {
      awaitOtherClose();
      return;
    }
    try {
      runAll(actions);
      leave();
    } finally {
      closed.countDown();
    }
  }

  /** A signal may come while the node is told to end: both wait for the one that does the work. */
  private void awaitOtherClose() {
    try {
      if (!closed.await(GOODBYE_TIMEOUT.toSeconds() * 3, TimeUnit.SECONDS)) {
        LOG.warn("{} takes long to end", names.node());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void runAll(List<Runnable> actions) {
    for (Runnable action : actions) {
      try {
        action.run();
      } catch (RuntimeException e) {
        LOG.error("an action at the node's end failed", e);
      }
    }
  }

  private void leave() {
    registrar.close();
    try {
      registrarThread.join(GOODBYE_TIMEOUT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    registrar.unregisterAll(new MasterClient(master.uri(), names.node(), GOODBYE_TIMEOUT));
    rosout.ifPresent(RosoutAppender::detach);
    connector.close();
    subscriptions.forEach(TopicSubscription::disconnect);
    publications.values().forEach(Publication::disconnect);
    tcpRos.close();
    slave.close();
    logFile.ifPresent(
        appender -> {
          if (appender.getContext() instanceof LoggerContext context) {
            context.getLogger(Logger.ROOT_LOGGER_NAME).detachAppender(appender);
          }
          appender.stop();
        });
  }

  private void closeSoon(String reason) {
    LOG.warn("{} ends: {}", names.node(), reason);
    startThread("end", this::close);
  }

  // ---- what its topics need

  SupervisedThreads threads() {
    return threads;
  }

  /**
   * Starts a thread that serves one peer.
   *
   * @throws RosException where the machine gives no thread
   */
  Thread startThread(String purpose, Runnable task) {
    return threads.start(purpose, task);
  }

  /** Has the registrar look at the master at once, and waits until it has. */
  void checkMasterNow() throws InterruptedException {
    registrar.checkNow();
  }

  LinkConnector connector() {
    return connector;
  }

  ReceiveMemory receiveMemory() {
    return receiveMemory;
  }

  /** Warns about a peer, as often as is worth it. */
  void complain(String source, String complaint) {
    complaints.line(source, complaint).ifPresent(LOG::warn);
  }

  /** Says something about a peer, as often as is worth it. */
  void say(String source, String what) {
    complaints.line(source, what).ifPresent(LOG::info);
  }

  int tcpRosPort() {
    return tcpRos.port();
  }

  int nextConnectionId() {
    return connectionIds.incrementAndGet();
  }

  Optional<Publication<?>> publication(String topic) {
    return Optional.ofNullable(publications.get(topic));
  }

  List<String> advertisedTopics() {
    return advertisedTopics;
  }

  void withdraw(Publication<?> publication) {
    synchronized (this) {
      if (!publications.remove(publication.topic(), publication)) {
        return;
      }
      advertisedTopics = publications.keySet().stream().sorted().toList();
    }
    Registration registration = publishing.remove(publication.topic());
    if (registration != null) {
      registrar.remove(registration);
    }
    publication.disconnect();
  }

  void withdraw(TopicSubscription subscription) {
    Registration registration;
    synchronized (this) {
      registration = subscribing.remove(subscription);
      subscriptions.remove(subscription);
      if (registration != null && sharesTopic(subscription)) {
        // the master knows topics, not subscriptions: another one here still needs it
        registrar.forget(registration);
        registration = null;
      }
    }
    if (registration != null) {
      registrar.remove(registration);
    }
    subscription.disconnect();
  }

  private boolean sharesTopic(TopicSubscription subscription) {
    return subscriptions.stream().anyMatch(other -> other.topic().equals(subscription.topic()));
  }

  /** What this node answers to the master and to other nodes. */
  private final class Answers implements SlaveNode {
    @Override
    public String name() {
      return names.node();
    }

    @Override
    public String masterUri() {
      return master.uri();
    }

    @Override
    public void publisherUpdate(String topic, List<String> publishers) {
      registrar.publishersChanged(topic);
    }

    @Override
    public boolean publishes(String topic) {
      return publications.containsKey(topic);
    }

    @Override
    public List<Object> tcpRosAddress() {
      return List.of(address.advertised(), tcpRos.port());
    }

    @Override
    public List<Object> publications() {
      return publications.values().stream()
          .<Object>map(publication -> List.of(publication.topic(), publication.type().name()))
          .toList();
    }

    @Override
    public List<Object> subscriptions() {
      Map<String, Object> rows = new LinkedHashMap<>();
      subscriptions.forEach(
          subscription ->
              rows.put(
                  subscription.topic(), List.of(subscription.topic(), subscription.type().name())));
      return List.copyOf(rows.values());
    }

    @Override
    public List<Object> busStats() {
      List<Object> sent = new ArrayList<>();
      for (Publication<?> publication : publications.values()) {
        List<Object> rows = new ArrayList<>();
        for (SubscriberLink link : publication.links()) {
          rows.add(
              List.of(
                  link.id(), clip(link.sentBytes()), clip(link.sentMessages()), !link.isClosed()));
        }
        sent.add(List.of(publication.topic(), clip(publication.sentBytes()), rows));
      }
      List<Object> received = new ArrayList<>();
      for (TopicSubscription subscription : subscriptions) {
        List<Object> rows = new ArrayList<>();
        for (PublisherLink link : subscription.links()) {
          // the third column is roscpp's estimate of drops; TCP drops nothing on this side
          rows.add(List.of(link.id(), clip(link.receivedBytes()), 0, link.isConnected()));
        }
        received.add(List.of(subscription.topic(), rows));
      }
      return List.of(sent, received, List.of(0, 0, 0));
    }

    /** XML-RPC has 32 bits. */
    private static int clip(long value) {
      return (int) Math.min(value, Integer.MAX_VALUE);
    }

    @Override
    public List<Object> busInfo() {
      List<Object> rows = new ArrayList<>();
      for (Publication<?> publication : publications.values()) {
        for (SubscriberLink link : publication.links()) {
          rows.add(row(link.id(), link.subscriber(), "o", publication.topic(), !link.isClosed()));
        }
      }
      for (TopicSubscription subscription : subscriptions) {
        for (PublisherLink link : subscription.links()) {
          rows.add(
              row(link.id(), link.publisherApi(), "i", subscription.topic(), link.isConnected()));
        }
      }
      return rows;
    }

    private static List<Object> row(
        int id, String peer, String direction, String topic, boolean connected) {
      String info =
          "TCPROS connection %s %s".formatted(direction.equals("o") ? "to" : "from", peer);
      return List.of(id, peer, direction, "TCPROS", topic, connected, info);
    }

    @Override
    public void shutdownRequested(String reason) {
      closeSoon("told to, " + reason);
    }
  }
}
