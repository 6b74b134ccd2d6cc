package dev.tarsier.trainer.dataset;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.ros.truth.DepthUnit;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.run.PathResolver;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;

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
    public Optional<Intrinsics> camera(PathResolver paths, int width, int height) {
      return paths.find(path).flatMap(bag -> BagFrames.camera(bag, image, width, height));
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      return with.present(path, this).map(found -> BagSource.open(found, this, with));
    }
  }

  /** Registers it. */
  public static final class Registered extends DataSet.Kind {
    /** For the service loader. */
    public Registered() {
      super("bag", Options.class);
    }
  }

  private final Path path;
  private final BagFrames frames;
  private final AtomicReferenceArray<SoftReference<Sample>> kept;
  private final String sha256;

  private BagSource(Path path, BagFrames frames) {
    this.path = path;
    this.frames = frames;
    this.kept = new AtomicReferenceArray<>(frames.size());
    this.sha256 = hash();
  }

  /**
   * Opens a bag.
   *
   * @param path where it was found
   * @throws DataException if it cannot be read, is damaged, lacks a topic, or has a message that is
   *     not what its topic is said to hold; the message names the bag
   */
  static BagSource open(Path path, Options section, DataSetOpening with) {
    BagFrames frames = BagFrames.open(path, section, with);
    try {
      return new BagSource(path, frames);
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
      for (Plane plane : sample.planes().values()) {
        if (plane.isIds()) {
          hash.add("labels").add(plane.idArray());
        } else {
          float[] values = plane.valueArray();
          ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
          bytes.asFloatBuffer().put(values);
          hash.add("depth").add(bytes.array());
        }
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
    return "bag/" + path.getFileName();
  }

  @Override
  public String sha256() {
    return sha256;
  }
}
