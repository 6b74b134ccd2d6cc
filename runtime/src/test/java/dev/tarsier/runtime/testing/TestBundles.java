package dev.tarsier.runtime.testing;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.Sha256;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;

/** The bundle of the test resources, whose network is small enough to check by hand. */
public final class TestBundles {
  /** Rows of its input. */
  public static final int HEIGHT = 24;

  /** Columns of its input. */
  public static final int WIDTH = 32;

  private static final String RESOURCES = "/bundles/";

  private TestBundles() {}

  /**
   * Writes the bundle {@code brightness-v1} (see {@code make_bundles.py} beside it): classes 0 red,
   * 1 green, 2 blue by the strongest channel, depth = mean of the channels / 25.5 in metres, both
   * over 2x2 pixels of a 32x24 image.
   *
   * @param folder where to; made when it is not there
   * @return the folder
   */
  public static Path brightness(Path folder) throws IOException {
    return write("brightness-v1", folder);
  }

  /**
   * Writes the bundle {@code hang-v1} (see {@code make_hang.py} beside it): that depth, but an
   * image with any value above 250 never ends, inside of the engine.
   *
   * @param folder where to; made when it is not there
   * @return the folder
   */
  public static Path hang(Path folder) throws IOException {
    return write("hang-v1", folder);
  }

  private static Path write(String bundle, Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String file : new String[] {"model.json", "model.onnx"}) {
      try (InputStream in =
          TestBundles.class.getResourceAsStream(RESOURCES + bundle + "/" + file)) {
        Files.write(folder.resolve(file), in.readAllBytes());
      }
    }
    return folder;
  }

  /** The same, loaded. */
  public static Bundle load(Path folder) throws IOException, BundleException {
    return Bundle.load(brightness(folder));
  }

  /** Replaces a text in {@code model.json}; the text must be there. */
  public static void edit(Path folder, String from, String to) throws IOException {
    Path file = folder.resolve(BundleManifest.FILE);
    String json = Files.readString(file);
    if (!json.contains(from)) {
      throw new IllegalArgumentException("'" + from + "' is not in " + json);
    }
    Files.writeString(file, json.replace(from, to));
  }

  /** Replaces the ONNX file and its hash in the manifest. */
  public static void replaceModel(Path folder, byte[] bytes) throws IOException {
    String before = Sha256.of(folder.resolve("model.onnx"));
    Files.write(folder.resolve("model.onnx"), bytes);
    edit(folder, before, Sha256.of(bytes));
  }

  /**
   * Divides depth by another number than 25.5: by 0 it is infinite, by NaN it is NaN everywhere.
   */
  public static void divideDepthBy(Path folder, float divisor) throws IOException {
    byte[] model = Files.readAllBytes(folder.resolve("model.onnx"));
    ByteBuffer bytes = ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (bytes.getFloat(at) != 25.5f) {
      at++;
    }
    bytes.putFloat(at, divisor);
    replaceModel(folder, model);
  }

  /**
   * Adds golden frames of one colour each, with what the network of {@code brightness-v1} gives for
   * them.
   *
   * @param colors 0xRRGGBB
   */
  public static void addGolden(Path folder, int... colors) throws IOException {
    Files.createDirectories(folder.resolve("golden"));
    StringBuilder entries = new StringBuilder();
    for (int i = 0; i < colors.length; i++) {
      String name = "golden/%02d".formatted(i);
      BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < WIDTH * HEIGHT; p++) {
        image.setRGB(p % WIDTH, p / WIDTH, colors[i]);
      }
      ImageIO.write(image, "png", folder.resolve(name + ".png").toFile());
      int[] channels = {colors[i] >> 16 & 255, colors[i] >> 8 & 255, colors[i] & 255};
      int id = channels[0] >= channels[1] ? 0 : 1;
      id = channels[2] > channels[id] ? 2 : id;
      byte[] ids = new byte[WIDTH / 2 * HEIGHT / 2];
      Arrays.fill(ids, (byte) id);
      writeClasses(folder.resolve(name + ".classes.png"), ids);
      ByteBuffer depth = ByteBuffer.allocate(4 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
      while (depth.hasRemaining()) {
        depth.putFloat((channels[0] + channels[1] + channels[2]) / 3f / 25.5f);
      }
      Files.write(folder.resolve(name + ".depth.bin"), depth.array());
      entries.append(
          "%s{\"image\": \"%s.png\", \"classes\": \"%s.classes.png\", \"depth\": \"%s.depth.bin\"}"
              .formatted(i == 0 ? "" : ", ", name, name, name));
    }
    edit(folder, "\"golden\": []", "\"golden\": [" + entries + "]");
  }

  /** Writes class ids of the bundle's output size as a golden file. */
  public static void writeClasses(Path file, byte[] ids) throws IOException {
    BufferedImage gray = new BufferedImage(WIDTH / 2, HEIGHT / 2, BufferedImage.TYPE_BYTE_GRAY);
    gray.getRaster().setDataElements(0, 0, WIDTH / 2, HEIGHT / 2, ids);
    ImageIO.write(gray, "png", file.toFile());
  }
}
