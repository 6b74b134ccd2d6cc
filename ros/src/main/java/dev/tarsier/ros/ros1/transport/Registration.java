package dev.tarsier.ros.ros1.transport;

import java.util.List;
import java.util.function.Consumer;

/**
 * One topic that the master is to know of. Owned by the {@link Registrar}, whose lock guards it.
 */
final class Registration {
  /** Which list of the master's it belongs to. */
  enum Role {
    PUBLISHER,
    SUBSCRIBER
  }

  private final Role role;
  private final String topic;
  private final String type;
  private final Consumer<List<String>> peers;
  private final Consumer<List<String>> allPeers;
  private long askAtNanos;
  private boolean askAgain;
  private boolean wanted = true;
  private boolean known;
  private boolean tried;

  /**
   * A registration.
   *
   * @param peers told whom the master named when it was registered
   * @param allPeers told whom the master named when it was asked again: there are no others
   */
  Registration(
      Role role,
      String topic,
      String type,
      Consumer<List<String>> peers,
      Consumer<List<String>> allPeers) {
    this.role = role;
    this.topic = topic;
    this.type = type;
    this.peers = peers;
    this.allPeers = allPeers;
  }

  Role role() {
    return role;
  }

  String topic() {
    return topic;
  }

  String type() {
    return type;
  }

  Consumer<List<String>> peers() {
    return peers;
  }

  Consumer<List<String>> allPeers() {
    return allPeers;
  }

  /** The master is to be asked again who the peers are, though not more often than the pause. */
  void askAgain(long nowNanos, long pauseNanos) {
    if (!askAgain) {
      askAgain = true;
      // askAtNanos is when it was last asked for, and becomes when it is next
      askAtNanos = Math.max(nowNanos, askAtNanos + pauseNanos);
    }
  }

  /** How long until the master is to be asked again; negative where it is due. */
  long askInNanos(long nowNanos) {
    return askAgain ? askAtNanos - nowNanos : Long.MAX_VALUE;
  }

  void asked() {
    askAgain = false;
  }

  boolean wanted() {
    return wanted;
  }

  void unwanted() {
    wanted = false;
    tried = false;
  }

  /** Whether the master knows of it, as far as we can tell. */
  boolean known() {
    return known;
  }

  void setKnown(boolean value) {
    known = value;
  }

  /** Whether the master was asked since this was last changed. */
  boolean tried() {
    return tried;
  }

  void setTried() {
    tried = true;
  }
}
