package dev.tarsier.runtime.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A bundle whose files are all there and whose model has the hash that its manifest says. Its
 * shapes are checked against the network when a session is opened.
 *
 * @param folder where it lies
 * @param manifest what {@code model.json} says
 */
public record Bundle(Path folder, BundleManifest manifest) {
  /**
   * Reads and verifies a bundle.
   *
   * @param folder with {@code model.json}
   * @throws BundleException names the file, what is wrong with it, and the way out
   */
  public static Bundle load(Path folder) throws BundleException {
    Bundle bundle = new Bundle(folder, BundleManifest.read(folder));
    bundle.readModel();
    bundle.checkGoldenFiles();
    return bundle;
  }

  /** The ONNX file. */
  public Path modelFile() {
    return folder.resolve(manifest.model().file());
  }

  /** The model's hash, which names it everywhere. */
  public String modelSha256() {
    return manifest.model().sha256();
  }

  /**
   * The bytes of the ONNX file, verified: what is used is what was hashed.
   *
   * @throws BundleException when the file is missing or its hash is another
   */
  public byte[] readModel() throws BundleException {
    Path file = modelFile();
    if (!Files.isRegularFile(file)) {
      throw new BundleException(
          file
              + " is missing, which "
              + BundleManifest.FILE
              + " names as the model; copy the whole bundle folder or export it again");
    }
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new BundleException(file + " cannot be read: " + e, e);
    }
    String actual = Sha256.of(bytes);
    if (!actual.equals(modelSha256())) {
      throw new BundleException(
          "%s has sha256 %s, but %s says %s: the file is damaged or of another model; copy the whole bundle folder or export it again"
              .formatted(file, actual, BundleManifest.FILE, modelSha256()));
    }
    return bytes;
  }

  private void checkGoldenFiles() throws BundleException {
    List<String> files = new ArrayList<>();
    for (BundleManifest.GoldenFrame golden : manifest.golden()) {
      files.add(golden.image());
      if (golden.classes() != null) {
        files.add(golden.classes());
      }
      if (golden.depth() != null) {
        files.add(golden.depth());
      }
    }
    for (String file : files) {
      if (!Files.isRegularFile(folder.resolve(file))) {
        throw new BundleException(
            folder.resolve(file)
                + " is missing, which "
                + BundleManifest.FILE
                + " names as a golden frame; copy the whole bundle folder or export it again");
      }
    }
  }
}
