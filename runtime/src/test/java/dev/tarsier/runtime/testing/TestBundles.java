package dev.tarsier.runtime.testing;

import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bundle of the test resources, whose network is small enough to check by hand. */
public final class TestBundles {
  /** Rows of its input. */
  public static final int HEIGHT = 24;

  /** Columns of its input. */
  public static final int WIDTH = 32;

  private static final String RESOURCE = "/bundles/brightness-v1/";

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
    Files.createDirectories(folder);
    for (String file : new String[] {"model.json", "model.onnx"}) {
      try (InputStream in = TestBundles.class.getResourceAsStream(RESOURCE + file)) {
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
}
