package dev.tarsier.trainer.dataset;

import dev.tarsier.ros.bag.BagException;
import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.frame.MessageToFrame;
import dev.tarsier.ros.message.CompressedImage;
import dev.tarsier.ros.message.CompressedImageView;
import dev.tarsier.ros.message.Image;
import dev.tarsier.ros.message.ImageView;
import dev.tarsier.ros.message.MessageFormatException;
import dev.tarsier.ros.truth.Calibrations;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.ros.truth.Truth;
import dev.tarsier.ros.truth.TruthException;
import dev.tarsier.ros.truth.TruthReader;
import dev.tarsier.ros.truth.TruthSource;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.ImageToTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Frames of a ROS bag: colour with the depth and the labels whose stamps are nearest. Each depth
 * image and each image of labels belongs to one frame, the nearest in time; a frame to which none
 * belongs has none, so a bag of which a few frames were labelled gives labels for those alone.
 *
 * <p>Labels may lie elsewhere: in another bag, as a tool writes it that reads the first, or in a
 * folder of PNG files named by the stamps of their frames in nanoseconds ({@code
 * 1403715273262142976.png}) or in seconds with nine decimals ({@code 1403715273.262142976.png}).
 *
 * <p>All is read when it is opened and kept at the size of the network's input: colour stretched as
 * on the robot, depth and labels by the nearest pixel. Depth and labels may be of another size than
 * their image, as cameras send them. Depth of another camera is moved into the images' where both
 * calibrations and the transform are recorded; what shows something else is refused.
 */
public final class BagSource implements SampleSource {
  /** Depth and labels farther away in time belong to another frame. */
  private static final long REACH_NANOS = 50_000_000;

  private static final Pattern STAMP =
      Pattern.compile("(\\d+|\\d+\\.\\d{9})\\.png", Pattern.CASE_INSENSITIVE);

  /**
   * What to read of a bag.
   *
   * @param path the bag
   * @param image topic of colour images, raw or compressed
   * @param depth topic of depth images, 16UC1, mono16, 32FC1, compressedDepth or 16-bit PNG; null
   *     for none
   * @param labels topic of class ids, mono8, 255 = ignored; null for none, or for a folder
   * @param classes how many classes there are
   * @param everyNth takes each so-manyth image, ≥ 1
   * @param height of the samples
   * @param width of the samples
   * @param labelsFrom another bag with the topic {@code labels}, or a folder of PNG files with
   *     class ids, 8 bits, 255 = ignored; null where {@code path} has them
   * @param continued the further bags of a split recording; may be empty
   * @param depthUnit metres to a count of depth; null = what the bag says, else a millimetre
   * @param aligned whether depth and labels show what the images show, whatever their frames and
   *     sizes say
   */
  public record Selected(
      Path path,
      String image,
      String depth,
      String labels,
      int classes,
      int everyNth,
      int height,
      int width,
      Path labelsFrom,
      List<Path> continued,
      Double depthUnit,
      boolean aligned) {
    /** Checks the ranges. */
    public Selected {
      continued = List.copyOf(continued);
      if (everyNth < 1 || height < 1 || width < 1 || classes < 1) {
        throw new IllegalArgumentException(
            "everyNth, height, width and classes must be >= 1, got %d, %d, %d, %d"
                .formatted(everyNth, height, width, classes));
      }
    }

    /** One bag, with labels perhaps elsewhere. */
    public Selected(
        Path path,
        String image,
        String depth,
        String labels,
        int classes,
        int everyNth,
        int height,
        int width,
        Path labelsFrom) {
      this(
          path,
          image,
          depth,
          labels,
          classes,
          everyNth,
          height,
          width,
          labelsFrom,
          List.of(),
          null,
          false);
    }

    /** All from one bag. */
    public Selected(
        Path path,
        String image,
        String depth,
        String labels,
        int classes,
        int everyNth,
        int height,
        int width) {
      this(path, image, depth, labels, classes, everyNth, height, width, null);
    }
  }

  /** Takes one message of a topic, the so-manyth of it. */
  private interface Taker {
    void take(int ordinal, long receiveNanos, ByteBuffer body);
  }

  /** Size of an image. */
  private record Pixels(int width, int height) {
    @Override
    public String toString() {
      return width + "x" + height;
    }
  }

