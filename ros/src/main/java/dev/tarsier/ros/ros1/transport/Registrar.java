package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.graph.Complaints;
import dev.tarsier.ros.ros1.graph.Excerpt;
import dev.tarsier.ros.ros1.graph.MasterClient;
import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.ros.ros1.graph.XmlRpcFault;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the master's idea of this node true. One thread registers what is wanted, takes back what
 * is not, and looks every five seconds whether the master is still the same and still knows the
 * node; a master that was away or restarted is told everything again. Any thread may ask.
 */
final class Registrar {
  private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);
  private static final long CHECK_MILLIS = 5_000;
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LAST_PAUSE_MILLIS = 2_000;
  private static final long ATTEMPT_MILLIS = 5_000;
  private static final long ASK_AGAIN_NANOS = 200_000_000L;
  private static final Duration PEER_TIMEOUT = Duration.ofSeconds(3);
  private static final int MAX_PEER_REPLY = 64 << 10;

  private final MasterClient master;
  private final String nodeName;
  private final String api;
  private final Consumer<String> onReplaced;

  // guarded by this
  private final List<Registration> registrations = new ArrayList<>();
  private boolean closed;
  private boolean away;
  private boolean checkWanted;

  private final Complaints complaints = new Complaints();

  // only the registrar's thread
  private int masterPid;
  private String otherName = "";

  /**
   * A registrar.
   *
   * @param onReplaced called with the reason when another node has taken this one's name
   */
  Registrar(
      MasterClient master,
      String nodeName,
      String api,
      int masterPid,
      Consumer<String> onReplaced) {
    this.master = master;
    this.nodeName = nodeName;
    this.api = api;
    this.masterPid = masterPid;
    this.onReplaced = onReplaced;
  }

  /** Registers a topic; returns when the master has been asked once, or is away. */
  void add(Registration registration) {
    synchronized (this) {
      registrations.add(registration);
      notifyAll();
    }
    awaitAttempt(registration);
  }

  /** Takes a registration back; returns when the master has been asked once, or is away. */
  void remove(Registration registration) {
    synchronized (this) {
      registration.unwanted();
      notifyAll();
    }
    awaitAttempt(registration);
  }

  /**
   * Asks the master who publishes a topic now. It is what a {@code publisherUpdate} leads to:
   * anybody can call that, and only what the master says is to cost a connection.
   */
  synchronized void publishersChanged(String topic) {
    for (Registration registration : registrations) {
      if (registration.role() == Registration.Role.SUBSCRIBER
          && registration.topic().equals(topic)) {
        registration.askAgain(System.nanoTime(), ASK_AGAIN_NANOS);
      }
    }
    notifyAll();
  }

  /** Drops a registration without telling the master, since another one of its topic stays. */
  synchronized void forget(Registration registration) {
    registrations.remove(registration);
  }

  private synchronized void awaitAttempt(Registration registration) {
    long end = System.nanoTime() + ATTEMPT_MILLIS * 1_000_000;
    try {
      for (long left = ATTEMPT_MILLIS; left > 0; left = (end - System.nanoTime()) / 1_000_000) {
        if (registration.tried() || closed || away) {
          return;
        }
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Works until closed; run by a thread of its own. */
  void run() {
    long pauseMillis = FIRST_PAUSE_MILLIS;
    long lastCheck = System.nanoTime();
    while (!isClosed()) {
      try {
        if (isAway()
            || isCheckWanted()
            || System.nanoTime() - lastCheck >= CHECK_MILLIS * 1_000_000) {
          check();
          checked();
          lastCheck = System.nanoTime();
        }
        settle();
        pauseMillis = FIRST_PAUSE_MILLIS;
        awaitWork(CHECK_MILLIS, true);
      } catch (IOException e) {
        masterIsAway(e);
        awaitWork(pauseMillis, false);
        pauseMillis = Math.min(2 * pauseMillis, LAST_PAUSE_MILLIS);
      } catch (RuntimeException e) {
        // without this thread the node would fade from the graph unseen
        LOG.error("{} could not settle with the master", nodeName, e);
        awaitWork(LAST_PAUSE_MILLIS, false);
      }
    }
  }

  private synchronized boolean isCheckWanted() {
    return checkWanted;
  }

  private synchronized void checked() {
    checkWanted = false;
    notifyAll();
  }

  /** Looks at the master without waiting for the next turn; returns when it has been done. */
  synchronized void checkNow() throws InterruptedException {
    checkWanted = true;
    notifyAll();
    while (checkWanted && !closed) {
      wait();
    }
  }

  private void check() throws IOException {
    boolean wasAway = isAway();
    Optional<String> registered = Optional.empty();
    boolean known = !wasAway && knownAnywhere();
    if (known) {
      registered = master.lookupNode(nodeName);
      if (registered.isPresent() && sameApi(registered.get(), api)) {
        otherName = "";
        return; // one that was restarted would not lead to us
      }
    }
    int pid = master.pid();
    boolean restarted = pid != masterPid;
    masterPid = pid;
    if (restarted || wasAway) {
      LOG.info(
          "the master at {} {}; registering everything again",
          master.uri(),
          restarted ? "was restarted" : "is back");
      forgetAll();
    } else if (known) {
      leadsElsewhere(registered);
    }
  }

  /** The master, the same as ever, does not lead to us under our name. */
  private void leadsElsewhere(Optional<String> registered) {
    if (registered.isEmpty()) {
      LOG.info("the master at {} forgot {}; registering again", master.uri(), nodeName);
    } else if (isAnotherNode(registered.get())) {
      // seen twice, so that a node which is just about to end does not take us along
      if (registered.get().equals(otherName)) {
        onReplaced.accept(
            "another node took the name " + nodeName + ": " + Excerpt.of(registered.get()));
      }
      otherName = registered.get();
      return;
    } else {
      complaints
          .line(
              "master",
              "the master at %s says that %s is at '%s', where no node answers; registering again"
                  .formatted(master.uri(), nodeName, Excerpt.of(registered.get())))
          .ifPresent(LOG::warn);
    }
    otherName = "";
    forgetAll();
  }

  private static boolean sameApi(String one, String other) {
    return withoutSlash(one.strip()).equals(withoutSlash(other));
  }

  private static String withoutSlash(String uri) {
    return uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
  }

  /** Whether a node answers there that is not this one. */
  private boolean isAnotherNode(String uri) {
    try {
      XmlRpcClient there = new XmlRpcClient(uri, PEER_TIMEOUT, MAX_PEER_REPLY);
      boolean answers = there.callRos("getPid", nodeName) instanceof Integer;
      // our own API under another of this machine's names is no other node
      return answers && !isUs(there);
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private boolean isUs(XmlRpcClient there) throws IOException {
    try {
      return api.equals(there.callRos("tarsier.getApi", nodeName));
    } catch (XmlRpcFault e) {
      return false; // another kind of node, which has no such method
    }
  }

  private synchronized void forgetAll() {
    away = false;
    registrations.forEach(registration -> registration.setKnown(false));
  }

  private synchronized boolean knownAnywhere() {
    return registrations.stream().anyMatch(Registration::known);
  }

  /** Tells the master all that it does not know yet. */
  private void settle() throws IOException {
    for (Registration next = nextUnsettled(); next != null; next = nextUnsettled()) {
      try {
        if (next.wanted()) {
          register(next);
        } else {
          unregister(next);
        }
      } catch (XmlRpcFault e) {
        LOG.error("the master refuses {}: {}", next.topic(), Excerpt.of(e.getMessage()));
        settled(next, next.wanted());
      }
    }
  }

  private synchronized Registration nextUnsettled() {
    if (closed) {
      return null;
    }
    for (Registration registration : registrations) {
      if (registration.wanted() != registration.known()
          || !registration.wanted()
          || registration.askInNanos(System.nanoTime()) <= 0) {
        return registration;
      }
    }
    return null;
  }

  private void register(Registration registration) throws IOException {
    boolean asksAgain;
    synchronized (this) {
      asksAgain = registration.known();
      registration.asked();
    }
    List<String> peers =
        registration.role() == Registration.Role.PUBLISHER
            ? master.registerPublisher(registration.topic(), registration.type(), api)
            : master.registerSubscriber(registration.topic(), registration.type(), api);
    settled(registration, true);
    (asksAgain ? registration.allPeers() : registration.peers()).accept(peers);
  }

  private void unregister(Registration registration) throws IOException {
    if (registration.role() == Registration.Role.PUBLISHER) {
      master.unregisterPublisher(registration.topic(), api);
    } else {
      master.unregisterSubscriber(registration.topic(), api);
    }
    settled(registration, false);
  }

  private synchronized void settled(Registration registration, boolean known) {
    registration.setKnown(known);
    if (known == registration.wanted()) {
      registration.setTried();
      if (!known) {
        registrations.remove(registration);
      }
    }
    notifyAll();
  }

  private void masterIsAway(IOException e) {
    boolean fresh;
    synchronized (this) {
      fresh = !away && !closed;
      away = true;
      notifyAll();
    }
    if (fresh) {
      LOG.warn(
          "the master at {} is not reached ({}); connections stay, and it is tried again",
          master.uri(),
          e.toString());
    }
  }

  private synchronized boolean isAway() {
    return away;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void awaitWork(long millis, boolean wakeForWork) {
    long end = System.nanoTime() + millis * 1_000_000;
    try {
      synchronized (this) {
        for (long left = millis; left > 0; left = (end - System.nanoTime()) / 1_000_000) {
          if (closed || checkWanted || (wakeForWork && nextUnsettled() != null)) {
            return;
          }
          wait(Math.min(left, wakeForWork ? millisToNextQuestion() : left));
        }
      }
    } catch (InterruptedException e) {
      close();
    }
  }

  private long millisToNextQuestion() {
    long nanos = Long.MAX_VALUE;
    for (Registration registration : registrations) {
      nanos = Math.min(nanos, registration.askInNanos(System.nanoTime()));
    }
    return Math.max(1, nanos / 1_000_000 + 1);
  }

  /** Ends the thread. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  /** Takes everything back at the node's end; stops at the first sign that the master is away. */
  void unregisterAll(MasterClient impatient) {
    List<Registration> known;
    synchronized (this) {
      known = registrations.stream().filter(Registration::known).toList();
    }
    if (isAway()) {
      return;
    }
    try {
      for (Registration registration : known) {
        if (registration.role() == Registration.Role.PUBLISHER) {
          impatient.unregisterPublisher(registration.topic(), api);
        } else {
          impatient.unregisterSubscriber(registration.topic(), api);
        }
      }
    } catch (IOException e) {
      LOG.warn(
          "{} could not take itself back from the master at {} ({}); 'rosnode cleanup' would",
          nodeName,
          master.uri(),
          e.toString());
    }
  }
}
