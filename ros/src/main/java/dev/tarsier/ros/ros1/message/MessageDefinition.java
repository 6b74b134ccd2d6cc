package dev.tarsier.ros.ros1.message;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The MD5 of a message definition by ROS's rules: comments and blank lines out, constants first in
 * their order, then the fields in theirs, a field of a nested type as that type's own MD5 and the
 * field's name.
 */
final class MessageDefinition {
  /** Stands between the types of a full definition. */
  static final String SEPARATOR = "=".repeat(80);

  private static final Set<String> BUILT_IN =
      Set.of(
          "bool",
          "int8",
          "uint8",
          "int16",
          "uint16",
          "int32",
          "uint32",
          "int64",
          "uint64",
          "float32",
          "float64",
          "string",
          "time",
          "duration",
          "byte",
          "char");
  private static final Pattern CONSTANT = Pattern.compile("(\\w+)\\s+(\\w+)\\s*=\\s*(.*)");
  private static final Pattern FIELD = Pattern.compile("([\\w/]+)((?:\\[\\d*])?)\\s+(\\w+)");

  private final Map<String, List<String>> linesByType = new HashMap<>();
  private final Map<String, String> md5ByType = new HashMap<>();

  private MessageDefinition(String name, String text) {
    List<String> lines = new ArrayList<>();
    linesByType.put(name, lines);
    boolean separated = false;
    for (String line : text.lines().toList()) {
      if (line.strip().equals(SEPARATOR)) {
        separated = true;
      } else if (separated && line.startsWith("MSG:")) {
        lines = new ArrayList<>();
        linesByType.put(line.substring("MSG:".length()).strip(), lines);
        separated = false;
      } else {
        lines.add(line);
      }
    }
  }

  /**
   * @param name of the outermost type
   * @param text its full definition
   * @throws IllegalArgumentException when a nested type is missing or a line is neither a field nor
   *     a constant
   */
  static String md5(String name, String text) {
    return new MessageDefinition(name, text).md5(name);
  }

  private String md5(String type) {
    String known = md5ByType.get(type);
    if (known != null) {
      return known;
    }
    List<String> lines = linesByType.get(type);
    if (lines == null) {
      throw new IllegalArgumentException("the definition lacks its nested type " + type);
    }
    List<String> constants = new ArrayList<>();
    List<String> fields = new ArrayList<>();
    for (String raw : lines) {
      String line = withoutComment(raw);
      if (line.isEmpty()) {
        continue;
      }
      Matcher constant = CONSTANT.matcher(line);
      if (constant.matches()) {
        constants.add(
            "%s %s=%s".formatted(constant.group(1), constant.group(2), constant.group(3)));
        continue;
      }
      Matcher field = FIELD.matcher(line);
      if (!field.matches()) {
        throw new IllegalArgumentException(
            "%s: '%s' is neither a field nor a constant".formatted(type, line));
      }
      String fieldType = field.group(1);
      fields.add(
          BUILT_IN.contains(fieldType)
              ? fieldType + field.group(2) + " " + field.group(3)
              : md5(resolve(fieldType, type)) + " " + field.group(3));
    }
    constants.addAll(fields);
    String md5 = digest(String.join("\n", constants));
    md5ByType.put(type, md5);
    return md5;
  }

  /** The text of a string constant runs to the end of its line, comment signs included. */
  private static String withoutComment(String line) {
    String stripped = line.strip();
    int comment = stripped.indexOf('#');
    boolean text = stripped.startsWith("string ") && stripped.indexOf('=') >= 0;
    if (comment < 0 || (text && stripped.indexOf('=') < comment)) {
      return stripped;
    }
    return stripped.substring(0, comment).strip();
  }

  private static String resolve(String fieldType, String within) {
    if (fieldType.equals("Header")) {
      return "std_msgs/Header";
    }
    return fieldType.contains("/")
        ? fieldType
        : within.substring(0, within.indexOf('/') + 1) + fieldType;
  }

  private static String digest(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has MD5", e);
    }
  }
}