  private final Selected selected;
  private final List<Sample> samples;
  private final String sha256;
  private final List<String> remarks;

  private BagSource(Selected selected, List<Sample> samples, String sha256, List<String> remarks) {
    this.remarks = List.copyOf(remarks);
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
    for (Path each : all(selected)) {
      if (!Files.exists(each)) {
        throw new DataException("%s is missing".formatted(each));
      }
    }
    Path from = selected.labelsFrom();
    if (from != null && !Files.exists(from)) {
      throw new DataException("%s is missing".formatted(from));
    }
    boolean folder = from != null && Files.isDirectory(from);
    if (from != null && !folder && selected.labels() == null) {
      throw new DataException(
          "%s is a bag; say which of its topics has the labels".formatted(from));
    }
    return reading(
        all(selected),
        bag -> {
          if (from == null) {
            return new Reading(selected, bag, bag).read();
          }
          if (folder) {
            return new Reading(selected, bag, null).read();
          }
          return reading(List.of(from), labels -> new Reading(selected, bag, labels).read());
        });
  }

  /** What is done with an open bag. */
  private interface Use {
    BagSource of(Recording bag) throws IOException;
  }

  private static List<Path> all(Selected selected) {
    return Stream.concat(Stream.of(selected.path()), selected.continued().stream()).toList();
  }

  private static BagSource reading(List<Path> paths, Use use) {
    try (Recording bag = Recording.open(paths)) {
      return use.of(bag);
    } catch (BagException | MessageFormatException e) {
      throw new DataException("%s: %s".formatted(paths.get(0), e.getMessage()), e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(paths.get(0), e.getMessage()), e);
    }
  }

  /** The work of opening one bag. */
  private static final class Reading {
    private final Selected selected;
    private final Recording bag;

    /** Where the labels are; null for a folder or for none. */
    private final Recording labelBag;

    /** What was taken for what, and what to know of it. */
    private final List<String> remarks = new ArrayList<>();

    private final List<byte[]> colors = new ArrayList<>();

    /** Of each colour image, before it was stretched. */
    private final List<Pixels> sizes = new ArrayList<>();

    /** By the frame they belong to. */
    private final Map<Integer, float[]> depths = new HashMap<>();

    /** By the frame they belong to. */
    private final Map<Integer, byte[]> labels = new HashMap<>();

    Reading(Selected selected, Recording bag, Recording labelBag) {
      this.selected = selected;
      this.bag = bag;
      this.labelBag = labelBag;
    }

    BagSource read() throws IOException {
      boolean packed = compressed();
      List<Long> imageStamps = stamps(bag, selected.image(), packed);
      if (imageStamps.isEmpty()) {
        throw new DataException(
            "%s has no message on %s".formatted(selected.path(), selected.image()));
      }
      List<Long> taken = new ArrayList<>();
      for (int i = 0; i < imageStamps.size(); i += selected.everyNth()) {
        taken.add(imageStamps.get(i));
      }
      readColors(packed);
      ImageStream image = stream(bag, selected.path(), selected.image());
      if (selected.depth() != null) {
        readDepth(image, packed, imageStamps);
      }
      readLabels(image, packed, imageStamps);
      return source(taken);
    }

    private void readDepth(ImageStream image, boolean packed, List<Long> imageStamps)
        throws IOException {
      ImageStream stream = stream(bag, selected.path(), selected.depth());
      TruthSource source;
      try {
        source =
            TruthSource.depth(
                bag,
                image,
                Calibrations.first(bag, Calibrations.beside(bag, image.topic()).orElse(null)),
                stream,
                new TruthSource.Said(
                    true,
                    selected.depthUnit() == null
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(selected.depthUnit()),
                    selected.aligned()));
      } catch (TruthException e) {
        throw refused(selected.path(), selected.depth(), e);
      }
      take("depth", source);
      Map<Integer, Integer> frameOf =
          frames(
              matched(
                  selected.depth(),
                  imageTimes(source, packed, imageStamps),
                  times(bag, selected.depth(), stream.compressed(), source.byReceive())));
      each(
          bag,
          selected.depth(),
          (ordinal, receiveNanos, body) -> {
            Integer frame = frameOf.get(ordinal);
            if (frame != null) {
              depths.put(frame, depth(source.reader(), receiveNanos, body, frame));
            }
          });
    }

