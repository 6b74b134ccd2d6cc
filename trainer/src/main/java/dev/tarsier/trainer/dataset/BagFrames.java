package dev.tarsier.trainer.dataset;

import dev.tarsier.ros.bag.BagException;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.adapter.MessageToFrame;
import dev.tarsier.ros.truth.Calibrations;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.ros.truth.Pairing;
import dev.tarsier.ros.truth.TopicMessages;
import dev.tarsier.ros.truth.Truth;
import dev.tarsier.ros.truth.TruthException;
import dev.tarsier.ros.truth.TruthSource;
import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.tensor.ImageToTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Where the frames of a bag lie, and how one is read. Opening reads the stamps of all messages once
 * and pairs them. May be used from any thread; one at a time reads.
 */
final class BagFrames implements AutoCloseable {
  /** Depth and labels farther away in time belong to another frame. */
  private static final Pairing PAIRING = new Pairing(50_000_000);

  private final Path path;
  private final BagSource.Options section;
  private final int classes;
  private final int height;
  private final int width;
  private final boolean aligned;

  /** Where the labels are: this bag, another, or a folder. */
  private final Path labelsPath;

  private final Recording bag;

  /** The same bag or another; null where labels lie in a folder. */
  private final Recording labelBag;

  private final List<String> remarks = new ArrayList<>();
  private final FramePool pool = new FramePool(1);
  private final MessageToFrame messages;
  private final ImageToTensor toTensor;
  private final ByteBuffer rgb;
  private final BagTopicMessages images;
  private Intrinsics camera;
  private Matched depth;
  private Matched labels;
  private LabelFolder folder;

  /** Where in the folder the labels of each image are; −1 for none. */
  private int[] fileOfImage;

  private BagFrames(
      Path path,
      BagSource.Options section,
      DataSetOpening with,
      Path labelsPath,
      Recording bag,
      Recording labelBag) {
    this.path = path;
    this.section = section;
    this.classes = with.classes().size();
    this.height = with.height();
    this.width = with.width();
    this.aligned = Boolean.TRUE.equals(section.aligned());
    this.labelsPath = labelsPath;
    this.bag = bag;
    this.labelBag = labelBag;
    this.images = new BagTopicMessages(bag, path, section.image());
    this.messages = new MessageToFrame(images.compressed());
    this.toTensor = new ImageToTensor(height, width);
    this.rgb = ByteBuffer.allocateDirect(3 * height * width).order(ByteOrder.nativeOrder());
  }

  /** What belongs to each image, one of a topic's messages; −1 for none. */
  private record Matched(TruthSource source, BagTopicMessages topic, int[] ofImage) {
    /** What belongs to an image; null for nothing. */
    Truth read(int image) throws IOException {
      if (ofImage[image] < 0) {
        return null;
      }
      TopicMessages.Message message = topic.get(ofImage[image]);
      return source.reader().read(message.place().read(), message.receiveNanos());
    }
  }

  /**
   * Opens the bags and pairs their messages.
   *
   * @throws DataException as {@link BagSource#open} does
   */
  static BagFrames open(Path path, BagSource.Options section, DataSetOpening with) {
    Path from = with.file(section.labelsFrom(), "the labels");
    boolean folder = from != null && Files.isDirectory(from);
    if (from != null && !folder && section.labels() == null) {
      throw new DataException(
          "%s is a bag; say which of its topics has the labels".formatted(from));
    }
    List<Path> bags = new ArrayList<>(List.of(path));
    if (section.continued() != null) {
      section.continued().forEach(each -> bags.add(with.file(each, "the recording's next bag")));
    }
    Recording bag = reading(path, () -> Recording.open(bags));
    Recording labelBag = folder ? null : bag;
    BagFrames frames = null;
    try {
      if (from != null && !folder) {
        labelBag = reading(from, () -> Recording.open(List.of(from)));
      }
      frames = new BagFrames(path, section, with, from == null ? path : from, bag, labelBag);
      frames.match();
      return frames;
    } catch (RuntimeException e) {
      if (frames != null) {
        frames.close();
      } else {
        close(bag);
        close(labelBag);
      }
      throw e;
    }
  }

  /** Something that reads a bag. */
  private interface Work<T> {
    T run() throws IOException;
  }

