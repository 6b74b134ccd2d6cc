package dev.tarsier.runtime.config;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where an MQTT broker listens. Read by hand and not by {@link java.net.URI}, which knows no host
 * with an underscore, and such are the names of docker compose's services.
 *
 * @param scheme as it was written, in lower case: {@code tcp}, {@code mqtt}, {@code ssl}, {@code
 *     mqtts}, {@code ws} or {@code wss}
 * @param host name or IP address; an IPv6 address without its brackets
 * @param port 1 to 65535
 * @param path of a WebSocket, beginning with {@code /}; empty for the others
 */
public record BrokerAddress(String scheme, String host, int port, String path) {
  private static final Map<String, Integer> PORTS =
      Map.of("tcp", 1883, "mqtt", 1883, "ssl", 8883, "mqtts", 8883, "ws", 80, "wss", 443);
  private static final Set<String> ENCRYPTED = Set.of("ssl", "mqtts", "wss");
  private static final Pattern PARTS =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([/?].*)?");
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+(?:%[\\w.-]+)?)\\]|([^\\[\\]:@]+))(?::(\\d{1,5}))?");

  /**
   * Reads an address such as {@code tcp://localhost:1883} or {@code mqtts://mqtt_broker}.
   *
   * @param text as a user writes it
   * @throws IllegalArgumentException when it is none; the message shows no password
   */
  public static BrokerAddress parse(String text) {
    Matcher parts = PARTS.matcher(text);
    if (!parts.matches()) {
      throw wrong(text, "has no scheme, such as tcp://");
    }
    String scheme = parts.group(1).toLowerCase(Locale.ROOT);
    if (!PORTS.containsKey(scheme)) {
      throw wrong(
          text, "has a scheme that is none of " + String.join(", ", new TreeSet<>(schemes())));
    }
    String authority = parts.group(2);
    if (authority.contains("@")) {
      throw wrong(text, "has a user or a password in it, which have keys of their own");
    }
    Matcher host = AUTHORITY.matcher(authority);
    if (!host.matches() || !isPrintable(text)) {
      throw wrong(text, "has no host, or one that no machine can have");
    }
    int port = host.group(3) == null ? PORTS.get(scheme) : Integer.parseInt(host.group(3));
    if (port < 1 || port > 65_535) {
      throw wrong(text, "has a port that is not 1 to 65535");
    }
    String path = parts.group(3) == null ? "" : parts.group(3);
    boolean socket = scheme.startsWith("ws");
    if (!socket && !path.isEmpty() && !path.equals("/")) {
      throw wrong(text, "has a path, which only ws:// and wss:// have");
    }
    String rest = path.startsWith("/") ? path : "/" + path;
    return new BrokerAddress(
        scheme, host.group(1) == null ? host.group(2) : host.group(1), port, socket ? rest : "");
  }

  /** Whether what is sent there is encrypted (TLS). */
  public boolean encrypted() {
    return ENCRYPTED.contains(scheme);
  }

  /** Whether MQTT goes through a WebSocket there. */
  public boolean webSocket() {
    return scheme.startsWith("ws");
  }

  /** As {@link #parse} reads it, with its port. */
  @Override
  public String toString() {
    return scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port + path;
  }

  private static Set<String> schemes() {
    return PORTS.keySet();
  }

  private static boolean isPrintable(String text) {
    return text.codePoints().noneMatch(c -> Character.isWhitespace(c) || Character.isISOControl(c));
  }

  private static IllegalArgumentException wrong(String text, String why) {
    return new IllegalArgumentException(
        "broker must be tcp://host:1883 (or mqtt://), ssl://host:8883 (or mqtts://), ws://host/path"
            + " or wss://host/path; '"
            + withoutSecrets(text)
            + "' "
            + why);
  }

  /**
   * A text that may be an address, without the user and the password that may be in it.
   *
   * @param text as a user writes it
   */
  public static String withoutSecrets(String text) {
    int at = text.lastIndexOf('@');
    int slashes = text.indexOf("//");
    return at < 0
        ? text
        : (slashes < 0 ? "" : text.substring(0, slashes + 2)) + "…" + text.substring(at);
  }
}
