package dev.tarsier.trainer.dataset;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.ros.truth.DepthUnit;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
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
 * <p>When it is opened, each frame is read once, for the content hash. After that frames are read
 * where they lie in the bag, at the size of the network's input: colour stretched as on the robot,
 * depth and labels by the nearest pixel. What was read stays while Java has memory to spare. Depth
 * and labels may be of another size than their image, as cameras send them. Depth of another camera
 * is moved into the images' where both calibrations and the transform are recorded; what shows
 * something else is refused. The bags stay open as long as this object is in use.
 */
public final class BagSource implements SampleSource {
  /**
   * What to read of a bag.
   *
   * @param path the bag
   * @param image topic of colour images, raw or compressed
   * @param depth topic of depth images, 16UC1, mono16, 32FC1, compressedDepth or 16-bit PNG; null
   *     for none
   * @param labels topic of class ids, mono8, 255 = ignored; null for none, or for a folder
   * @param classes how many classes there are
   * @param everyNth takes each nth image, ≥ 1
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

    /** The bags of the recording. */
    List<Path> bags() {
      return Stream.concat(Stream.of(path), continued.stream()).toList();
    }

    /** Where the labels are. */
    Path labelsPath() {
      return labelsFrom == null ? path : labelsFrom;
    }
  }

  /**
   * A ROS bag with colour and depth, perhaps labels.
   *
   * @param path the bag
   * @param image topic, raw or compressed; {@code /camera/rgb/image_color} when absent
   * @param continued further bags of a split recording; none when absent
   * @param depth topic; none when absent
   * @param depthUnit metres to a count of depth; what the bag says when absent, else a millimetre
   * @param aligned whether depth and labels show what the images show, whatever their frames and
   *     sizes say; false when absent
   * @param labels topic with class ids, mono8; none when absent
   * @param labelsFrom another bag that has this topic, or a folder of PNG files named by the stamps
   *     of their frames; {@code path} when absent
   * @param everyNth takes each nth frame; 1 when absent
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code full} when absent
   * @param optional false when absent
   */
  public record Options(
      String path,
      @JsonInclude(JsonInclude.Include.NON_NULL) List<String> continued,
      String image,
      String depth,
      @JsonInclude(JsonInclude.Include.NON_NULL) Double depthUnit,
      @JsonInclude(JsonInclude.Include.NON_NULL) Boolean aligned,
      String labels,
      String labelsFrom,
      Integer everyNth,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("path", path);
      image = image == null ? "/camera/rgb/image_color" : image;
      if (depth == null && labels == null && labelsFrom == null) {
        throw new IllegalArgumentException(
            "a bag needs a topic for depth, for labels, or for both; or labels_from");
      }
      if (depthUnit != null) {
        DepthUnit.check(depthUnit);
      }
      continued = continued == null ? null : List.copyOf(continued);
      everyNth = everyNth == null ? 1 : everyNth;
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
      if (everyNth < 1) {
        throw new IllegalArgumentException("every_nth must be >= 1, got " + everyNth);
      }
    }

    @Override
    public boolean madeToSize() {
      return true;
    }

    @Override
    public DepthScale depthScale() {
      return depth == null ? DepthScale.NONE : DepthScale.METRES;
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      return with.present(path, this)
          .map(
              found ->
                  BagSource.open(
                      new Selected(
                          found,
                          image,
                          depth,
                          labels,
                          with.classes().size(),
                          everyNth,
                          with.height(),
                          with.width(),
                          with.file(labelsFrom, "the labels"),
                          continued == null
                              ? List.of()
                              : continued.stream()
                                  .map(each -> with.file(each, "the recording's next bag"))
                                  .toList(),
                          depthUnit,
                          aligned != null && aligned)));
    }
  }

  /** Registers it. */
  public static final class Registered implements DataSet.Kind {
    @Override
    public String name() {
      return "bag";
    }

    @Override
    public Class<Options> type() {
      return Options.class;
    }
  }

  private final Selected selected;
  private final BagFrames frames;
  private final AtomicReferenceArray<SoftReference<Sample>> kept;
  private final String sha256;

  private BagSource(Selected selected, BagFrames frames) {
    this.selected = selected;
    this.frames = frames;
    this.kept = new AtomicReferenceArray<>(frames.size());
    this.sha256 = hash();
  }

  /**
   * Opens a bag.
   *
   * @throws DataException if it cannot be read, is damaged, lacks a topic, or has a message that is
   *     not what its topic is said to hold; the message names the bag
   */
  public static BagSource open(Selected selected) {
    for (Path each : selected.bags()) {
      if (!Files.exists(each)) {
        throw new DataException("%s is missing".formatted(each));
      }
    }
    Path from = selected.labelsFrom();
    if (from != null && !Files.exists(from)) {
      throw new DataException("%s is missing".formatted(from));
    }
    if (from != null && !Files.isDirectory(from) && selected.labels() == null) {
      throw new DataException(
          "%s is a bag; say which of its topics has the labels".formatted(from));
    }
    BagFrames frames = BagFrames.open(selected);
    try {
      return new BagSource(selected, frames);
    } catch (RuntimeException e) {
      frames.close();
      throw e;
    }
  }

  private String hash() {
    ContentHash hash = new ContentHash();
    for (int i = 0; i < size(); i++) {
      Sample sample = get(i);
      hash.add(sample.rgb());
      if (sample.values(Depth.ID) != null) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * sample.values(Depth.ID).length);
        bytes.asFloatBuffer().put(sample.values(Depth.ID));
        hash.add("depth").add(bytes.array());
      }
      if (sample.ids(Segmentation.ID) != null) {
        hash.add("labels").add(sample.ids(Segmentation.ID));
      }
    }
    return hash.hex();
  }

  /** What was taken for depth and labels and why, and what to know before they are believed. */
  @Override
  public List<String> remarks() {
    return frames.remarks();
  }

  @Override
  public int size() {
    return frames.size();
  }

  @Override
  public Sample get(int index) {
    SoftReference<Sample> before = kept.get(index);
    Sample sample = before == null ? null : before.get();
    if (sample == null) {
      sample = frames.read(index);
      kept.set(index, new SoftReference<>(sample));
    }
    return sample;
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
