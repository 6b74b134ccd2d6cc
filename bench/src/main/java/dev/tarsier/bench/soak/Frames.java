package dev.tarsier.bench.soak;

import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.ros1.adapter.ImageBodies;
import dev.tarsier.ros.ros1.adapter.MessageToFrame;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.ImageToTensor;
import dev.tarsier.runtime.tensor.RgbImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The camera's images in every {@link Look}, in one file that each camera process maps: a camera
 * that is started again is there in half a second.
 */
final class Frames {
  /** Of a bag; the same images in four looks take 5 MB for each. */
  static final int MOST = 24;

  private Frames() {}

  /**
   * The first images of a bag, of the first topic that has any.
   *
   * @throws IOException when it cannot be read or has none; names the bag
   */
  static List<RgbImage> ofBag(Path bag) throws IOException {
    List<RgbImage> images = new ArrayList<>();
    List<String> types = List.of(ImageBodies.types());
    String[] topic = {null};
    FramePool pool = new FramePool(1);
    try (BagReader reader = BagReader.open(bag)) {
      reader.forEach(
          connection -> types.contains(connection.type()),
          (connection, receiveNanos, body) -> {
            if (images.size() >= MOST
                || (topic[0] != null && !connection.topic().equals(topic[0]))) {
              return;
            }
            MessageToFrame bodies = new MessageToFrame(ImageBodies.compressed(connection.type()));
            try (Frame frame = bodies.run(body, 0, pool)) {
              images.add(rgb(frame));
              topic[0] = connection.topic();
            } catch (RejectedFrameException e) {
              // Depth, or damaged: another topic or the next message may do.
            }
          });
    }
    if (images.isEmpty()) {
      throw new IOException(bag + " has no colour images; give another one with --bag");
    }
    return images;
  }

  private static RgbImage rgb(Frame frame) throws RejectedFrameException {
    if (frame.encoding().isCompressed()) {
      byte[] file = new byte[frame.bytes().limit()];
      frame.bytes().get(file);
      return RgbImage.decode(file);
    }
    ByteBuffer tensor = ByteBuffer.allocateDirect(3 * frame.width() * frame.height());
    try (ImageToTensor conversion = new ImageToTensor(frame.height(), frame.width())) {
      conversion.run(frame, tensor);
    }
    byte[] pixels = new byte[tensor.limit()];
    tensor.get(pixels);
    return new RgbImage(frame.width(), frame.height(), pixels);
  }

  /** The golden frames of the shipped bundle. */
  static List<RgbImage> golden(Path home) throws IOException {
    Path folder = home.resolve("models").resolve(ModelFolder.SHIPPED).resolve("golden");
    List<RgbImage> images = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file :
          files
              .filter(each -> each.getFileName().toString().matches("\\d+\\.png"))
              .sorted()
              .toList()) {
        images.add(RgbImage.decode(Files.readAllBytes(file)));
      }
    } catch (RejectedFrameException e) {
      throw new IOException(folder + ": " + e.getMessage(), e);
    }
    if (images.isEmpty()) {
      throw new IOException(folder + " has no golden frames; give a bag with --bag");
    }
    return images;
  }

  /** Writes them, look by look. */
  static void write(Path file, List<RgbImage> images) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      for (Look look : Look.ALL) {
        for (RgbImage image : images) {
          out.write(look.of(image));
        }
      }
    }
  }

  /** Views of what {@link #write} wrote: for each look its images. */
  static List<List<ByteBuffer>> map(Path file) throws IOException {
    long all = Look.ALL.stream().mapToLong(Look::bytes).sum();
    try (FileChannel channel = FileChannel.open(file)) {
      MappedByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      int count = Math.toIntExact(channel.size() / all);
      List<List<ByteBuffer>> frames = new ArrayList<>();
      int at = 0;
      for (Look look : Look.ALL) {
        List<ByteBuffer> views = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          views.add(bytes.slice(at, look.bytes()));
          at += look.bytes();
        }
        frames.add(views);
      }
      return frames;
    }
  }
}
