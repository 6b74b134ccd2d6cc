package dev.tarsier.trainer.dataset.label;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.trainer.dataset.DataException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A JSON file of any size: gone through once, token by token, and read in parts later. Any thread.
 *
 * @param path the file, in UTF-8
 */
record JsonFile(Path path) {
  /** Goes through a document. */
  @FunctionalInterface
  interface Walk {
    void go(JsonParser parser) throws IOException;
  }

  /**
   * Where a value lies.
   *
   * @param from its first byte
   * @param length bytes
   */
  record Piece(long from, int length) {}

  /**
   * Goes through the whole document.
   *
   * @throws DataException if it is missing, damaged or cut off; the message names file and place
   */
  void walk(Walk walk) {
    try (JsonParser parser = Json.stream(new BufferedInputStream(Files.newInputStream(path)))) {
      walk.go(parser);
    } catch (JsonProcessingException e) {
      throw damaged(e);
    } catch (NoSuchFileException e) {
      throw new DataException("%s is missing".formatted(path), e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** Checks what a parser has come to. */
  void require(boolean fits, JsonParser parser, String wanted) {
    if (!fits) {
      throw new DataException(
          "%s: line %d: must be %s"
              .formatted(path, parser.currentTokenLocation().getLineNr(), wanted));
    }
  }

  /** Calls back at each element of the list that a parser has come to. */
  void elements(JsonParser parser, String what, Walk each) throws IOException {
    require(parser.currentToken() == JsonToken.START_ARRAY, parser, "a list of " + what);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      each.go(parser);
    }
  }

  /** Where the object lies that a parser stands at the begin of; leaves it at the end. */
  Piece skip(JsonParser parser) throws IOException {
    long from = parser.currentTokenLocation().getByteOffset();
    parser.skipChildren();
    return piece(from, parser);
  }

  /** Where the object lies that began at a byte and that a parser stands at the end of. */
  Piece piece(long from, JsonParser parser) {
    long length = parser.currentLocation().getByteOffset() - from;
    require(from >= 0 && length > 0 && length < Integer.MAX_VALUE, parser, "UTF-8");
    return new Piece(from, (int) length);
  }

  /** Reads a part. */
  JsonNode read(Piece piece) {
    byte[] bytes = new byte[piece.length()];
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      file.seek(piece.from());
      file.readFully(bytes);
      return Json.parse(bytes);
    } catch (JsonProcessingException e) {
      throw damaged(e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  private DataException damaged(JsonProcessingException e) {
    return new DataException(
        "%s is no whole JSON: %s%s"
            .formatted(
                path,
                e.getOriginalMessage()
                    .lines()
                    .findFirst()
                    .orElse("")
                    .replaceFirst(" *\\(?(start marker )?at \\[Source: .*", ""),
                e.getLocation() == null
                    ? ""
                    : " (line %d, column %d)"
                        .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr())),
        e);
  }

  /**
   * Corners of a polygon.
   *
   * @param points {@code [[x, y], …]}
   */
  static double[] corners(JsonNode points) {
    double[] xy = new double[2 * points.size()];
    for (int i = 0; i < points.size(); i++) {
      JsonNode point = points.get(i);
      if (!point.isArray()
          || point.size() != 2
          || !point.get(0).isNumber()
          || !point.get(1).isNumber()) {
        throw new DataException("point %d must be [x, y], is %s".formatted(i, brief(point)));
      }
      xy[2 * i] = point.get(0).asDouble();
      xy[2 * i + 1] = point.get(1).asDouble();
    }
    return xy;
  }

  /** Numbers in a row. */
  static double[] numbers(JsonNode list) {
    double[] numbers = new double[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!list.get(i).isNumber()) {
        throw new DataException("a list of numbers has %s".formatted(brief(list.get(i))));
      }
      numbers[i] = list.get(i).asDouble();
    }
    return numbers;
  }

  /** Whole numbers in a row. */
  static long[] whole(JsonNode list) {
    long[] numbers = new long[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!list.get(i).isIntegralNumber()) {
        throw new DataException("a list of whole numbers has %s".formatted(brief(list.get(i))));
      }
      numbers[i] = list.get(i).asLong();
    }
    return numbers;
  }

  /** A value in a message. */
  static String brief(JsonNode value) {
    String text = String.valueOf(value);
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