    private void take(String role, TruthSource source) {
      remarks.add("%s: %s".formatted(role, source.described()));
      remarks.addAll(source.remarks());
    }

    /** The keys of a recipe are called otherwise than the options of replay. */
    private static DataException refused(Path path, String topic, TruthException e) {
      return new DataException(
          "%s: %s is not taken: %s"
              .formatted(
                  path,
                  topic,
                  e.getMessage()
                      .replace("--depth-aligned says", "aligned: true says")
                      .replace("--depth-unit says", "depth_unit says")
                      .replace("--depth-unit gives", "depth_unit gives")),
          e);
    }

    private static ImageStream stream(Recording bag, Path path, String topic) throws IOException {
      BagTopic found =
          bag.topicsOfType(Image.TYPE.name(), CompressedImage.TYPE.name()).stream()
              .filter(each -> bare(each.name()).equals(bare(topic)))
              .findFirst()
              .orElseThrow(() -> lacks(bag, path, topic));
      return ImageStream.of(bag, found);
    }

    private List<Long> imageTimes(TruthSource source, boolean packed, List<Long> stamps)
        throws IOException {
      return source.byReceive() ? times(bag, selected.image(), packed, true) : stamps;
    }

    private void readLabels(ImageStream image, boolean packed, List<Long> imageStamps)
        throws IOException {
      if (labelBag != null) {
        if (selected.labels() == null) {
          return;
        }
        TruthSource source;
        try {
          source =
              TruthSource.labels(
                  image,
                  stream(labelBag, labelsPath(), selected.labels()),
                  selected.classes(),
                  true,
                  selected.aligned());
        } catch (TruthException e) {
          throw refused(labelsPath(), selected.labels(), e);
        }
        take("labels", source);
        Map<Integer, Integer> frameOf =
            frames(
                matched(
                    selected.labels(),
                    imageTimes(source, packed, imageStamps),
                    times(labelBag, selected.labels(), false, source.byReceive())));
        each(
            labelBag,
            selected.labels(),
            (ordinal, receiveNanos, body) -> {
              Integer frame = frameOf.get(ordinal);
              if (frame != null) {
                labels.put(frame, labels(source.reader(), receiveNanos, body, frame));
              }
            });
        return;
      }
      List<Path> files = new ArrayList<>();
      List<Long> stamps = new ArrayList<>();
      pictures(selected.labelsFrom())
          .forEach(
              (stamp, file) -> {
                stamps.add(stamp);
                files.add(file);
              });
      Map<Integer, Integer> ofAll = pairs(imageStamps, stamps);
      remark(
          "label files of " + selected.labelsFrom(),
          files.stream().map(file -> file.getFileName().toString()).toList(),
          ofAll);
      if (ofAll.isEmpty() && !stamps.isEmpty()) {
        throw new DataException(
            ("%s has labels from %d to %d ns, the images of %s are from %d to %d ns; name the files"
                    + " by the stamps of their frames")
                .formatted(
                    selected.labelsFrom(),
                    stamps.get(0),
                    stamps.get(stamps.size() - 1),
                    selected.path(),
                    imageStamps.get(0),
                    imageStamps.get(imageStamps.size() - 1)));
      }
      frames(ofAll)
          .forEach(
              (ordinal, frame) -> {
                Path file = files.get(ordinal);
                ImageFile.Plane plane = ImageFile.plane(file, ImageFile.bytes(file));
                Pixels size = new Pixels(plane.width(), plane.height());
                labels.put(frame, ids(plane.values(), size, file.getFileName().toString(), frame));
              });
    }

    /** {@link #pairs}, with a remark on messages of a topic that belong to no image. */
    private Map<Integer, Integer> matched(String topic, List<Long> images, List<Long> others) {
      Map<Integer, Integer> found = pairs(images, others);
      remark("messages of " + topic, others.stream().map(String::valueOf).toList(), found);
      return found;
    }

    private void remark(String what, List<String> names, Map<Integer, Integer> ofImage) {
      Set<Integer> used = new HashSet<>(ofImage.values());
      List<String> unmatched = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        if (!used.contains(i)) {
          unmatched.add(names.get(i));
        }
      }
      if (!unmatched.isEmpty()) {
        remarks.add(
            "%d of %d %s match no image within %d ms and are not used: %s"
                .formatted(
                    unmatched.size(),
                    names.size(),
                    what,
                    REACH_NANOS / 1_000_000,
                    Listing.of(unmatched)));
      }
    }

