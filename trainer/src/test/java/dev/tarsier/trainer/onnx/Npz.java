package dev.tarsier.trainer.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.ZipFile;

/** Arrays that NumPy saved: a zip of .npy files, each a header of text and the numbers. */
record Npz(Path file) {
  private ByteBuffer numbers(String name, String type) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile());
        InputStream in = zip.getInputStream(zip.getEntry(name + ".npy"))) {
      ByteBuffer bytes = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      int header = bytes.getShort(8);
      String text = new String(bytes.array(), 10, header, StandardCharsets.US_ASCII);
      if (!text.contains("'descr': '" + type + "'") || text.contains("'fortran_order': True")) {
        throw new IOException(name + " is " + text);
      }
      return bytes.position(10 + header).slice().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  byte[] bytes(String name) throws IOException {
    ByteBuffer numbers = numbers(name, "|u1");
    byte[] values = new byte[numbers.remaining()];
    numbers.get(values);
    return values;
  }

  float[] floats(String name) throws IOException {
    var numbers = numbers(name, "<f4").asFloatBuffer();
    float[] values = new float[numbers.remaining()];
    numbers.get(values);
    return values;
  }

  boolean has(String name) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.getEntry(name + ".npy") != null;
    }
  }
}
