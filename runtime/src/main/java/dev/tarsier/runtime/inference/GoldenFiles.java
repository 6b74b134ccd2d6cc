package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the golden frames of a bundle, of which nothing is believed. */
record GoldenFiles(Bundle bundle) {
  /** An image as the network sees it, uint8 [height, width, 3], RGB. */
  byte[] image(String file) throws BundleException {
    BundleManifest.Input input = bundle.manifest().input();
    return png(file, input.width(), input.height()).pixels();
  }

  /** What a head gave at export. */
  Plane plane(String file, BundleManifest.Output output) throws BundleException {
    return output.kind().isIds() ? ids(file, output) : values(file, output);
  }

  private Plane ids(String file, BundleManifest.Output output) throws BundleException {
    byte[] gray = png(file, output.width(), output.height()).pixels();
    byte[] ids = new byte[gray.length / 3];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = gray[3 * i];
    }
    return Plane.ofIds(ids, output.width(), output.height());
  }

  private Plane values(String file, BundleManifest.Output output) throws BundleException {
    int channels = output.kind().channels();
    long expected = (long) Float.BYTES * channels * output.width() * output.height();
    byte[] bytes = read(file, expected);
    if (bytes.length != expected) {
      throw damaged(
          file,
          "has %d bytes where %d are float32 of %dx%d%s"
              .formatted(
                  bytes.length,
                  expected,
                  output.width(),
                  output.height(),
                  channels == 1 ? "" : "x" + channels));
    }
    return Plane.ofValues(
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer(),
        output.width(),
        output.height(),
        channels);
  }

  /** The size is read from the header first: a small file can unpack to gigabytes. */
  private RgbImage png(String file, int width, int height) throws BundleException {
    byte[] bytes = read(file, 8L * width * height + (1 << 16));
    ByteBuffer header = ByteBuffer.wrap(bytes);
    if (bytes.length < 33 || header.getInt(0) != 0x89504E47 || header.getInt(12) != 0x49484452) {
      throw damaged(file, "is no PNG");
    }
    if (header.getInt(16) != width || header.getInt(20) != height) {
      throw damaged(
          file,
          "is %dx%d where the manifest says %dx%d"
              .formatted(
                  Integer.toUnsignedLong(header.getInt(16)),
                  Integer.toUnsignedLong(header.getInt(20)),
                  width,
                  height));
    }
    try {
      return RgbImage.decode(bytes);
    } catch (RejectedFrameException e) {
      throw damaged(file, e.getMessage());
    }
  }

  private byte[] read(String file, long most) throws BundleException {
    Path path = bundle.folder().resolve(file);
    try {
      long size = Files.size(path);
      if (size > most) {
        throw damaged(file, "has %d bytes, at most %d are taken".formatted(size, most));
      }
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new BundleException(WholeFile.unreadable(path, e), e);
    }
  }

  private BundleException damaged(String file, String what) {
    return new BundleException(
        "%s, a golden frame, %s; copy the whole bundle folder or export it again"
            .formatted(bundle.folder().resolve(file), what));
  }
}