    /**
     * From what each image has, one of depth or of labels, to the frame that has it, by ordinal;
     * frames are the images that are taken.
     */
    private Map<Integer, Integer> frames(Map<Integer, Integer> ofAll) {
      Map<Integer, Integer> frames = new HashMap<>();
      ofAll.forEach(
          (image, other) -> {
            if (image % selected.everyNth() == 0) {
              frames.put(other, image / selected.everyNth());
            }
          });
      return frames;
    }

    private BagSource source(List<Long> taken) {
      ContentHash hash = new ContentHash();
      List<Sample> samples = new ArrayList<>();
      for (int i = 0; i < taken.size(); i++) {
        float[] metres = depths.get(i);
        byte[] ids = labels.get(i);
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
      return new BagSource(selected, List.copyOf(samples), hash.hex(), remarks);
    }

    private boolean compressed() {
      String found =
          bag.topicsOfType(Image.TYPE.name(), CompressedImage.TYPE.name()).stream()
              .filter(topic -> bare(topic.name()).equals(bare(selected.image())))
              .map(topic -> topic.type())
              .findFirst()
              .orElseThrow(() -> lacks(bag, selected.path(), selected.image()));
      requireTopic(bag, selected.path(), selected.depth());
      if (labelBag != null) {
        requireTopic(labelBag, labelsPath(), selected.labels());
      }
      return found.equals(CompressedImage.TYPE.name());
    }

    private static void requireTopic(Recording bag, Path path, String topic) {
      if (topic != null
          && bag.topicsOfType(Image.TYPE.name(), CompressedImage.TYPE.name()).stream()
              .noneMatch(each -> bare(each.name()).equals(bare(topic)))) {
        throw lacks(bag, path, topic);
      }
    }

    private static DataException lacks(Recording bag, Path path, String topic) {
      return new DataException(
          "%s has no image topic %s; it has %s"
              .formatted(
                  path,
                  topic,
                  bag.topicsOfType(Image.TYPE.name(), CompressedImage.TYPE.name()).stream()
                      .map(each -> each.name())
                      .collect(Collectors.joining(", "))));
    }

    private static List<Long> stamps(Recording bag, String topic, boolean packed)
        throws IOException {
      return times(bag, topic, packed, false);
    }

    /** Stamps, or when the messages were recorded. */
    private static List<Long> times(Recording bag, String topic, boolean packed, boolean byReceive)
        throws IOException {
      List<Long> times = new ArrayList<>();
      ImageView raw = new ImageView();
      CompressedImageView compressed = new CompressedImageView();
      each(
          bag,
          topic,
          (ordinal, receiveNanos, body) -> {
            long stamp = packed ? compressed.over(body).stampNanos() : raw.over(body).stampNanos();
            times.add(byReceive || stamp == 0 ? receiveNanos : stamp);
          });
      return times;
    }

    private static void each(Recording bag, String topic, Taker taker) throws IOException {
      if (topic != null) {
        int[] ordinal = {0};
        bag.forEachWhole(
            Selection.topics(topic),
            (connection, receiveNanos, body) -> taker.take(ordinal[0]++, receiveNanos, body));
      }
    }

    private void readColors(boolean packed) throws IOException {
      FramePool pool = new FramePool(1);
      ByteBuffer rgb =
          ByteBuffer.allocateDirect(3 * selected.height() * selected.width())
              .order(ByteOrder.nativeOrder());
      MessageToFrame messages = new MessageToFrame(packed);
      try (ImageToTensor toTensor = new ImageToTensor(selected.height(), selected.width())) {
        each(
            bag,
            selected.image(),
            (ordinal, receiveNanos, body) -> {
              if (ordinal % selected.everyNth() != 0) {
                return;
              }
              try (Frame frame = messages.run(body, 0, pool)) {
                toTensor.run(frame, rgb);
                byte[] pixels = new byte[rgb.capacity()];
                rgb.get(0, pixels);
                colors.add(pixels);
                sizes.add(new Pixels(toTensor.imageWidth(), toTensor.imageHeight()));
              } catch (RejectedFrameException e) {
                throw new DataException(
                    "%s: image %d of %s: %s"
                        .formatted(selected.path(), ordinal, selected.image(), e.getMessage()),
                    e);
              }
            });
      }
    }

    private float[] depth(TruthReader reader, long receiveNanos, ByteBuffer body, int frame) {
      Truth truth = reader.read(body, receiveNanos);
      Pixels size = new Pixels(truth.width(), truth.height());
      requireShape(size, selected.path(), selected.depth(), frame);
      float[] metres = new float[selected.height() * selected.width()];
      for (int i = 0; i < metres.length; i++) {
        metres[i] = truth.metres()[from(i, truth.width(), truth.height())];
      }
      return metres;
    }

    private byte[] labels(TruthReader reader, long receiveNanos, ByteBuffer body, int frame) {
      Truth truth = reader.read(body, receiveNanos);
      return ids(truth.ids(), new Pixels(truth.width(), truth.height()), selected.labels(), frame);
    }

    private byte[] ids(byte[] stored, Pixels size, String where, int frame) {
      requireShape(size, labelsPath(), where, frame);
      byte[] ids = new byte[selected.height() * selected.width()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = stored[from(i, size.width(), size.height())];
        int id = ids[i] & 0xff;
        if (id >= selected.classes() && id != NyuClasses.IGNORE) {
          throw new DataException(
              "%s: label %d on %s is out of range; 0 to %d are classes, 255 is ignored"
                  .formatted(labelsPath(), id, where, selected.classes() - 1));
        }
      }
      return ids;
    }

    private Path labelsPath() {
      return selected.labelsFrom() == null ? selected.path() : selected.labelsFrom();
    }

    /** A camera that sends depth at half the size may round it by a pixel. */
    private void requireShape(Pixels size, Path path, String where, int frame) {
      if (selected.aligned()) {
        return;
      }
      Pixels image = sizes.get(frame);
      long apart = (long) size.width() * image.height() - (long) size.height() * image.width();
      if (Math.abs(apart) > Math.max(image.width(), image.height())) {
        throw new DataException(
            "%s: %s is %s beside image %d, which is %s; both must have the same shape"
                .formatted(path, where, size, frame * selected.everyNth(), image));
      }
    }

    /** The pixel of another size that holds the centre of pixel {@code i}. */
    private int from(int i, int width, int height) {
      long y = i / selected.width();
      long x = i % selected.width();
      long row = (2 * y + 1) * height / (2L * selected.height());
      long column = (2 * x + 1) * width / (2L * selected.width());
      return (int) (row * width + column);
    }
  }

