package dev.tarsier.ros.transport;

import dev.tarsier.ros.graph.MasterClient;
import dev.tarsier.ros.graph.MasterParameters;
import dev.tarsier.ros.graph.XmlRpcFault;
import java.io.IOException;
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

  private final MasterClient master;
  private final MasterParameters parameters;
  private final String nodeName;
  private final String api;
  private final Consumer<String> onReplaced;

  // guarded by this
  private final List<Registration> registrations = new ArrayList<>();
  private boolean closed;
  private boolean away;

  // only the registrar's thread
  private int masterPid;

  /**
   * A registrar.
   *
   * @param onReplaced called with the reason when another node has taken this one's name
   */
  Registrar(
      MasterClient master,
      MasterParameters parameters,
      String nodeName,
      String api,
      int masterPid,
      Consumer<String> onReplaced) {
    this.master = master;
    this.parameters = parameters;
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
        if (isAway() || System.nanoTime() - lastCheck >= CHECK_MILLIS * 1_000_000) {
          check();
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

  private void check() throws IOException {
    int pid = master.pid();
    boolean wasAway = isAway();
    boolean restarted = pid != masterPid;
    masterPid = pid;
    if (restarted || wasAway) {
      LOG.info(
          "the master at {} {}; registering everything again",
          master.uri(),
          restarted ? "was restarted" : "is back");
      forgetAll();
      parameters.registerAgain();
    } else if (knownAnywhere()) {
      Optional<String> registered = master.lookupNode(nodeName);
      if (registered.isEmpty()) {
        LOG.info("the master at {} forgot {}; registering again", master.uri(), nodeName);
        forgetAll();
        parameters.registerAgain();
      } else if (!registered.get().equals(api)) {
        onReplaced.accept("another node took the name " + nodeName + ": " + registered.get());
      }
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
        LOG.error("the master refuses {}: {}", next.topic(), e.getMessage());
        settled(next, next.wanted());
      }
    }
  }

  private synchronized Registration nextUnsettled() {
    if (closed) {
      return null;
    }
    for (Registration registration : registrations) {
      if (registration.wanted() != registration.known() || !registration.wanted()) {
        return registration;
      }
    }
    return null;
  }

  private void register(Registration registration) throws IOException {
    List<String> peers =
        registration.role() == Registration.Role.PUBLISHER
            ? master.registerPublisher(registration.topic(), registration.type(), api)
            : master.registerSubscriber(registration.topic(), registration.type(), api);
    settled(registration, true);
    registration.peers().accept(peers);
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
          if (closed || (wakeForWork && nextUnsettled() != null)) {
            return;
          }
          wait(left);
        }
      }
    } catch (InterruptedException e) {
      close();
    }
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
      parameters.unregister();
    } catch (IOException e) {
      LOG.warn(
          "{} could not take itself back from the master at {} ({}); 'rosnode cleanup' would",
          nodeName,
          master.uri(),
          e.toString());
    }
  }
}
