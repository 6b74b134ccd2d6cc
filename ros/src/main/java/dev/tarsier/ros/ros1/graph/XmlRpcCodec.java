package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.RosException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * XML-RPC documents to Java values and back. {@code i4/int} is Integer, {@code i8} Long, {@code
 * boolean} Boolean, {@code double} Double, {@code string} and untyped text String, {@code base64}
 * byte[], {@code dateTime.iso8601} LocalDateTime, {@code array} a list, {@code struct} a map in
 * document order.
 *
 * <p>Reading is tolerant of what real peers send (white space before the declaration, control
 * characters in texts, missing {@code data}, unknown elements around a value) and strict about what
 * only an attacker sends: a DTD, nesting beyond {@value #MAX_DEPTH}, more than {@value #MAX_VALUES}
 * values. The size in bytes is the transport's to cap. Stateless.
 */
final class XmlRpcCodec {
  /** How deep arrays and structs may nest. */
  static final int MAX_DEPTH = 64;

  /** How many values a document may have: each takes many times its shortest text in memory. */
  static final int MAX_VALUES = 200_000;

  private static final DateTimeFormatter DATE_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HH:mm:ss");
  private static final XMLInputFactory FACTORY = factory();

  private XmlRpcCodec() {}

  /** A value that is XML already. */
  record Encoded(String xml) {}

  /** A call as read from the network. */
  record Call(String method, List<Object> arguments) {}

  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    factory.setXMLResolver(
        (publicId, systemId, base, namespace) -> {
          throw new XMLStreamException("external entities are refused");
        });
    return factory;
  }

  // ---- writing

  static byte[] encodeCall(String method, List<?> arguments) {
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\"?>\n<methodCall><methodName>");
    escape(xml, method);
    xml.append("</methodName><params>");
    for (Object argument : arguments) {
      xml.append("<param>");
      unbounded(xml, argument);
      xml.append("</param>");
    }
    return bytes(xml.append("</params></methodCall>\n"));
  }

  /**
   * Writes a reply.
   *
   * @throws XmlRpcFault where it would have more than {@code maxLength} characters
   */
  static byte[] encodeResponse(Object result, int maxLength) throws XmlRpcFault {
    StringBuilder xml =
        new StringBuilder("<?xml version=\"1.0\"?>\n<methodResponse><params><param>");
    value(xml, result, maxLength);
    return bytes(xml.append("</param></params></methodResponse>\n"));
  }

  static byte[] encodeResponse(Object result) throws XmlRpcFault {
    return encodeResponse(result, Integer.MAX_VALUE);
  }

  /** One value of a reply, to be put into it later. */
  static Encoded encode(Object value, int maxLength) throws XmlRpcFault {
    StringBuilder xml = new StringBuilder();
    value(xml, value, maxLength);
    return new Encoded(xml.toString());
  }

  static byte[] encodeFault(int code, String message) {
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\"?>\n<methodResponse><fault>");
    unbounded(xml, fault(code, message));
    return bytes(xml.append("</fault></methodResponse>\n"));
  }

  static Map<String, Object> fault(int code, String message) {
    return Map.of("faultCode", code, "faultString", message);
  }

  private static byte[] bytes(StringBuilder xml) {
    return xml.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void unbounded(StringBuilder xml, Object value) {
    try {
      value(xml, value, Integer.MAX_VALUE);
    } catch (XmlRpcFault e) {
      throw new IllegalStateException("without a bound nothing is too long", e);
    }
  }

  private static void value(StringBuilder xml, Object value, int maxLength) throws XmlRpcFault {
    if (xml.length() > maxLength) {
      throw new XmlRpcFault(-32500, "the reply would have more than " + maxLength + " bytes");
    }
    if (value instanceof Encoded encoded) {
      xml.append(encoded.xml());
      return;
    }
    xml.append("<value>");
    if (value instanceof String text) {
      xml.append("<string>");
      escape(xml, text);
      xml.append("</string>");
    } else if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      xml.append("<i4>").append(value).append("</i4>");
    } else if (value instanceof Long number) {
      if (number < Integer.MIN_VALUE || number > Integer.MAX_VALUE) {
        throw new RosException(
            "a whole number in XML-RPC must fit into 32 bits, got "
                + number
                + "; write it as a floating point number or as text");
      }
      xml.append("<i4>").append(number).append("</i4>");
    } else if (value instanceof Boolean truth) {
      xml.append("<boolean>").append(truth ? 1 : 0).append("</boolean>");
    } else if (value instanceof Double || value instanceof Float) {
      xml.append("<double>").append(value).append("</double>");
    } else if (value instanceof byte[] data) {
      xml.append("<base64>").append(Base64.getEncoder().encodeToString(data)).append("</base64>");
    } else if (value instanceof LocalDateTime time) {
      xml.append("<dateTime.iso8601>").append(DATE_TIME.format(time)).append("</dateTime.iso8601>");
    } else if (value instanceof Iterable<?> items) {
      xml.append("<array><data>");
      for (Object item : items) {
        value(xml, item, maxLength);
      }
      xml.append("</data></array>");
    } else if (value instanceof Map<?, ?> members) {
      xml.append("<struct>");
      for (Map.Entry<?, ?> member : members.entrySet()) {
        xml.append("<member><name>");
        escape(xml, String.valueOf(member.getKey()));
        xml.append("</name>");
        value(xml, member.getValue(), maxLength);
        xml.append("</member>");
      }
      xml.append("</struct>");
    } else {
      throw new RosException(
          "XML-RPC has no type for "
              + (value == null ? "null" : value.getClass().getSimpleName() + " '" + value + "'")
              + "; use a number, true/false, text, byte[], a list or a map");
    }
    xml.append("</value>");
  }

  private static void escape(StringBuilder xml, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> xml.append("&lt;");
        case '>' -> xml.append("&gt;");
        case '&' -> xml.append("&amp;");
        case '\r' -> xml.append("&#13;");
        default -> {
          if (legal(c)) {
            xml.append(c);
          }
        }
      }
    }
  }

  /** XML 1.0 §2.2, for UTF-16 units; surrogates are let through in pairs by the encoder. */
  private static boolean legal(char c) {
    return c >= 0x20 ? c < 0xFFFE : c == '\t' || c == '\n' || c == '\r';
  }

  // ---- reading

  static Call decodeCall(byte[] document) throws IOException {
    return parse(
        document,
        xml -> {
          descend(xml, "methodCall");
          int[] left = {MAX_VALUES};
          String method = null;
          List<Object> arguments = new ArrayList<>();
          while (xml.hasNext()) {
            if (xml.next() == XMLStreamConstants.START_ELEMENT) {
              if (xml.getLocalName().equals("methodName")) {
                method = xml.getElementText().strip();
              } else if (xml.getLocalName().equals("value")) {
                arguments.add(value(xml, 0, left));
              }
            }
          }
          if (method == null || method.isEmpty()) {
            throw new XmlRpcFault(-32600, "the call names no method");
          }
          return new Call(method, arguments);
        });
  }

  /** Reads a reply. @throws XmlRpcFault where it is a fault or no XML-RPC at all */
  static Object decodeResponse(byte[] document) throws IOException {
    return parse(
        document,
        xml -> {
          descend(xml, "methodResponse");
          int[] left = {MAX_VALUES};
          boolean fault = false;
          while (xml.hasNext()) {
            if (xml.next() == XMLStreamConstants.START_ELEMENT) {
              fault |= xml.getLocalName().equals("fault");
              if (xml.getLocalName().equals("value")) {
                Object value = value(xml, 0, left);
                if (fault) {
                  throw asFault(value);
                }
                return value;
              }
            }
          }
          throw new XmlRpcFault(-32700, "the reply has no value");
        });
  }

  private static XmlRpcFault asFault(Object value) {
    if (value instanceof Map<?, ?> members) {
      int code = members.get("faultCode") instanceof Integer number ? number : -1;
      return new XmlRpcFault(code, Excerpt.of(members.get("faultString")));
    }
    return new XmlRpcFault(-1, Excerpt.of(value));
  }

  @FunctionalInterface
  private interface Body<T> {
    T read(XMLStreamReader xml) throws XMLStreamException, IOException;
  }

  private static <T> T parse(byte[] document, Body<T> body) throws IOException {
    try {
      XMLStreamReader xml = FACTORY.createXMLStreamReader(new StringReader(clean(document)));
      try {
        return body.read(xml);
      } finally {
        xml.close();
      }
    } catch (XMLStreamException e) {
      throw new XmlRpcFault(
          -32700, "not well-formed XML-RPC: " + Excerpt.of(firstLine(e.getMessage())));
    }
  }

  private static String firstLine(String message) {
    return message == null ? "" : message.lines().reduce((a, b) -> a + " " + b).orElse("");
  }

  /** Python's and roscpp's writers put control characters into texts as they are. */
  private static String clean(byte[] document) {
    String text = new String(document, StandardCharsets.UTF_8);
    StringBuilder clean = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (legal(c)) {
        if (clean != null) {
          clean.append(c);
        }
      } else if (clean == null) {
        clean = new StringBuilder(text.length()).append(text, 0, i);
      }
    }
    return (clean == null ? text : clean.toString()).strip();
  }

  private static void descend(XMLStreamReader xml, String root)
      throws XMLStreamException, XmlRpcFault {
    while (xml.hasNext()) {
      int event = xml.next();
      if (event == XMLStreamConstants.DTD) {
        throw new XmlRpcFault(-32600, "a document type declaration is refused");
      }
      if (event == XMLStreamConstants.START_ELEMENT) {
        if (!xml.getLocalName().equals(root)) {
          throw new XmlRpcFault(
              -32600, "expected <" + root + ">, got <" + Excerpt.of(xml.getLocalName()) + ">");
        }
        return;
      }
    }
    throw new XmlRpcFault(-32700, "the document is empty");
  }

  /** Reads one value; the reader stands on its start and is left on its end. */
  private static Object value(XMLStreamReader xml, int depth, int[] left)
      throws XMLStreamException, IOException {
    if (--left[0] < 0) {
      throw new XmlRpcFault(-32600, "a document must have up to " + MAX_VALUES + " values");
    }
    if (depth > MAX_DEPTH) {
      throw new XmlRpcFault(-32600, "values nest deeper than " + MAX_DEPTH);
    }
    StringBuilder untyped = new StringBuilder();
    Object result = null;
    while (true) {
      switch (xml.next()) {
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE ->
            untyped.append(xml.getText());
        case XMLStreamConstants.START_ELEMENT -> result = typed(xml, depth, left);
        case XMLStreamConstants.END_ELEMENT -> {
          return result != null ? result : untyped.toString();
        }
        default -> {}
      }
    }
  }

  private static Object typed(XMLStreamReader xml, int depth, int[] left)
      throws XMLStreamException, IOException {
    String type = xml.getLocalName();
    return switch (type) {
      case "array" -> array(xml, depth, left);
      case "struct" -> struct(xml, depth, left);
      default -> scalar(type, xml.getElementText());
    };
  }

  private static Object scalar(String type, String text) throws XmlRpcFault {
    String trimmed = text.strip();
    try {
      return switch (type) {
        case "i4", "int" -> Integer.parseInt(trimmed);
        case "i8" -> Long.parseLong(trimmed);
        case "boolean" -> truth(trimmed);
        case "double" -> number(trimmed);
        case "string" -> text;
        case "base64" -> Base64.getMimeDecoder().decode(trimmed);
        case "dateTime.iso8601" -> LocalDateTime.parse(trimmed, DATE_TIME);
        default -> throw new XmlRpcFault(-32600, "unknown value type <" + Excerpt.of(type) + ">");
      };
    } catch (IllegalArgumentException | DateTimeParseException e) {
      throw new XmlRpcFault(-32600, "not a value of <" + type + ">: '" + Excerpt.of(trimmed) + "'");
    }
  }

  private static boolean truth(String text) {
    return switch (text) {
      case "1", "true" -> true;
      case "0", "false" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }

  private static double number(String text) {
    return switch (text) {
      case "nan", "-nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private static List<Object> array(XMLStreamReader xml, int depth, int[] left)
      throws XMLStreamException, IOException {
    List<Object> items = new ArrayList<>();
    while (begins(xml, "array")) {
      if (xml.getLocalName().equals("value")) {
        items.add(value(xml, depth + 1, left));
      }
    }
    return Collections.unmodifiableList(items);
  }

  private static Map<String, Object> struct(XMLStreamReader xml, int depth, int[] left)
      throws XMLStreamException, IOException {
    Map<String, Object> members = new LinkedHashMap<>();
    String name = "";
    while (begins(xml, "struct")) {
      if (xml.getLocalName().equals("name")) {
        name = xml.getElementText();
      } else if (xml.getLocalName().equals("value")) {
        members.put(name, value(xml, depth + 1, left));
      }
    }
    return Collections.unmodifiableMap(members);
  }

  /** Whether another element begins before the one of this name ends. */
  private static boolean begins(XMLStreamReader xml, String within) throws XMLStreamException {
    while (true) {
      int event = xml.next();
      if (event == XMLStreamConstants.START_ELEMENT) {
        return true;
      }
      if (event == XMLStreamConstants.END_ELEMENT && xml.getLocalName().equals(within)) {
        return false;
      }
    }
  }
}