  /** The PNG files of a folder by their stamps; empty where there is no folder. */
  private static SortedMap<Long, Path> pictures(Path folder) {
    SortedMap<Long, Path> files = new TreeMap<>();
    if (folder == null) {
      return files;
    }
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.filter(each -> ImageFile.hasExtension(each, ".png")).toList()) {
        String name = file.getFileName().toString();
        Matcher matcher = STAMP.matcher(name);
        if (!matcher.matches()) {
          throw new DataException(
              "%s must be named by its frame's stamp, such as 1403715273262142976.png"
                  .formatted(file));
        }
        files.put(Long.parseLong(name.substring(0, name.length() - 4).replace(".", "")), file);
      }
    } catch (IOException | NumberFormatException e) {
      throw new DataException("%s cannot be read: %s".formatted(folder, e.getMessage()), e);
    }
    if (files.isEmpty()) {
      throw new DataException("%s has no PNG files".formatted(folder));
    }
    return files;
  }

  /**
   * For each image, which of the others belongs to it: the nearest in time, where the image is also
   * the nearest to that one and it is in reach.
   */
  static Map<Integer, Integer> pairs(List<Long> images, List<Long> others) {
    Map<Integer, Integer> imageOf = nearest(others, images);
    Map<Integer, Integer> found = new HashMap<>();
    nearest(images, others)
        .forEach(
            (image, other) -> {
              if (imageOf.get(other).equals(image)) {
                found.put(image, other);
              }
            });
    return found;
  }

  /** For each of the first stamps, which of the second is nearest, where one is in reach. */
  private static Map<Integer, Integer> nearest(List<Long> stamps, List<Long> others) {
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

  /** What was taken for depth and labels and why, and what to know before they are believed. */
  @Override
  public List<String> remarks() {
    return remarks;
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
