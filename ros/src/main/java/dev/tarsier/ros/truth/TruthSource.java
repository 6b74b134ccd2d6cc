package dev.tarsier.ros.truth;

import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.port.CameraModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * A topic that is taken as truth for the images of another, and why. What was guessed is held
 * against all that the recording says; what the user names is taken for what he says it is, except
 * where comparing it pixel by pixel would be wrong.
 *
 * @param stream the topic
 * @param reader for its messages
 * @param registered whether its depth is moved into the image's camera
 * @param aligned whether the user says that it shows what the images show
 * @param unit of its counts; null for class ids, and for depth in metres
 * @param byReceive whether images and truth are paired by when they were recorded
 * @param described one sentence for the report
 * @param remarks what a reader should know before he believes the figures
 */
public record TruthSource(
    ImageStream stream,
    TruthReader reader,
    boolean registered,
    boolean aligned,
    DepthUnit unit,
    boolean byReceive,
    String described,
    List<String> remarks) {
  /** Words of topics whose 16 bits or floats are something else. */
  private static final Set<String> NO_DEPTH =
      Set.of(
          "ir",
          "nir",
          "infra",
          "infrared",
          "nearir",
          "thermal",
          "lepton",
          "flir",
          "boson",
          "optris",
          "seek",
          "heat",
          "temperature",
          "temp",
          "amplitude",
          "intensity",
          "confidence",
          "conf",
          "disparity",
          "reflec",
          "reflectivity",
          "ambient",
          "signal",
          "mask",
          "noise",
          "uncertainty",
          "variance",
          "std",
          "stddev",
          "normal",
          "normals",
          "debug",
          "grey",
          "gray",
          "mono");

  private static final List<String> LABEL_WORDS = List.of("label", "segment", "class", "semantic");

  /** Words of pictures that are made for people. */
  private static final Set<String> NO_LABELS =
      Set.of(
          "debug",
          "overlay",
          "vis",
          "viz",
          "visual",
          "visualization",
          "visualisation",
          "preview",
          "color",
          "colour",
          "colored",
          "coloured",
          "confidence",
          "conf",
          "prob",
          "probability",
          "score",
          "scores",
          "uncertainty",
          "heatmap",
          "rendered",
          "edges",
          "contours");

  private static final double NEAREST_METRES = 0.02;
  private static final double FARTHEST_METRES = 200;

  /** A third of a byte's pixels may be no class before it is a picture. */
  private static final double MOST_STRANGE = 0.001;

  /**
   * What the user says of the depth.
   *
   * @param named whether he named the topic
   * @param unit metres to a count; empty = what the recording says, else a millimetre
   * @param aligned whether he says that it shows what the images show, pixel by pixel
   */
  public record Hints(boolean named, OptionalDouble unit, boolean aligned) {}

  /** Copies the list. */
  public TruthSource {
    remarks = List.copyOf(remarks);
  }

  /**
   * Depth.
   *
   * @param recording where it is
   * @param image the images that it is to be truth for
   * @param cameraInfo of the images; empty where there is none
   * @param depth the topic
   * @param hints by the user
   * @throws TruthException when it is not taken; the message says why and what would help
   */
  public static TruthSource depth(
      Recording recording,
      ImageStream image,
      Optional<CameraModel> cameraInfo,
      ImageStream depth,
      Hints hints)
      throws TruthException, IOException {
    if (depth.content() != ImageStream.Content.DEEP) {
      throw new TruthException(
          "it cannot be read as depth: it must be sensor_msgs/Image in 16UC1 (millimetres), mono16"
              + " or 32FC1 (metres), or a CompressedImage with a 16-bit PNG or compressedDepth");
    }
    if (!hints.named()) {
      looksLikeDepth(depth);
    }
    decodable(depth);
    DepthUnit unit =
        depth.counted() || hints.unit().isPresent()
            ? DepthUnit.of(recording, depth.topic(), hints.unit())
            : null;
    List<String> remarks = new ArrayList<>();
    plausible(depth, unit, hints, remarks);
    Place place = place(recording, image, cameraInfo, depth, hints);
    boolean byReceive = pairing(image, depth, remarks);
    String described =
        "%s (%s), %s, %s%s"
            .formatted(
                depth.topic(),
                depth.described(),
                unit == null ? "in metres" : unit,
                place.words(),
                byReceive ? ", paired by time of recording" : "");
    return new TruthSource(
        depth,
        new TruthReader(
            depth, true, unit == null ? 1 : unit.metres(), byReceive, place.registration()),
        place.registration() != null,
        hints.aligned(),
        unit,
        byReceive,
        described,
        remarks);
  }

  /**
   * Class ids.
   *
   * @param image the images that they are to be truth for
   * @param labels the topic
   * @param classes how many there are; ids are 0 to this - 1, and 255 is ignored
   * @param named whether the user named the topic
   * @param aligned whether he says that they show what the images show, pixel by pixel
   * @throws TruthException when it is not taken; the message says why and what would help
   */
  public static TruthSource labels(
      ImageStream image, ImageStream labels, int classes, boolean named, boolean aligned)
      throws TruthException {
    if (labels.content() != ImageStream.Content.SHALLOW) {
      throw new TruthException(
          "it cannot be read as labels: it must be sensor_msgs/Image in mono8 (class ids)");
    }
    if (!named) {
      looksLikeLabels(labels);
    }
    decodable(labels);
    List<String> remarks = new ArrayList<>();
    String strange = strangeIds(labels, classes);
    if (!strange.isEmpty()) {
      if (!named) {
        throw new TruthException(strange + "; --labels takes it nevertheless");
      }
      remarks.add("%s: %s".formatted(labels.topic(), strange));
    }
    if (!aligned) {
      sameFrame(image, labels);
      sameShape(image, labels);
    }
    boolean byReceive = pairing(image, labels, remarks);
    return new TruthSource(
        labels,
        new TruthReader(labels, false, 1, byReceive, null),
        false,
        aligned,
        null,
        byReceive,
        "%s (%s), %s%s"
            .formatted(
                labels.topic(),
                labels.described(),
                aligned ? "aligned, as given" : "same frame and shape as the images",
                byReceive ? ", paired by time of recording" : ""),
        remarks);
  }

  /**
   * Whether a truth shows what an image of this size shows: both may change their size on the way,
   * but not one without the other.
   */
  public boolean fits(Truth truth, int width, int height) {
    return registered || aligned || shapes(truth.width(), truth.height(), width, height);
  }

  /** Whether two topics name the same frame and have the same shape, as of one camera. */
  public static boolean sameCamera(ImageStream a, ImageStream b) {
    return !a.frameId().isEmpty() && !b.frameId().isEmpty() && sameFrames(a, b) && shapes(a, b);
  }

  /** Of what cannot be decoded neither unit nor size is known. */
  private static void decodable(ImageStream truth) throws TruthException {
    if (!truth.trouble().isEmpty()) {
      throw new TruthException(
          "none of its first messages can be decoded (%s)".formatted(truth.trouble()));
    }
  }

  /** 16 bits say nothing of what they are; the name must. */
  private static void looksLikeDepth(ImageStream depth) throws TruthException {
    String name = depth.topic().toLowerCase(Locale.ROOT);
    boolean registered = name.contains("aligned_depth") || name.contains("depth_registered");
    Optional<String> other = depth.words().stream().filter(NO_DEPTH::contains).findFirst();
    if (other.isPresent() && !registered) {
      throw new TruthException(
          "its name says '%s', which is no depth; --depth takes it nevertheless"
              .formatted(other.get()));
    }
    if (!name.contains(ImageStream.Content.DEEP.role())) {
      throw new TruthException(
          "%s is what infrared and thermal cameras send too, and nothing says that it is depth;"
                  .formatted(depth.encoding())
              + " --depth takes it nevertheless");
    }
  }

  private static void plausible(
      ImageStream depth, DepthUnit unit, Hints hints, List<String> remarks) throws TruthException {
    if (Double.isNaN(depth.median())) {
      remarks.add(
          "No pixel of the first messages of %s has a known depth.".formatted(depth.topic()));
      return;
    }
    double metres = depth.median() * (unit == null ? 1 : unit.metres());
    boolean fits = metres >= NEAREST_METRES && metres <= FARTHEST_METRES;
    if (fits && !(depth.counted() && depth.largest() <= 255 && !hints.named())) {
      return;
    }
    if (fits) {
      throw new TruthException(
          "its values go to %.0f only, which is brightness rather than depth; --depth takes it"
                  .formatted(depth.largest())
              + " nevertheless");
    }
    boolean millimetres = unit == null && metres > FARTHEST_METRES;
    if (hints.unit().isPresent() || (hints.named() && !millimetres)) {
      remarks.add(
          String.format(
              Locale.ROOT,
              "With a unit of %s m the median depth of %s is %.3g m, which is no room's.",
              DepthUnit.text(unit == null ? 1 : unit.metres()),
              depth.topic(),
              metres));
      return;
    }
    String what =
        millimetres
            ? "its median is %.0f, which looks like millimetres"
            : "its median would be %.3g m, which cannot be depth";
    throw new TruthException(
        String.format(Locale.ROOT, what, metres)
            + "; --depth-unit says how many metres a count is (0.001 for millimetres)");
  }

  /** Where depth is to the images. */
  private record Place(DepthRegistration registration, String words) {}

  private static Place place(
      Recording recording,
      ImageStream image,
      Optional<CameraModel> cameraInfo,
      ImageStream depth,
      Hints hints)
      throws TruthException, IOException {
    if (hints.aligned()) {
      return new Place(null, "aligned, as given");
    }
    Optional<CameraModel> its =
        Calibrations.first(recording, Calibrations.beside(recording, depth.topic()).orElse(null));
    Lens imageLens = null;
    Lens depthLens = null;
    String missing = "";
    try {
      imageLens = lens(image, cameraInfo);
    } catch (TruthException e) {
      missing = "images: " + e.getMessage();
    }
    try {
      depthLens = lens(depth, its);
    } catch (TruthException e) {
      missing = (missing.isEmpty() ? "" : missing + "; ") + "depth: " + e.getMessage();
    }
    boolean bothLenses = imageLens != null && depthLens != null;
    boolean sameFrame = sameFrames(image, depth);
    boolean sameShape = shapes(image, depth);
    boolean sameLens = !bothLenses || imageLens.shows(depthLens);
    if (sameFrame && sameShape && sameLens) {
      return new Place(
          null, bothLenses ? "same frame and calibration as the images" : words(image, depth));
    }
    String why =
        !sameFrame
            ? "it is of the frame %s, the images are of %s"
                .formatted(depth.frameId(), image.frameId())
            : !sameShape
                ? "it is %dx%d, the images are %dx%d: another shape"
                    .formatted(depth.width(), depth.height(), image.width(), image.height())
                : "its calibration is another than that of the images";
    if (!bothLenses) {
      throw new TruthException(
          "%s, and it cannot be registered: %s; record depth that is registered to the colour camera, or --depth-aligned says that it is"
              .formatted(why, missing.isEmpty() ? "a calibration is missing" : missing));
    }
    double[] transform;
    try {
      transform = TransformTree.of(recording).between(depth.frameId(), image.frameId());
    } catch (TruthException e) {
      throw new TruthException(
          "%s, and it cannot be registered: %s; record /tf_static, or depth that is registered to the colour camera, or --depth-aligned says that it is"
              .formatted(why, e.getMessage()));
    }
    return new Place(
        new DepthRegistration(depthLens, imageLens, transform),
        sameFrame
            ? "registered into the images' camera by both calibrations"
            : "registered into the images' camera by both calibrations and the transform from %s"
                .formatted(depth.frameId()));
  }

  private static String words(ImageStream image, ImageStream depth) {
    return image.frameId().isEmpty() || depth.frameId().isEmpty()
        ? "same shape as the images, and no frame says otherwise"
        : "same frame and shape as the images";
  }

  private static Lens lens(ImageStream stream, Optional<CameraModel> info) throws TruthException {
    if (info.isEmpty()) {
      throw new TruthException("no camera_info beside " + stream.topic());
    }
    if (stream.width() == 0) {
      throw new TruthException("the size of the images is not known");
    }
    return Lens.of(info.get(), stream.width(), stream.height(), stream.rectified());
  }

  private static boolean sameFrames(ImageStream a, ImageStream b) {
    return a.frameId().isEmpty()
        || b.frameId().isEmpty()
        || TransformTree.bare(a.frameId()).equals(TransformTree.bare(b.frameId()));
  }

  private static void sameFrame(ImageStream image, ImageStream labels) throws TruthException {
    if (!sameFrames(image, labels)) {
      throw new TruthException(
          "it is of the frame %s, the images are of %s; labels of another camera are not compared"
              .formatted(labels.frameId(), image.frameId()));
    }
  }

  /** A camera that sends depth at half the size may round it by a pixel. */
  private static boolean shapes(ImageStream a, ImageStream b) {
    return a.width() == 0 || b.width() == 0 || shapes(a.width(), a.height(), b.width(), b.height());
  }

  private static boolean shapes(int width, int height, int otherWidth, int otherHeight) {
    long apart = (long) width * otherHeight - (long) height * otherWidth;
    return Math.abs(apart) <= Math.max(Math.max(width, height), Math.max(otherWidth, otherHeight));
  }

  private static void sameShape(ImageStream image, ImageStream labels) throws TruthException {
    if (!shapes(image, labels)) {
      throw new TruthException(
          "it is %dx%d, the images are %dx%d: another shape"
              .formatted(labels.width(), labels.height(), image.width(), image.height()));
    }
  }

  private static void looksLikeLabels(ImageStream labels) throws TruthException {
    String name = labels.topic().toLowerCase(Locale.ROOT);
    if (LABEL_WORDS.stream().noneMatch(name::contains)) {
      throw new TruthException("nothing says that it is class ids; --labels takes it nevertheless");
    }
    Optional<String> other = labels.words().stream().filter(NO_LABELS::contains).findFirst();
    if (other.isPresent()) {
      throw new TruthException(
          "its name says '%s', which is a picture for people; --labels takes it nevertheless"
              .formatted(other.get()));
    }
  }

  /** Empty where the values can be class ids. */
  private static String strangeIds(ImageStream labels, int classes) {
    if (labels.ids() == null) {
      return "";
    }
    long all = 0;
    long strange = 0;
    int largest = 0;
    int different = 0;
    for (int id = 0; id < 255; id++) {
      long count = labels.ids()[id];
      all += count;
      different += count > 0 ? 1 : 0;
      if (id >= classes && count > 0) {
        strange += count;
        largest = id;
      }
    }
    if (strange > MOST_STRANGE * all) {
      return "%d %% of its pixels are no class: values go to %d, and the classes are 0 to %d"
          .formatted(Math.round(100.0 * strange / all), largest, classes - 1);
    }
    if (labels.ids()[255] > 0 && labels.ids()[0] > 0 && different == 1) {
      return "its values are 0 and 255 alone, which is a mask rather than class ids";
    }
    return "";
  }

  private static boolean pairing(ImageStream image, ImageStream truth, List<String> remarks)
      throws TruthException {
    for (ImageStream each : List.of(image, truth)) {
      String what =
          switch (each.stamps()) {
            case TELL -> "";
            case ZERO -> "zero";
            case EQUAL -> "all equal";
            case NOTHING_TELLS ->
                throw new TruthException(
                    "neither stamps nor times of recording tell the messages of %s apart"
                        .formatted(each.topic()));
          };
      if (!what.isEmpty()) {
        remarks.add(
            "The stamps of %s are %s: images and %s are paired by the time of recording."
                .formatted(each.topic(), what, truth.topic()));
        return true;
      }
    }
    return false;
  }
}