  private static <T> T reading(Path path, Work<T> work) {
    try {
      return work.run();
    } catch (BagException | MessageFormatException e) {
      throw new DataException("%s: %s".formatted(path, e.getMessage()), e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  private void match() {
    List<BagTopicMessages> ofBag = new ArrayList<>(List.of(images));
    BagTopicMessages depths = null;
    BagTopicMessages ids = null;
    if (section.depth() != null) {
      depths = new BagTopicMessages(bag, path, section.depth());
      ofBag.add(depths);
    }
    if (labelBag != null && section.labels() != null) {
      ids = new BagTopicMessages(labelBag, labelsPath, section.labels());
      if (labelBag == bag) {
        ofBag.add(ids);
      } else {
        index(labelBag, List.of(ids));
      }
    }
    index(bag, ofBag);
    if (images.size() == 0) {
      throw new DataException("%s has no message on %s".formatted(path, section.image()));
    }
    ImageStream image = reading(path, () -> ImageStream.of(bag, images.topic()));
    camera = reading(path, () -> camera(bag, image, width, height)).orElse(null);
    if (camera != null) {
      remarks.add(
          "camera: focal length %.1f pixels at %dx%d, by the calibration beside %s"
              .formatted(camera.fx(), width, height, images.topic().name()));
    }
    if (depths != null) {
      depth = matched("depth", depths, depthSource(image, depths));
    }
    if (ids != null) {
      labels = matched("labels", ids, labelSource(image, ids));
    }
    if (labelBag == null) {
      matchFolder();
    }
  }

  /**
   * The camera of the images, stretched to a size, by the calibration beside them.
   *
   * @return empty where there is none that can be a camera's
   */
  private static Optional<Intrinsics> camera(
      Recording bag, ImageStream images, int width, int height) throws IOException {
    return Calibrations.first(bag, Calibrations.beside(bag, images.topic()).orElse(null))
        .map(info -> Calibration.of(info, images.width(), images.height()))
        .filter(Calibration::usable)
        .map(calibration -> Calibrations.scaled(calibration, images, width, height).k())
        .map(k -> new Intrinsics(k[0], k[4], k[2], k[5]));
  }

  /**
   * The camera of a bag's images, stretched to a size in pixels.
   *
   * @return empty where the bag has no calibration of them that can be a camera's
   * @throws DataException if the bag cannot be read
   */
  static Optional<Intrinsics> camera(Path path, String topic, int width, int height) {
    return reading(
        path,
        () -> {
          try (Recording bag = Recording.open(List.of(path))) {
            return camera(
                bag,
                ImageStream.of(bag, new BagTopicMessages(bag, path, topic).topic()),
                width,
                height);
          }
        });
  }

  private static void index(Recording bag, List<BagTopicMessages> topics) {
    Selection selection =
        Selection.topics(topics.stream().map(topic -> topic.topic().name()).toList());
    reading(
        topics.get(0).path(),
        () ->
            bag.forEachWhole(
                selection,
                (connection, nanos, body, place) ->
                    topics.forEach(topic -> topic.add(connection, nanos, body, place))));
  }

  private TruthSource depthSource(ImageStream image, BagTopicMessages depths) {
    return taken(
        depths,
        () ->
            TruthSource.depth(
                bag,
                image,
                Calibrations.first(bag, Calibrations.beside(bag, image.topic()).orElse(null)),
                ImageStream.of(bag, depths.topic()),
                new TruthSource.Hints(
                    true,
                    section.depthUnit() == null
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(section.depthUnit()),
                    aligned)));
  }

  private TruthSource labelSource(ImageStream image, BagTopicMessages ids) {
    return taken(
        ids,
        () ->
            TruthSource.labels(
                image, ImageStream.of(labelBag, ids.topic()), classes, true, aligned));
  }

  /** Looks at a topic. */
  private interface Look {
    TruthSource at() throws IOException, TruthException;
  }

  private static TruthSource taken(BagTopicMessages topic, Look look) {
    return reading(
        topic.path(),
        () -> {
          try {
            return look.at();
          } catch (TruthException e) {
            // the keys of a recipe are called otherwise than the options of replay
            String why =
                e.getMessage()
                    .replace("--depth-aligned says", "aligned: true says")
                    .replace("--depth-unit says", "depth_unit says")
                    .replace("--depth-unit gives", "depth_unit gives");
            throw new DataException(
                "%s: %s is not taken: %s".formatted(topic.path(), topic.name(), why), e);
          }
        });
  }

  private Matched matched(String role, BagTopicMessages topic, TruthSource source) {
    remarks.add("%s: %s".formatted(role, source.described()));
    remarks.addAll(source.remarks());
    int[] ofImage =
        PAIRING.exclusive(images.times(source.byReceive()), topic.times(source.byReceive()));
    remarkUnmatched(
        "messages of " + topic.name(),
        Arrays.stream(topic.times(source.byReceive())).mapToObj(String::valueOf).toList(),
        ofImage);
    return new Matched(source, topic, ofImage);
  }

  private void matchFolder() {
    folder = LabelFolder.open(labelsPath);
    long[] times = images.times(false);
    long[] stamps = folder.stamps();
    fileOfImage = PAIRING.exclusive(times, stamps);
    remarkUnmatched("label files of " + labelsPath, folder.names(), fileOfImage);
    if (Arrays.stream(fileOfImage).allMatch(file -> file < 0)) {
      throw new DataException(
          ("%s has labels from %d to %d ns, the images of %s are from %d to %d ns; name the files"
                  + " by the stamps of their frames")
              .formatted(
                  labelsPath,
                  stamps[0],
                  stamps[stamps.length - 1],
                  path,
                  times[0],
                  times[times.length - 1]));
    }
  }

  private void remarkUnmatched(String what, List<String> names, int[] ofImage) {
    BitSet used = new BitSet();
    Arrays.stream(ofImage).filter(each -> each >= 0).forEach(used::set);
    List<String> unmatched =
        IntStream.range(0, names.size()).filter(i -> !used.get(i)).mapToObj(names::get).toList();
    if (!unmatched.isEmpty()) {
      remarks.add(
          "%d of %d %s match no image within %d ms and are not used: %s"
              .formatted(
                  unmatched.size(),
                  names.size(),
                  what,
                  PAIRING.toleranceNanos() / 1_000_000,
                  Listing.of(unmatched)));
    }
  }

  List<String> remarks() {
    return List.copyOf(remarks);
  }

  /** How many frames there are: each nth image. */
  int size() {
    return (images.size() + section.everyNth() - 1) / section.everyNth();
  }

  /**
   * Reads a frame.
   *
   * @param index 0 to size() − 1
   * @throws DataException if it cannot be read
   */
  synchronized Sample read(int index) {
    int image = index * section.everyNth();
    byte[] colour = reading(path, () -> colour(image));
    float[] metres = depth == null ? null : reading(path, () -> metres(image));
    byte[] ids = reading(labelsPath, () -> ids(image));
    String name = "%s@%d".formatted(path, images.get(image).nanos(false));
    return RgbdSample.of(name, width, height, colour, metres, ids).withCamera(camera);
  }

  private byte[] colour(int image) throws IOException {
    try (Frame frame = messages.run(images.get(image).place().read(), 0, pool)) {
      toTensor.run(frame, rgb);
    } catch (RejectedFrameException e) {
      throw new DataException(
          "%s: image %d of %s: %s".formatted(path, image, section.image(), e.getMessage()), e);
    }
    byte[] pixels = new byte[rgb.capacity()];
    rgb.get(0, pixels);
    return pixels;
  }

  private float[] metres(int image) throws IOException {
    Truth truth = depth.read(image);
    if (truth == null) {
      return null;
    }
    requireShape(truth.width(), truth.height(), path, section.depth(), image);
    float[] metres = new float[height * width];
    for (int i = 0; i < metres.length; i++) {
      metres[i] = truth.metres()[from(i, truth.width(), truth.height())];
    }
    return metres;
  }

  private byte[] ids(int image) throws IOException {
    if (labels != null) {
      Truth truth = labels.read(image);
      return truth == null
          ? null
          : ids(
              new DataFile.Plane(truth.width(), truth.height(), truth.ids()),
              section.labels(),
              image);
    }
    if (folder == null || fileOfImage[image] < 0) {
      return null;
    }
    int file = fileOfImage[image];
    return ids(folder.read(file), folder.names().get(file), image);
  }

  private byte[] ids(DataFile.Plane stored, String where, int image) {
    requireShape(stored.width(), stored.height(), labelsPath, where, image);
    byte[] ids = new byte[height * width];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = stored.values()[from(i, stored.width(), stored.height())];
      int id = ids[i] & 0xff;
      if (id >= classes && id != ClassMap.USUAL_IGNORE_ID) {
        throw new DataException(
            "%s: label %d on %s is out of range; 0 to %d are classes, 255 is ignored"
                .formatted(labelsPath, id, where, classes - 1));
      }
    }
    return ids;
  }

  /** A camera that sends depth at half the size may round it by a pixel. */
  private void requireShape(int w, int h, Path file, String where, int image) {
    int imageWidth = toTensor.imageWidth();
    int imageHeight = toTensor.imageHeight();
    long apart = (long) w * imageHeight - (long) h * imageWidth;
    if (!aligned && Math.abs(apart) > Math.max(imageWidth, imageHeight)) {
      throw new DataException(
          "%s: %s is %dx%d beside image %d, which is %dx%d; both must have the same shape"
              .formatted(file, where, w, h, image, imageWidth, imageHeight));
    }
  }

  private int from(int i, int w, int h) {
    return Sampling.nearest(i, width, height, w, h);
  }

  /** Closes the bags. */
  @Override
  public void close() {
    toTensor.close();
    close(bag);
    close(labelBag);
  }

  private static void close(Recording bag) {
    try {
      if (bag != null) {
        bag.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
