package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.bag.BagCursor;
import dev.tarsier.ros.bag.BagDamageException;
import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.message.CameraInfo;
import dev.tarsier.ros.message.CompressedImage;
import dev.tarsier.ros.message.CompressedImageView;
import dev.tarsier.ros.message.Image;
import dev.tarsier.ros.message.ImageView;
import dev.tarsier.ros.message.MessageFormatException;
import dev.tarsier.ros.message.MessageType;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.frame.PixelEncoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which topics of a bag are the images, the depth, the labels and the calibration. A message type
 * does not tell colour from depth, so the encoding of each topic's first message does; where
 * several would do, raw before compressed, then the most messages.
 *
 * @param image colour images; never null
 * @param compressed whether they are compressed
 * @param depth depth images; null where there are none
 * @param labels class ids; null where there are none
 * @param cameraInfo calibration; null where there is none
 * @param notes guesses that a reader should know of
 */
record BagTopics(
    String image,
    boolean compressed,
    String depth,
    String labels,
    String cameraInfo,
    List<String> notes) {
  private static final Set<String> DEPTH_ENCODINGS = Set.of("16UC1", "mono16", "32FC1");
  private static final Set<String> LABEL_ENCODINGS = Set.of("mono8", "8UC1");
  private static final List<String> LABEL_WORDS = List.of("label", "segment", "class", "semantic");
  private static final String PACKED = "/compressed";

  /** So many messages may be unreadable before a topic counts as such. */
  private static final int FIRST_MESSAGES = 10;

  /** What an image topic holds, by its first message. */
  private enum Content {
    COLOR,
    COLOR_COMPRESSED,
    DEPTH,
    LABELS,
    OTHER
  }

  /**
   * An image topic.
   *
   * @param topic as in the bag
   * @param encoding of the first message; the format of a compressed one; empty without a message
   */
  private record Candidate(BagTopic topic, String encoding, Content content) {
    @Override
    public String toString() {
      return "%s (%s, %s, %d messages)"
          .formatted(
              topic.name(),
              topic.type(),
              encoding.isEmpty() ? "unreadable" : encoding,
              topic.messages());
    }
  }

  static BagTopics find(BagReader bag, ReplayOptions options) throws IOException, ReplayException {
    List<Candidate> candidates = candidates(bag);
    List<String> notes = new ArrayList<>();
    Candidate image =
        options.image().isPresent()
            ? named(bag, options.image().get(), "image", candidates)
            : guess(candidates, notes);
    String depth = pick(bag, options.depth(), "depth", Content.DEPTH, image, candidates, notes);
    String labels = pick(bag, options.labels(), "labels", Content.LABELS, image, candidates, notes);
    return new BagTopics(
        image.topic().name(),
        image.topic().type().equals(CompressedImage.TYPE.name()),
        depth,
        labels,
        cameraInfo(bag, options.cameraInfo(), image.topic().name()),
        List.copyOf(notes));
  }

  /** Whether a connection belongs to a topic and holds what we read. */
  static boolean is(BagConnection connection, String topic, MessageType<?> type) {
    return topic != null && connection.topic().equals(topic) && connection.holds(type);
  }

  private static List<Candidate> candidates(BagReader bag) throws IOException {
    List<Candidate> found = new ArrayList<>();
    for (BagTopic topic : bag.topicsOfType(Image.TYPE.name(), CompressedImage.TYPE.name())) {
      String encoding = firstEncoding(bag, topic);
      found.add(new Candidate(topic, encoding, content(topic, encoding)));
    }
    return found;
  }

  private static String firstEncoding(BagReader bag, BagTopic topic) throws IOException {
    boolean packed = topic.type().equals(CompressedImage.TYPE.name());
    MessageType<?> type = packed ? CompressedImage.TYPE : Image.TYPE;
    Selection selection = connection -> is(connection, topic.name(), type);
    try (BagCursor cursor = bag.cursor(selection)) {
      for (int tries = 0; tries < FIRST_MESSAGES && cursor.next(); tries++) {
        Optional<String> encoding = encoding(cursor.body(), packed);
        if (encoding.isPresent()) {
          return encoding.get();
        }
      }
      return "";
    } catch (BagDamageException e) {
      return ""; // the replay itself reports damage; here it only means "not known"
    }
  }

  private static Optional<String> encoding(ByteBuffer body, boolean packed) {
    try {
      return Optional.of(
          packed
              ? new CompressedImageView().over(body).format()
              : new ImageView().over(body).encoding());
    } catch (MessageFormatException e) {
      return Optional.empty();
    }
  }

  private static Content content(BagTopic topic, String encoding) {
    String name = topic.name().toLowerCase(Locale.ROOT);
    if (topic.type().equals(CompressedImage.TYPE.name())) {
      boolean color =
          PixelEncoding.ofCompressedFormat(encoding).isPresent()
              && !name.contains("depth")
              && LABEL_WORDS.stream().noneMatch(name::contains);
      return color ? Content.COLOR_COMPRESSED : Content.OTHER;
    }
    if (DEPTH_ENCODINGS.contains(encoding)) {
      return Content.DEPTH;
    }
    if (LABEL_ENCODINGS.contains(encoding) && LABEL_WORDS.stream().anyMatch(name::contains)) {
      return Content.LABELS;
    }
    return PixelEncoding.ofRos(encoding).isPresent() ? Content.COLOR : Content.OTHER;
  }

  private static Candidate guess(List<Candidate> candidates, List<String> notes)
      throws ReplayException {
    Comparator<Candidate> order =
        Comparator.<Candidate, Boolean>comparing(c -> c.content() == Content.COLOR_COMPRESSED)
            .thenComparing(c -> c.encoding().equals("mono8"))
            .thenComparing(c -> c.topic().name().contains("segmentation"))
            .thenComparing(c -> -c.topic().messages())
            .thenComparing(c -> c.topic().name());
    List<Candidate> color =
        candidates.stream()
            .filter(c -> c.content() == Content.COLOR || c.content() == Content.COLOR_COMPRESSED)
            .sorted(order)
            .toList();
    if (color.isEmpty()) {
      throw new ReplayException(
          "the bag has no colour images. " + list(candidates) + ". Name one with --image");
    }
    if (color.size() > 1) {
      notes.add(
          "Images are taken from %s; --image would take %s instead."
              .formatted(
                  color.get(0).topic().name(),
                  color.stream()
                      .skip(1)
                      .map(c -> c.topic().name())
                      .collect(Collectors.joining(" or "))));
    }
    return color.get(0);
  }

  private static String pick(
      BagReader bag,
      Optional<String> asked,
      String role,
      Content content,
      Candidate image,
      List<Candidate> candidates,
      List<String> notes)
      throws ReplayException {
    if (asked.isPresent()) {
      Candidate one = named(bag, asked.get(), role, candidates);
      boolean readable =
          one.topic().type().equals(Image.TYPE.name())
              && (content == Content.DEPTH ? DEPTH_ENCODINGS : LABEL_ENCODINGS)
                  .contains(one.encoding());
      if (!readable) {
        throw new ReplayException(
            "--%s %s cannot be read as %s: it must be sensor_msgs/Image in %s"
                .formatted(
                    role,
                    one,
                    role,
                    content == Content.DEPTH
                        ? "16UC1 (millimetres) or 32FC1 (metres)"
                        : "mono8 (class ids)"));
      }
      return one.topic().name();
    }
    List<Candidate> fitting =
        candidates.stream()
            .filter(c -> c.content() == content && !c.equals(image))
            .sorted(
                Comparator.<Candidate>comparingInt(
                        // registered to the colour camera, or at least beside it
                        c ->
                            c.topic().name().contains("registered")
                                    || c.topic().name().contains("aligned")
                                ? 0
                                : 1)
                    .thenComparingInt(c -> -common(c.topic().name(), image.topic().name()))
                    .thenComparing(c -> -c.topic().messages())
                    .thenComparing(c -> c.topic().name()))
            .toList();
    if (fitting.size() > 1) {
      notes.add(
          "Truth for %s is taken from %s; --%s would take %s instead."
              .formatted(
                  role,
                  fitting.get(0).topic().name(),
                  role,
                  fitting.stream()
                      .skip(1)
                      .map(c -> c.topic().name())
                      .collect(Collectors.joining(" or "))));
    }
    return fitting.isEmpty() ? null : fitting.get(0).topic().name();
  }

  private static int common(String a, String b) {
    int length = 0;
    while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
      length++;
    }
    return length;
  }

  private static Candidate named(
      BagReader bag, String asked, String role, List<Candidate> candidates) throws ReplayException {
    for (String wanted : List.of(bare(asked), bare(asked) + PACKED)) {
      for (Candidate candidate : candidates) {
        if (bare(candidate.topic().name()).equals(wanted)) {
          return candidate;
        }
      }
    }
    Optional<BagTopic> other =
        bag.topics().stream().filter(t -> bare(t.name()).equals(bare(asked))).findFirst();
    if (other.isPresent()) {
      throw new ReplayException(
          "--%s %s has messages of %s, which are no images. %s"
              .formatted(role, asked, other.get().type(), list(candidates)));
    }
    List<String> names = candidates.stream().map(c -> c.topic().name()).toList();
    throw new ReplayException(
        "the bag has no topic %s%s. %s"
            .formatted(
                asked,
                NearestName.of(asked, names).map(n -> "; did you mean " + n + "?").orElse(""),
                list(candidates)));
  }

  private static String list(List<Candidate> candidates) {
    return candidates.isEmpty()
        ? "It has no image topics at all"
        : "Its image topics: "
            + candidates.stream().map(Candidate::toString).collect(Collectors.joining(", "));
  }

  private static String cameraInfo(BagReader bag, Optional<String> asked, String image)
      throws ReplayException {
    List<String> names =
        bag.topics().stream()
            .filter(t -> t.type().equals(CameraInfo.TYPE.name()))
            .map(BagTopic::name)
            .toList();
    if (asked.isPresent()) {
      for (String name : names) {
        if (bare(name).equals(bare(asked.get()))) {
          return name;
        }
      }
      throw new ReplayException(
          "the bag has no sensor_msgs/CameraInfo topic %s. It has: %s"
              .formatted(asked.get(), names.isEmpty() ? "none" : String.join(", ", names)));
    }
    String base =
        image.endsWith(PACKED) ? image.substring(0, image.length() - PACKED.length()) : image;
    String beside = base.substring(0, base.lastIndexOf('/') + 1) + "camera_info";
    return names.contains(beside) ? beside : null;
  }

  private static String bare(String topic) {
    return topic.startsWith("/") ? topic.substring(1) : topic;
  }
}
