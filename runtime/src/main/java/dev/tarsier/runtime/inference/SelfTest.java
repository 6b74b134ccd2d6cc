package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.BundleManifest.GoldenFrame;
import dev.tarsier.runtime.model.BundleManifest.Tolerances;
import dev.tarsier.runtime.model.NamedClasses;
import dev.tarsier.runtime.tensor.OpenCv;
import dev.tarsier.runtime.tensor.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What a session gave for its bundle's golden frames, beside what they say. A provider that
 * computes wrongly, or a network that is another than the bundle says, shows here and not on the
 * robot's first drive.
 *
 * @param provider what computed
 * @param golden whether there were golden frames; otherwise one frame of noise was run, of which
 *     only what no network may give is judged
 * @param frames one for each that was run
 * @param tolerances that they are judged by
 * @param nanos how long it took
 */
public record SelfTest(
    Provider provider, boolean golden, List<Compared> frames, Tolerances tolerances, long nanos) {
  /** Copies the list. */
  public SelfTest {
    frames = List.copyOf(frames);
  }

  /**
   * One frame.
   *
   * @param name of its file in the bundle
   * @param pixels of each output
   * @param classAgreement share of pixels with the same class, 0 to 1; 1 where nothing is compared
   * @param unnamedPixels whose class id the manifest does not name
   * @param unnamedId the first such id, or -1
   * @param depthKnownPixels whose depth is finite and positive; -1 without that head
   * @param depthRelativeError mean of |depth − golden| / golden where both are known; 0 where
   *     nothing is compared
   * @param depthUnknown share of pixels whose depth is known in only one of the two
   */
  public record Compared(
      String name,
      int pixels,
      double classAgreement,
      int unnamedPixels,
      int unnamedId,
      int depthKnownPixels,
      double depthRelativeError,
      double depthUnknown) {}

  /**
   * Runs the golden frames.
   *
   * @param session of the bundle; its buffers hold the last golden frame afterwards
   * @param bundle whose golden frames are read. Not modified.
   * @throws BundleException when a golden file is damaged or of another size
   * @throws InferenceException when the engine fails
   */
  public static SelfTest run(InferenceSession session, Bundle bundle)
      throws BundleException, InferenceException {
    OpenCv.load(); // which perceiving needs anyway, and takes longer than the frames
    long began = System.nanoTime();
    List<GoldenFrame> golden = bundle.manifest().golden();
    List<Compared> frames = new ArrayList<>();
    NamedClasses named = new NamedClasses(bundle.manifest());
    for (GoldenFrame frame : golden) {
      session.input().put(image(bundle, frame.image()));
      session.run();
      frames.add(
          compare(
              session,
              named,
              frame.image(),
              frame.classes() == null ? null : classes(bundle, frame.classes()),
              frame.depth() == null ? null : depth(bundle, frame.depth())));
    }
    if (golden.isEmpty()) {
      session.input().put(noise(bundle.manifest().input()));
      session.run();
      frames.add(compare(session, named, "a frame of noise", null, null));
    }
    return new SelfTest(
        session.provider(),
        !golden.isEmpty(),
        frames,
        bundle.manifest().tolerances(),
        System.nanoTime() - began);
  }

  private static Compared compare(
      InferenceSession session,
      NamedClasses named,
      String name,
      byte[] expectedIds,
      FloatBuffer expectedDepth) {
    ByteBuffer ids = session.classIds();
    int same = 0;
    int unnamed = -1;
    for (int i = 0; i < ids.limit(); i++) {
      int id = Byte.toUnsignedInt(ids.get(i));
      if (unnamed < 0 && !named.contains(id)) {
        unnamed = id;
      }
      if (expectedIds != null && ids.get(i) == expectedIds[i]) {
        same++;
      }
    }
    FloatBuffer depth = session.depthMetres();
    int known = 0;
    int onlyOne = 0;
    int both = 0;
    double error = 0;
    for (int i = 0; i < depth.limit(); i++) {
      boolean here = InferenceSession.isKnownDepth(depth.get(i));
      known += here ? 1 : 0;
      if (expectedDepth != null) {
        boolean there = InferenceSession.isKnownDepth(expectedDepth.get(i));
        onlyOne += here == there ? 0 : 1;
        if (here && there) {
          both++;
          error += Math.abs((double) depth.get(i) - expectedDepth.get(i)) / expectedDepth.get(i);
        }
      }
    }
    boolean compareIds = expectedIds != null && ids.limit() > 0;
    boolean hasDepth = depth.limit() > 0;
    return new Compared(
        name,
        Math.max(ids.limit(), depth.limit()),
        compareIds ? (double) same / ids.limit() : 1,
        ids.limit() == 0 ? 0 : named.countOthers(ids),
        unnamed,
        hasDepth ? known : -1,
        both == 0 ? 0 : error / both,
        hasDepth ? (double) onlyOne / depth.limit() : 0);
  }

  private static byte[] image(Bundle bundle, String file) throws BundleException {
    BundleManifest.Input input = bundle.manifest().input();
    return png(bundle, file, input.width(), input.height()).pixels();
  }

  private static byte[] classes(Bundle bundle, String file) throws BundleException {
    BundleManifest.Outputs outputs = bundle.manifest().outputs();
    byte[] gray = png(bundle, file, outputs.width(), outputs.height()).pixels();
    byte[] ids = new byte[gray.length / 3];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = gray[3 * i];
    }
    return ids;
  }

  private static FloatBuffer depth(Bundle bundle, String file) throws BundleException {
    BundleManifest.Outputs outputs = bundle.manifest().outputs();
    long expected = (long) Float.BYTES * outputs.width() * outputs.height();
    byte[] bytes = read(bundle, file, expected);
    if (bytes.length != expected) {
      throw damaged(
          bundle,
          file,
          "has %d bytes where %d are float32 of %dx%d"
              .formatted(bytes.length, expected, outputs.width(), outputs.height()));
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  /** The size is read from the header first: a small file can unpack to gigabytes. */
  private static RgbImage png(Bundle bundle, String file, int width, int height)
      throws BundleException {
    byte[] bytes = read(bundle, file, 8L * width * height + (1 << 16));
    ByteBuffer header = ByteBuffer.wrap(bytes);
    if (bytes.length < 33 || header.getInt(0) != 0x89504E47 || header.getInt(12) != 0x49484452) {
      throw damaged(bundle, file, "is no PNG");
    }
    if (header.getInt(16) != width || header.getInt(20) != height) {
      throw damaged(
          bundle,
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
      throw damaged(bundle, file, e.getMessage());
    }
  }

  private static byte[] read(Bundle bundle, String file, long most) throws BundleException {
    Path path = bundle.folder().resolve(file);
    try {
      long size = Files.size(path);
      if (size > most) {
        throw damaged(bundle, file, "has %d bytes, at most %d are taken".formatted(size, most));
      }
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new BundleException(path + " cannot be read: " + e, e);
    }
  }

  private static BundleException damaged(Bundle bundle, String file, String what) {
    return new BundleException(
        "%s, a golden frame, %s; copy the whole bundle folder or export it again"
            .formatted(bundle.folder().resolve(file), what));
  }

  /** Patches of colour, the same at each start. */
  private static byte[] noise(BundleManifest.Input input) {
    byte[] pixels = new byte[input.byteLength()];
    int patch = Math.max(1, input.height() / 8);
    for (int y = 0; y < input.height(); y++) {
      for (int x = 0; x < input.width(); x++) {
        SplittableRandom color = new SplittableRandom(y / patch * 1000L + x / patch);
        for (int c = 0; c < 3; c++) {
          pixels[3 * (y * input.width() + x) + c] = (byte) (32 + color.nextInt(192));
        }
      }
    }
    return pixels;
  }

  /** Why the session must not be used: the first frame that is not as it must be, in one line. */
  public Optional<String> failure() {
    return frames.stream().flatMap(frame -> failure(frame).stream()).findFirst();
  }

  private Optional<String> failure(Compared frame) {
    if (frame.unnamedPixels() > 0) {
      return Optional.of(
          "%s: %d of %d pixels have a class id that %s does not name, the first is %d (0 are allowed)"
              .formatted(
                  frame.name(),
                  frame.unnamedPixels(),
                  frame.pixels(),
                  BundleManifest.FILE,
                  frame.unnamedId()));
    }
    if (frame.depthKnownPixels() == 0) {
      return Optional.of(
          "%s: depth is NaN, infinite or not positive in all %d pixels"
              .formatted(frame.name(), frame.pixels()));
    }
    if (frame.depthUnknown() > tolerances.maxDepthUnknown()) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "%s: depth is known in only one of golden frame and network on %.2f %% of the pixels, at most %.2f %% are allowed",
              frame.name(),
              100 * frame.depthUnknown(),
              100 * tolerances.maxDepthUnknown()));
    }
    if (frame.classAgreement() < tolerances.minClassAgreement()) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "%s: classes agree on %.2f %% of the pixels, at least %.2f %% are demanded",
              frame.name(),
              100 * frame.classAgreement(),
              100 * tolerances.minClassAgreement()));
    }
    if (!(frame.depthRelativeError() <= tolerances.maxDepthRelativeError())) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "%s: depth differs by %.2f %% in the mean, at most %.2f %% is allowed",
              frame.name(),
              100 * frame.depthRelativeError(),
              100 * tolerances.maxDepthRelativeError()));
    }
    return Optional.empty();
  }

  /** What was found, in one line, for a log or a doctor. */
  public String summary() {
    String took = String.format(Locale.ROOT, "%.0f ms", nanos / 1e6);
    if (!golden) {
      return "no golden frames: what %s computes was compared with nothing (%s)"
          .formatted(provider.id(), took);
    }
    return String.format(
        Locale.ROOT,
        "%d golden frames on %s: classes agree on %.3f %% of the pixels or more, depth differs by %.3f %% or less (%s)",
        frames.size(),
        provider.id(),
        100 * frames.stream().mapToDouble(Compared::classAgreement).min().orElse(1),
        100 * frames.stream().mapToDouble(Compared::depthRelativeError).max().orElse(0),
        took);
  }
}
