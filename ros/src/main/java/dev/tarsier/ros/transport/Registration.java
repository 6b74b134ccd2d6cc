package dev.tarsier.ros.transport;

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
  private boolean wanted = true;
  private boolean known;
  private boolean tried;

  /**
   * A registration.
   *
   * @param peers told whom the master named when it was registered
   */
  Registration(Role role, String topic, String type, Consumer<List<String>> peers) {
    this.role = role;
    this.topic = topic;
    this.type = type;
    this.peers = peers;
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
