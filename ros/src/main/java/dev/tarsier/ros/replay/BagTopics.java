package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.truth.Calibrations;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.ros.truth.ImageStream.Content;
import dev.tarsier.ros.truth.TruthException;
import dev.tarsier.ros.truth.TruthSource;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.logging.VisibleText;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which topics of a recording are the images, the truth of each head and the calibration. What the
 * user does not name is guessed, and a guess that does not fit what the recording says is refused.
 *
 * @param image colour images
 * @param truths truth by the id of the head that it is for; heads without are left out
 * @param sources all truth that was found, whatever the heads
 * @param cameraInfo calibration of the images; null where there is none
 * @param taken one line for each topic that is used, and why
 * @param notes guesses that a reader should know of
 */
public record BagTopics(
    ImageStream image,
    Map<String, TruthSource> truths,
    Map<Content, TruthSource> sources,
    String cameraInfo,
    List<String> taken,
    List<String> notes) {
  private static final List<Content> COLOURS =
      List.of(Content.COLOR, Content.COLOR_COMPRESSED, Content.SHALLOW);

  /** 255 is ignored. */
  private static final int MOST_IDS = 255;

  private static final String PACKED = "/compressed";

  /** Topics in a sentence. */
  private static final int MOST_NAMED = 8;

  /**
   * Looks for them.
   *
   * @param options what the user says of them
   * @param heads whose truth is looked for; depth is looked for in any case
   * @throws ReplayException when there are no images, or what the user names is not there or cannot
   *     be taken; the message says why and what would help
   */
  public static BagTopics find(Recording bag, TopicRequest options, List<Head> heads)
      throws IOException, ReplayException {
    List<ImageStream> candidates = ImageStream.of(bag);
    List<String> notes = new ArrayList<>();
    List<String> taken = new ArrayList<>();
    ImageStream image =
        options.image().isPresent()
            ? named(bag, options.image().get(), "image", candidates)
            : guess(bag, candidates, notes);
    String cameraInfo = cameraInfo(bag, options.cameraInfo(), image.topic());
    Optional<CameraModel> calibration = Calibrations.first(bag, cameraInfo);
    taken.add(
        "images: %s (%s), %s"
            .formatted(
                image.topic(),
                image.described(),
                options.image().isPresent() ? "as named" : "guessed"));
    Map<Content, TruthSource> found = new EnumMap<>(Content.class);
    Optional<ClassMap> classes =
        heads.stream()
            .map(Head::kind)
            .filter(ClassMap.class::isInstance)
            .map(ClassMap.class::cast)
            .findFirst();
    int limit =
        classes.map(kind -> Math.max(1, Math.min(kind.idLimit(), MOST_IDS))).orElse(MOST_IDS);
    for (Content content : List.of(Content.DEEP, Content.SHALLOW)) {
      boolean deep = content == Content.DEEP;
      Optional<String> asked = deep ? options.depth() : options.labels();
      if (deep || classes.isPresent() || asked.isPresent()) {
        boolean aligned = options.depthAligned();
        Maker maker =
            (candidate, named) ->
                deep
                    ? TruthSource.depth(
                        bag,
                        image,
                        calibration,
                        candidate,
                        new TruthSource.Hints(named, options.depthUnit(), aligned))
                    : TruthSource.labels(image, candidate, limit, named, named && aligned);
        pick(content, asked, bag, image, candidates, maker, taken, notes)
            .ifPresent(source -> found.put(content, source));
      }
    }
    taken.add(
        "calibration: "
            + (cameraInfo == null
                ? "none beside the images"
                : calibration(
                    cameraInfo
                        + (options.cameraInfo().isPresent() ? ", as named" : ", beside the images"),
                    calibration,
                    image)));
    Map<Content, TruthSource> sources = Map.copyOf(found);
    Map<String, TruthSource> truths = new LinkedHashMap<>();
    for (Head head : heads) {
      // one head of a kind has truth
      content(head).map(found::remove).ifPresent(source -> truths.put(head.id(), source));
    }
    return new BagTopics(image, truths, sources, cameraInfo, visible(taken), visible(notes));
  }

  /** What truth for a head is called in options and notes; its own id where no bag has any. */
  static String role(Head head) {
    return content(head).map(Content::role).orElse(head.id());
  }

  /** What a topic with truth for a head holds; empty where none is read. */
  private static Optional<Content> content(Head head) {
    return head.kind() instanceof MetricMap
        ? Optional.of(Content.DEEP)
        : head.kind() instanceof ClassMap ? Optional.of(Content.SHALLOW) : Optional.empty();
  }

  /** What is not used is not taken; why it is not stands in the notes, where it was measured. */
  private static String calibration(
      String topic, Optional<CameraModel> calibration, ImageStream image) {
    if (calibration.isEmpty()) {
      return "none, for %s, has no message that can be read".formatted(topic);
    }
    boolean used =
        image.width() == 0
            || Calibration.of(calibration.get(), image.width(), image.height()).usable();
    return used ? topic : "none, for %s, cannot be used".formatted(topic);
  }

  private static ImageStream guess(Recording bag, List<ImageStream> candidates, List<String> notes)
      throws ReplayException {
    Comparator<ImageStream> order =
        Comparator.<ImageStream, Boolean>comparing(c -> c.content() == Content.SHALLOW)
            .thenComparing(c -> c.content() == Content.COLOR_COMPRESSED)
            .thenComparing(ImageStream::showsClasses)
            .thenComparing(c -> -c.messages())
            .thenComparing(ImageStream::topic);
    List<ImageStream> color =
        candidates.stream()
            .filter(c -> COLOURS.contains(c.content()))
            .filter(c -> !isDepthOrLabels(c))
            .sorted(order)
            .toList();
    if (color.isEmpty()) {
      throw new ReplayException(noImages(bag, candidates));
    }
    if (color.size() > 1) {
      notes.add(
          "Images are taken from %s; --image would take %s instead."
              .formatted(
                  color.get(0).topic(),
                  color.stream()
                      .skip(1)
                      .map(ImageStream::topic)
                      .collect(Collectors.joining(" or "))));
    }
    return color.get(0);
  }

  /** What there is in the place of images, and what can be done about it. */
  private static String noImages(Recording bag, List<ImageStream> candidates) {
    List<BagTopic> topics = bag.topics().stream().filter(topic -> topic.messages() > 0).toList();
    if (topics.isEmpty()) {
      return "the bag has no messages";
    }
    StringBuilder message = new StringBuilder("the bag has no colour images that can be read. ");
    List<BagTopic> videos =
        topics.stream().filter(topic -> topic.type().endsWith("_transport/Packet")).toList();
    for (BagTopic video : videos) {
      int last = video.name().lastIndexOf('/');
      message.append(
          "%s (%s) is not read; republish it while the bag plays and record the result: rosrun image_transport republish %s in:=%s raw out:=%s_raw. "
              .formatted(
                  video.name(),
                  video.type(),
                  video.name().substring(last + 1),
                  video.name().substring(0, Math.max(0, last)),
                  video.name().substring(0, Math.max(0, last))));
    }
    if (!candidates.isEmpty()) {
      return message + list(candidates) + ". Name one with --image";
    }
    List<String> others =
        topics.stream()
            .filter(topic -> !videos.contains(topic))
            .map(topic -> topic.name() + " is " + topic.type())
            .toList();
    String shown = String.join(", ", others.subList(0, Math.min(MOST_NAMED, others.size())));
    return message
        + "It has no topics of sensor_msgs/Image or CompressedImage"
        + (others.isEmpty() ? "" : ": " + shown)
        + (others.size() > MOST_NAMED ? " and %d more".formatted(others.size() - MOST_NAMED) : "");
  }

  /** A JPEG of depth or of labels is made to be looked at, and mono8 of labels is no picture. */
  private static boolean isDepthOrLabels(ImageStream stream) {
    String name = stream.topic().toLowerCase(java.util.Locale.ROOT);
    return stream.content() != Content.COLOR
        && Stream.of(Content.DEEP.role(), "label", "segment", "semantic").anyMatch(name::contains);
  }

  /** Makes a truth of a topic, or says why it is none. */
  private interface Maker {
    TruthSource of(ImageStream candidate, boolean named) throws TruthException, IOException;
  }

  private static Optional<TruthSource> pick(
      Content content,
      Optional<String> asked,
      Recording bag,
      ImageStream image,
      List<ImageStream> candidates,
      Maker maker,
      List<String> taken,
      List<String> notes)
      throws ReplayException, IOException {
    String role = content.role();
    if (asked.isPresent()) {
      ImageStream one = named(bag, asked.get(), role, candidates);
      try {
        TruthSource source = maker.of(one, true);
        taken.add("%s: %s, as named".formatted(role, source.described()));
        notes.addAll(source.remarks());
        return Optional.of(source);
      } catch (TruthException e) {
        throw new ReplayException(
            "--%s %s: %s%s"
                .formatted(role, one, e.getMessage(), ofAnother(one, image, candidates)));
      }
    }
    List<ImageStream> fitting =
        candidates.stream()
            .filter(c -> c.content() == content && !c.equals(image))
            .sorted(
                Comparator.<ImageStream>comparingInt(
                        // registered to the colour camera, or at least beside it
                        c ->
                            c.topic().contains("registered") || c.topic().contains("aligned")
                                ? 0
                                : 1)
                    .thenComparing(ImageStream::compressed)
                    .thenComparingInt(c -> -common(c.topic(), image.topic()))
                    .thenComparing(c -> -c.messages())
                    .thenComparing(ImageStream::topic))
            .toList();
    TruthSource best = null;
    List<String> others = new ArrayList<>();
    for (ImageStream candidate : fitting) {
      try {
        TruthSource source = maker.of(candidate, false);
        if (best == null || (best.registered() && !source.registered())) {
          if (best != null) {
            others.add(best.stream().topic());
          }
          best = source;
        } else {
          others.add(candidate.topic());
        }
      } catch (TruthException e) {
        if (content == Content.DEEP || !e.getMessage().startsWith("nothing says")) {
          notes.add(
              "%s (%s) is not taken for %s: %s%s."
                  .formatted(
                      candidate.topic(),
                      candidate.described(),
                      role,
                      e.getMessage(),
                      ofAnother(candidate, image, candidates)));
        }
      }
    }
    if (best == null) {
      taken.add(role + ": none");
      return Optional.empty();
    }
    taken.add("%s: %s, guessed".formatted(role, best.described()));
    if (!others.isEmpty()) {
      notes.add(
          "Truth for %s is taken from %s; --%s would take %s instead."
              .formatted(role, best.stream().topic(), role, String.join(" or ", others)));
    }
    notes.addAll(best.remarks());
    return Optional.of(best);
  }

  /** Colour images of the bag that a refused truth shows the same as: the way out. */
  private static String ofAnother(
      ImageStream truth, ImageStream image, List<ImageStream> candidates) {
    boolean own = TruthSource.sameCamera(truth, image);
    return candidates.stream()
        .filter(c -> !own && COLOURS.contains(c.content()) && !isDepthOrLabels(c))
        .filter(c -> !c.equals(image) && !c.equals(truth) && TruthSource.sameCamera(truth, c))
        .map(ImageStream::topic)
        .findFirst()
        .map(topic -> "; it is of the camera of %s: --image %s".formatted(topic, topic))
        .orElse("");
  }

  private static int common(String a, String b) {
    int length = 0;
    while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
      length++;
    }
    return length;
  }

  private static ImageStream named(
      Recording bag, String asked, String role, List<ImageStream> candidates)
      throws ReplayException {
    for (String wanted :
        List.of(
            Selection.bare(asked),
            Selection.bare(asked) + PACKED,
            Selection.bare(asked) + "/compressedDepth")) {
      for (ImageStream candidate : candidates) {
        if (Selection.bare(candidate.topic()).equals(wanted)) {
          return candidate;
        }
      }
    }
    Optional<BagTopic> other =
        bag.topics().stream()
            .filter(t -> Selection.bare(t.name()).equals(Selection.bare(asked)))
            .findFirst();
    if (other.isPresent()) {
      throw new ReplayException(
          "--%s %s has messages of %s, which are no images. %s"
              .formatted(role, asked, other.get().type(), list(candidates)));
    }
    List<String> names = candidates.stream().map(ImageStream::topic).toList();
    throw new ReplayException(
        "the bag has no topic %s%s %s"
            .formatted(asked, NearestName.question(asked, names).orElse("."), list(candidates)));
  }

  private static String list(List<ImageStream> candidates) {
    return candidates.isEmpty()
        ? "It has no image topics at all"
        : "Its image topics: "
            + candidates.stream().map(ImageStream::toString).collect(Collectors.joining(", "));
  }

  private static String cameraInfo(Recording bag, Optional<String> asked, String image)
      throws ReplayException {
    if (asked.isEmpty()) {
      return Calibrations.beside(bag, image).orElse(null);
    }
    List<String> names = Calibrations.topics(bag);
    for (String name : names) {
      if (Selection.bare(name).equals(Selection.bare(asked.get()))) {
        return name;
      }
    }
    throw new ReplayException(
        "the bag has no sensor_msgs/CameraInfo topic %s. It has: %s"
            .formatted(asked.get(), names.isEmpty() ? "none" : String.join(", ", names)));
  }

  /** Names of topics and frames are the recorder's; a terminal would obey some. */
  private static List<String> visible(List<String> lines) {
    return lines.stream().map(VisibleText::of).toList();
  }
}
