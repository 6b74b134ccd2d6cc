package dev.tarsier.trainer.dataset;

import dev.tarsier.ros.bag.BagException;
import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.message.CompressedImage;
import dev.tarsier.ros.message.CompressedImageView;
import dev.tarsier.ros.message.Image;
import dev.tarsier.ros.message.ImageView;
import dev.tarsier.ros.message.MessageFormatException;
import dev.tarsier.ros.replay.Truth;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.ImageToTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Frames of a ROS bag: colour with the depth and the labels whose stamps are nearest. A frame
 * without either in reach has none.
 *
 * <p>All is read when it is opened and kept at the size of the network's input: colour stretched as
 * on the robot, depth and labels by the nearest pixel.
 */
public final class BagSource implements SampleSource {
  /** Depth and labels farther away in time belong to another frame. */
  private static final long REACH_NANOS = 50_000_000;

  /**
   * What to read of a bag.
   *
   * @param path the bag
   * @param image topic of colour images, raw or compressed
   * @param depth topic of depth images, 16UC1 or 32FC1; null for none
   * @param labels topic of class ids, mono8, 255 = ignored; null for none
   * @param classes how many classes there are
   * @param everyNth takes each so-manyth image, ≥ 1
   * @param height of the samples
   * @param width of the samples
   */
  public record Selected(
      Path path,
      String image,
      String depth,
      String labels,
      int classes,
      int everyNth,
      int height,
      int width) {
    /** Checks the ranges. */
    public Selected {
      if (everyNth < 1 || height < 1 || width < 1 || classes < 1) {
        throw new IllegalArgumentException(
            "everyNth, height, width and classes must be >= 1, got %d, %d, %d, %d"
                .formatted(everyNth, height, width, classes));
      }
    }
  }

  /** Takes one message of a topic, the so-manyth of it. */
  private interface Taker {
    void take(int ordinal, ByteBuffer body);
  }

  private final Selected selected;
  private final List<Sample> samples;
  private final String sha256;

  private BagSource(Selected selected, List<Sample> samples, String sha256) {
    this.selected = selected;
    this.samples = samples;
    this.sha256 = sha256;
  }

  /**
   * Reads a bag.
   *
   * @throws DataException if it cannot be read, is damaged, lacks a topic, or has a message that is
   *     not what its topic is said to hold; the message names the bag
   */
  public static BagSource open(Selected selected) {
    if (!Files.exists(selected.path())) {
      throw new DataException("%s is missing".formatted(selected.path()));
    }
    try (BagReader bag = BagReader.open(selected.path())) {
      return new Reading(selected, bag).read();
    } catch (BagException | MessageFormatException e) {
      throw new DataException("%s: %s".formatted(selected.path(), e.getMessage()), e);
    } catch (IOException e) {
      throw new DataException(
          "%s cannot be read: %s".formatted(selected.path(), e.getMessage()), e);
    }
  }

  /** The work of opening one bag. */
  private static final class Reading {
    private final Selected selected;
    private final BagReader bag;
    private final List<byte[]> colors = new ArrayList<>();
    private final Map<Integer, float[]> depths = new HashMap<>();
    private final Map<Integer, byte[]> labels = new HashMap<>();

    Reading(Selected selected, BagReader bag) {
      this.selected = selected;
      this.bag = bag;
    }

    BagSource read() throws IOException {
      boolean packed = compressed();
      List<Long> imageStamps = stamps(selected.image(), packed);
      List<Long> depthStamps =
          selected.depth() == null ? List.of() : stamps(selected.depth(), false);
      List<Long> labelStamps =
          selected.labels() == null ? List.of() : stamps(selected.labels(), false);
      List<Long> taken = new ArrayList<>();
      for (int i = 0; i < imageStamps.size(); i += selected.everyNth()) {
        taken.add(imageStamps.get(i));
      }
      if (taken.isEmpty()) {
        throw new DataException(
            "%s has no message on %s".formatted(selected.path(), selected.image()));
      }
      Map<Integer, Integer> depthOf = nearest(taken, depthStamps);
      Map<Integer, Integer> labelsOf = nearest(taken, labelStamps);
      readColors(packed);
      each(
          selected.depth(),
          (ordinal, body) -> {
            if (depthOf.containsValue(ordinal)) {
              depths.put(ordinal, depth(body));
            }
          });
      each(
          selected.labels(),
          (ordinal, body) -> {
            if (labelsOf.containsValue(ordinal)) {
              labels.put(ordinal, labels(body));
            }
          });
      return source(taken, depthOf, labelsOf);
    }

    private BagSource source(
        List<Long> taken, Map<Integer, Integer> depthOf, Map<Integer, Integer> labelsOf) {
      ContentHash hash = new ContentHash();
      List<Sample> samples = new ArrayList<>();
      for (int i = 0; i < taken.size(); i++) {
        float[] metres = depths.get(depthOf.getOrDefault(i, -1));
        byte[] ids = labels.get(labelsOf.getOrDefault(i, -1));
        hash.add(colors.get(i));
        if (metres != null) {
          ByteBuffer bytes = ByteBuffer.allocate(4 * metres.length);
          bytes.asFloatBuffer().put(metres);
          hash.add("depth").add(bytes.array());
        }
        if (ids != null) {
          hash.add("labels").add(ids);
        }
        String name = "%s@%d".formatted(selected.path(), taken.get(i));
        samples.add(
            new Sample(name, selected.width(), selected.height(), colors.get(i), metres, ids));
      }
      return new BagSource(selected, List.copyOf(samples), hash.hex());
    }

