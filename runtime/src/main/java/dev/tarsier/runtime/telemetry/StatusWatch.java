package dev.tarsier.runtime.telemetry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tarsier.runtime.file.Json;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Judges what appears on a node's own status topic. Anything but its own {@code online} is to be
 * corrected: a predecessor's last will that the broker sends late, or what a stranger wrote there.
 * Another session's {@code online} that is not older than the subscription comes from another live
 * process under the same name, a rival.
 *
 * <p>Two rivals do not answer each other for ever: each answers the other's {@code online} once,
 * until the other has said {@code offline}. Safe for several threads.
 */
final class StatusWatch {
  private static final Pattern SESSION =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final int MOST_RIVALS = 8;

  private final String session;
  private final Set<String> rivals = new LinkedHashSet<>();

  /**
   * @param session one's own
   */
  StatusWatch(String session) {
    this.session = session;
  }

  /**
   * Takes note of a message.
   *
   * @param message as it came. Not modified.
   * @param retained whether it is older than the subscription; one's own is on its way then
   * @return whether one's own status must be told again
   */
  synchronized boolean mustAnswer(byte[] message, boolean retained) {
    if (retained) {
      return false;
    }
    JsonNode status = read(message);
    String teller = status.path("session").asText();
    boolean online = status.path("state").asText().equals("online");
    if (teller.equals(session)) {
      return !online;
    }
    if (!SESSION.matcher(teller).matches()) {
      return true;
    }
    if (online) {
      return rivals.size() < MOST_RIVALS && rivals.add(teller);
    }
    rivals.remove(teller);
    return true;
  }

  /** The sessions of other live processes under the same name. */
  synchronized List<String> rivals() {
    return List.copyOf(rivals);
  }

  /** Forgets the rivals: they are found anew with a new connection. */
  synchronized void reset() {
    rivals.clear();
  }

  private static JsonNode read(byte[] message) {
    try {
      return Json.parse(message);
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }
}
