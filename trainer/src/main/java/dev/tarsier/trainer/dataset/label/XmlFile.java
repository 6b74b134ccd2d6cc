package dev.tarsier.trainer.dataset.label;

import dev.tarsier.trainer.dataset.DataException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * An XML file of labels, gone through once. Nothing outside the file is read, and entities of its
 * own are not replaced. Any thread.
 *
 * @param path the file
 */
record XmlFile(Path path) {
  /** In so many bytes a file says how it is encoded. */
  private static final int DECLARATION = 200;

  private static final Pattern ENCODING =
      Pattern.compile("^[^>]*encoding=[\"']([A-Za-z0-9._-]+)[\"']");

  /** Goes through a document. */
  @FunctionalInterface
  interface Walk {
    void go(XMLStreamReader reader) throws XMLStreamException;
  }

  /** The name of the outermost element. */
  String root() {
    String[] name = new String[1];
    walk(reader -> name[0] = reader.getLocalName());
    return name[0];
  }

  /**
   * Calls back at the outermost element; stops where the call returns.
   *
   * @throws DataException if it is missing, damaged or cut off; the message names file and place
   */
  void walk(Walk walk) {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(path))) {
      // Given bytes, the platform's reader prints to the console what it cannot decode.
      Reader text = new InputStreamReader(bytes, encoding(bytes).newDecoder());
      XMLStreamReader reader = factory.createXMLStreamReader(text);
      while (reader.next() != XMLStreamConstants.START_ELEMENT) {
        // comments
      }
      walk.go(reader);
    } catch (XMLStreamException e) {
      throw new DataException(
          "%s is no whole XML: %s (line %d, column %d)"
              .formatted(
                  path,
                  e.getMessage() == null
                      ? e
                      : e.getMessage()
                          .replaceFirst("(?s).*Message: ", "")
                          .lines()
                          .findFirst()
                          .orElse(""),
                  e.getLocation() == null ? 0 : e.getLocation().getLineNumber(),
                  e.getLocation() == null ? 0 : e.getLocation().getColumnNumber()),
          e);
    } catch (NoSuchFileException e) {
      throw new DataException("%s is missing".formatted(path), e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** What the file says of itself; UTF-8 where it says nothing. */
  private static Charset encoding(InputStream bytes) throws IOException {
    bytes.mark(DECLARATION);
    String begin = new String(bytes.readNBytes(DECLARATION), StandardCharsets.ISO_8859_1);
    bytes.reset();
    if (begin.startsWith("\u00fe\u00ff") || begin.startsWith("\u00ff\u00fe")) {
      return StandardCharsets.UTF_16;
    }
    if (begin.startsWith("\u00ef\u00bb\u00bf")) {
      bytes.skipNBytes(3);
    }
    Matcher declared = ENCODING.matcher(begin);
    try {
      return declared.find() ? Charset.forName(declared.group(1)) : StandardCharsets.UTF_8;
    } catch (IllegalArgumentException e) {
      return StandardCharsets.UTF_8;
    }
  }

  /** Calls back at each element within the one that a reader stands at the begin of. */
  static void children(XMLStreamReader reader, Walk each) throws XMLStreamException {
    int depth = 1;
    while (depth > 0) {
      switch (reader.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          depth++;
          each.go(reader);
          // The call may have read the element to its end.
          depth -= reader.isEndElement() ? 1 : 0;
        }
        case XMLStreamConstants.END_ELEMENT -> depth--;
        case XMLStreamConstants.END_DOCUMENT -> depth = 0;
        default -> {
          // texts and comments between elements
        }
      }
    }
  }

  /** A number. */
  static double number(String what, String text) {
    try {
      return Double.parseDouble(text == null ? "" : text.strip());
    } catch (NumberFormatException e) {
      throw new DataException(
          "%s must be a number, is %s".formatted(what, text == null ? "missing" : "'" + text + "'"),
          e);
    }
  }

  /** A whole number. */
  static int whole(String what, String text) {
    double value = number(what, text);
    if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
      throw new DataException("%s must be a whole number, is '%s'".formatted(what, text));
    }
    return (int) value;
  }
}