    private boolean compressed() {
      String found =
          bag.topicsOfType(Image.TYPE.name(), CompressedImage.TYPE.name()).stream()
              .filter(topic -> bare(topic.name()).equals(bare(selected.image())))
              .map(topic -> topic.type())
              .findFirst()
              .orElseThrow(() -> lacks(selected.image()));
      for (String truth : new String[] {selected.depth(), selected.labels()}) {
        if (truth != null
            && bag.topicsOfType(Image.TYPE.name()).stream()
                .noneMatch(topic -> bare(topic.name()).equals(bare(truth)))) {
          throw lacks(truth);
        }
      }
      return found.equals(CompressedImage.TYPE.name());
    }

    private DataException lacks(String topic) {
      return new DataException(
          "%s has no image topic %s; it has %s"
              .formatted(
                  selected.path(),
                  topic,
                  bag.topicsOfType(Image.TYPE.name(), CompressedImage.TYPE.name()).stream()
                      .map(each -> each.name())
                      .collect(Collectors.joining(", "))));
    }

    private List<Long> stamps(String topic, boolean packed) throws IOException {
      List<Long> stamps = new ArrayList<>();
      ImageView raw = new ImageView();
      CompressedImageView compressed = new CompressedImageView();
      each(
          topic,
          (ordinal, body) ->
              stamps.add(
                  packed ? compressed.over(body).stampNanos() : raw.over(body).stampNanos()));
      return stamps;
    }

    private void each(String topic, Taker taker) throws IOException {
      if (topic != null) {
        int[] ordinal = {0};
        bag.forEach(
            Selection.topics(topic),
            (connection, receiveNanos, body) -> taker.take(ordinal[0]++, body));
      }
    }

    private void readColors(boolean packed) throws IOException {
      FramePool pool = new FramePool(1);
      ByteBuffer rgb =
          ByteBuffer.allocateDirect(3 * selected.height() * selected.width())
              .order(ByteOrder.nativeOrder());
      ImageView raw = new ImageView();
      CompressedImageView compressed = new CompressedImageView();
      try (ImageToTensor toTensor = new ImageToTensor(selected.height(), selected.width())) {
        each(
            selected.image(),
            (ordinal, body) -> {
              if (ordinal % selected.everyNth() != 0) {
                return;
              }
              try (Frame frame = pool.acquire()) {
                if (packed) {
                  compressed.over(body);
                  PixelEncoding encoding =
                      known(
                          PixelEncoding.ofCompressedFormat(compressed.format()),
                          compressed.format());
                  compressed.copyData(frame.prepare(compressed.dataLength()));
                  frame.describe(encoding, 0, 0, 0, compressed.stampNanos(), 0, "", ordinal);
                } else {
                  raw.over(body);
                  PixelEncoding encoding =
                      known(PixelEncoding.ofRos(raw.encoding()), raw.encoding());
                  raw.copyData(frame.prepare(raw.dataLength()));
                  frame.describe(
                      encoding,
                      raw.width(),
                      raw.height(),
                      raw.step(),
                      raw.stampNanos(),
                      0,
                      "",
                      ordinal);
                }
                toTensor.run(frame, rgb);
                byte[] pixels = new byte[rgb.capacity()];
                rgb.get(0, pixels);
                colors.add(pixels);
              } catch (RejectedFrameException e) {
                throw new DataException(
                    "%s: image %d of %s: %s"
                        .formatted(selected.path(), ordinal, selected.image(), e.getMessage()),
                    e);
              }
            });
      }
    }

    private PixelEncoding known(Optional<PixelEncoding> encoding, String name) {
      return encoding.orElseThrow(
          () ->
              new DataException(
                  "%s: images of %s are encoded as '%s', which is not known"
                      .formatted(selected.path(), selected.image(), name)));
    }

    private float[] depth(ByteBuffer body) {
      Truth truth = Truth.depth(new ImageView().over(body), 0);
      float[] metres = new float[selected.height() * selected.width()];
      for (int i = 0; i < metres.length; i++) {
        metres[i] = truth.metres()[from(i, truth)];
      }
      return metres;
    }

    private byte[] labels(ByteBuffer body) {
      Truth truth = Truth.labels(new ImageView().over(body), 0);
      byte[] ids = new byte[selected.height() * selected.width()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = truth.ids()[from(i, truth)];
        int id = ids[i] & 0xff;
        if (id >= selected.classes() && id != NyuClasses.IGNORE) {
          throw new DataException(
              "%s: label %d on %s is out of range; 0 to %d are classes, 255 is ignored"
                  .formatted(selected.path(), id, selected.labels(), selected.classes() - 1));
        }
      }
      return ids;
    }

    /** The pixel of another size that holds the centre of pixel {@code i}. */
    private int from(int i, Truth truth) {
      long y = i / selected.width();
      long x = i % selected.width();
      long row = (2 * y + 1) * truth.height() / (2L * selected.height());
      long column = (2 * x + 1) * truth.width() / (2L * selected.width());
      return (int) (row * truth.width() + column);
    }
  }

  /** For each of the first stamps, which of the second is nearest, where one is in reach. */
  static Map<Integer, Integer> nearest(List<Long> stamps, List<Long> others) {
    Map<Integer, Integer> found = new HashMap<>();
    for (int i = 0; i < stamps.size(); i++) {
      long best = REACH_NANOS + 1;
      for (int j = 0; j < others.size(); j++) {
        long apart = Math.abs(stamps.get(i) - others.get(j));
        if (apart < best) {
          best = apart;
          found.put(i, j);
        }
      }
    }
    return found;
  }

  private static String bare(String topic) {
    return topic.startsWith("/") ? topic.substring(1) : topic;
  }

  @Override
  public int size() {
    return samples.size();
  }

  @Override
  public Sample get(int index) {
    return samples.get(index);
  }

  @Override
  public String name() {
    return "bag/" + selected.path().getFileName();
  }

  @Override
  public String sha256() {
    return sha256;
  }
}
