package dev.tarsier.trainer.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Files of named tensors in the safetensors format: eight bytes of header length (little endian), a
 * JSON header with dtype, shape and byte range of each tensor, then the bytes.
 *
 * <p>Reads F32, F64, F16, BF16, I64 and I32, all as float; writes F32.
 */
public final class Safetensors {
  private static final String METADATA = "__metadata__";
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private Safetensors() {}

  /**
   * Reads a whole file.
   *
   * @return the tensors by name, in the file's order
   * @throws IOException if it cannot be read or is no whole safetensors file; the message names the
   *     file and what is wrong
   */
  public static Map<String, Tensor> read(Path file) throws IOException {
    Content content = Content.of(file);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : content.header().properties()) {
      if (!entry.getKey().equals(METADATA)) {
        tensors.put(entry.getKey(), tensor(file, entry.getKey(), entry.getValue(), content.data()));
      }
    }
    return tensors;
  }

  /**
   * Reads the free text of a file by key; empty where it has none.
   *
   * @throws IOException as {@link #read}
   */
  public static Map<String, String> metadata(Path file) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    Content.of(file)
        .header()
        .path(METADATA)
        .properties()
        .forEach(entry -> metadata.put(entry.getKey(), entry.getValue().asText()));
    return metadata;
  }

  private record Content(JsonNode header, ByteBuffer data) {
    static Content of(Path file) throws IOException {
      try (FileChannel channel = FileChannel.open(file)) {
        long size = channel.size();
        if (size < 8) {
          throw damaged(file, "it has only " + size + " bytes");
        }
        ByteBuffer all =
            channel.map(FileChannel.MapMode.READ_ONLY, 0, size).order(ByteOrder.LITTLE_ENDIAN);
        long headerBytes = all.getLong(0);
        if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || headerBytes > size - 8) {
          throw damaged(
              file, "its header says %d bytes, the file has %d".formatted(headerBytes, size));
        }
        byte[] header = new byte[(int) headerBytes];
        all.get(8, header);
        ByteBuffer data = all.slice(8 + header.length, (int) (size - 8 - header.length));
        return new Content(
            Json.parse(new String(header, StandardCharsets.UTF_8)),
            data.order(ByteOrder.LITTLE_ENDIAN));
      } catch (JsonProcessingException e) {
        throw damaged(file, "its header is no JSON (" + e.getOriginalMessage() + ")");
      }
    }
  }

  private static Tensor tensor(Path file, String name, JsonNode node, ByteBuffer data)
      throws IOException {
    String dtype = node.path("dtype").asText();
    int width =
        switch (dtype) {
          case "F64", "I64" -> 8;
          case "F32", "I32" -> 4;
          case "F16", "BF16" -> 2;
          default ->
              throw damaged(
                  file,
                  "tensor %s has dtype '%s'; F32, F64, F16, BF16, I64 and I32 are read"
                      .formatted(name, dtype));
        };
    List<Long> shape = new ArrayList<>();
    long count = 1;
    for (JsonNode size : node.path("shape")) {
      shape.add(size.asLong());
      // Beyond what an array holds there is no need to count on, and counting could overflow.
      count =
          size.asLong() < 0 || count < 0 || count > Integer.MAX_VALUE ? -1 : count * size.asLong();
    }
    long begin = node.path("data_offsets").path(0).asLong(-1);
    long end = node.path("data_offsets").path(1).asLong(-1);
    if (count < 0
        || count > Integer.MAX_VALUE
        || begin < 0
        || end - begin != count * width
        || end > data.capacity()) {
      throw damaged(
          file,
          "tensor %s of shape %s does not fit its bytes %d to %d of %d; where the file was cut off, copy it again"
              .formatted(name, shape, begin, end, data.capacity()));
    }
    float[] values = new float[(int) count];
    int at = (int) begin;
    for (int i = 0; i < values.length; i++, at += width) {
      values[i] =
          switch (dtype) {
            case "F64" -> (float) data.getDouble(at);
            case "I64" -> data.getLong(at);
            case "I32" -> data.getInt(at);
            case "F16" -> halfToFloat(data.getShort(at));
            case "BF16" -> Float.intBitsToFloat(data.getShort(at) << 16);
            default -> data.getFloat(at);
          };
    }
    return new Tensor(shape, values);
  }

  /**
   * Writes a file of F32 tensors. It appears whole or not at all: it is written beside its place
   * and then moved there.
   *
   * @param file where to; replaced if there
   * @param tensors by name, in the order they are to be stored. Not modified.
   * @param metadata free text by key. Not modified.
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    ObjectNode header = Json.object();
    ObjectNode notes = header.putObject(METADATA);
    metadata.forEach(notes::put);
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      ObjectNode node = header.putObject(entry.getKey());
      node.put("dtype", "F32");
      ArrayNode shape = node.putArray("shape");
      entry.getValue().shape().forEach(shape::add);
      long bytes = 4L * entry.getValue().values().length;
      node.putArray("data_offsets").add(offset).add(offset + bytes);
      offset += bytes;
    }
    // The format asks for data at a multiple of eight; spaces after the JSON are allowed.
    String json = header.toString();
    byte[] head =
        (json + " ".repeat((8 - utf8(json).length % 8) % 8)).getBytes(StandardCharsets.UTF_8);

    WholeFile.write(
        file,
        channel -> {
          ByteBuffer start = ByteBuffer.allocate(8 + head.length).order(ByteOrder.LITTLE_ENDIAN);
          WholeFile.writeFully(channel, start.putLong(head.length).put(head).flip());
          for (Tensor tensor : tensors.values()) {
            ByteBuffer bytes =
                ByteBuffer.allocate(4 * tensor.values().length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(tensor.values());
            WholeFile.writeFully(channel, bytes);
          }
        });
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** IEEE 754 binary16; Java 17 has no method for it. */
  private static float halfToFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0) {
      float small = fraction * 0x1p-24f;
      return sign == 0 ? small : -small;
    }
    int wide = exponent == 31 ? 0xff : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }

  private static IOException damaged(Path file, String what) {
    return new IOException("%s is no usable safetensors file: %s".formatted(file, what));
  }
}
