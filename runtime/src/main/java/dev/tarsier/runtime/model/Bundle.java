package dev.tarsier.runtime.model;

import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * A bundle whose files are all there and whose model has the hash that its manifest says. Its
 * shapes are checked against the network when a session is opened.
 *
 * <p>A bundle may hold its network in other numbers too. {@link #in} gives the bundle with that
 * network, its hash and its golden frames in the place of the float one's, so that whoever uses a
 * bundle need not know.
 *
 * @param folder where it lies
 * @param manifest what {@code model.json} says, of the network in {@code precision}
 * @param precision of the network that is used
 */
public record Bundle(Path folder, BundleManifest manifest, NetworkPrecision precision) {
  /** The float network's. */
  public Bundle(Path folder, BundleManifest manifest) {
    this(folder, manifest, NetworkPrecision.FLOAT);
  }

  /**
   * Reads and verifies a bundle.
   *
   * @param folder with {@code model.json}
   * @throws BundleException names the file, what is wrong with it, and the way out
   */
  public static Bundle load(Path folder) throws BundleException {
    Bundle bundle = new Bundle(folder, BundleManifest.read(folder));
    bundle.checkModel();
    bundle.checkGoldenFiles();
    for (BundleManifest.Variant each : bundle.manifest.variants().values()) {
      Bundle variant = new Bundle(folder, bundle.manifestOf(each));
      variant.checkModel();
      variant.checkGoldenFiles();
    }
    return bundle;
  }

  /**
   * The same bundle with its network in other numbers.
   *
   * @throws BundleException when it has none
   */
  public Bundle in(NetworkPrecision other) throws BundleException {
    if (other == precision) {
      return this;
    }
    if (other == NetworkPrecision.FLOAT) {
      return load(folder);
    }
    BundleManifest.Variant variant =
        manifest
            .variant(other)
            .orElseThrow(
                () ->
                    new BundleException(
                        "%s has no %s network; make one with 'tarsier quantize %s --recipe RECIPE', or set precision to float"
                            .formatted(folder, other.id(), folder)));
    return new Bundle(folder, manifestOf(variant), other);
  }

  private BundleManifest manifestOf(BundleManifest.Variant variant) {
    BundleManifest.Provenance of = manifest.provenance();
    return new BundleManifest(
        manifest.schema(),
        manifest.name(),
        manifest.version(),
        variant.model(),
        manifest.input(),
        manifest.outputs(),
        manifest.intrinsics(),
        new BundleManifest.Provenance(
            of.recipeSha256(), of.dataSets(), of.seed(), variant.metrics(), of.versions()),
        variant.golden(),
        manifest.variants());
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
   * The bytes of the ONNX file, verified: what is used is what was hashed. Not on the heap, which
   * on a robot is small.
   *
   * @return direct, position 0, owned by the caller
   * @throws BundleException when the file is missing, its hash is another, or it does not fit in
   *     memory
   */
  public ByteBuffer readModel() throws BundleException {
    Path file = modelFile();
    int size = modelSize();
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.allocateDirect(size);
    } catch (OutOfMemoryError e) {
      // Thrown by Java's own count of direct memory; the process is as well as before.
      throw new BundleException(
          "%s has %s, more than Java may use besides its heap; give it more with -XX:MaxDirectMemorySize"
              .formatted(file, FileSize.of(size)),
          e);
    }
    try (FileChannel channel = FileChannel.open(file)) {
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
        // reads on
      }
    } catch (IOException e) {
      throw new BundleException(WholeFile.unreadable(file, e), e);
    }
    bytes.flip();
    MessageDigest digest = Sha256.digest();
    digest.update(bytes);
    checkHash(Sha256.hex(digest.digest()));
    return bytes.rewind();
  }

  /** Reads the whole model once, a piece at a time. */
  private void checkModel() throws BundleException {
    modelSize();
    try {
      checkHash(Sha256.of(modelFile()));
    } catch (IOException e) {
      throw new BundleException(WholeFile.unreadable(modelFile(), e), e);
    }
  }

  /** Bytes of the model; what no ONNX file can have is not read at all. */
  private int modelSize() throws BundleException {
    Path file = modelFile();
    if (!Files.isRegularFile(file)) {
      throw new BundleException(
          file
              + " is missing, which "
              + BundleManifest.FILE
              + " names as the model; copy the whole bundle folder or export it again");
    }
    try {
      long size = Files.size(file);
      if (size > Integer.MAX_VALUE) {
        throw new BundleException(
            "%s has %s, and an ONNX file less than 2 GB: the file is damaged or no model; copy the whole bundle folder or export it again"
                .formatted(file, FileSize.of(size)));
      }
      return (int) size;
    } catch (IOException e) {
      throw new BundleException(WholeFile.unreadable(file, e), e);
    }
  }

  private void checkHash(String actual) throws BundleException {
    if (!actual.equals(modelSha256())) {
      throw new BundleException(
          "%s has sha256 %s, but %s says %s: the file is damaged or of another model; copy the whole bundle folder or export it again"
              .formatted(modelFile(), actual, BundleManifest.FILE, modelSha256()));
    }
  }

  private void checkGoldenFiles() throws BundleException {
    List<String> files = new ArrayList<>();
    for (BundleManifest.GoldenFrame golden : manifest.golden()) {
      files.add(golden.image());
      files.addAll(golden.outputs().values());
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
