package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.ros.truth.Truth;
import dev.tarsier.ros.truth.TruthSource;
import dev.tarsier.ros.truth.TruthWindow;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The truth of one topic: what came of it, and what of that belongs to an image. One owner thread.
 */
final class TruthTopic {
  private final String head;
  private final String role;
  private final TruthSource source;
  private final TruthWindow window;
  private final double toleranceMillis;
  private long messages;
  private long matched;
  private long otherShape;

  /**
   * A topic of which nothing came yet.
   *
   * @param head id of the head that it is truth for
   * @param role what it is called in options and notes
   * @param source how it is read. Not modified.
   * @param toleranceMillis largest difference of stamps to an image
   */
  TruthTopic(String head, String role, TruthSource source, double toleranceMillis) {
    this.head = head;
    this.role = role;
    this.source = source;
    this.toleranceMillis = toleranceMillis;
    this.window = new TruthWindow(Math.round(toleranceMillis * 1e6));
  }

  /** Id of the head that it is truth for. */
  String head() {
    return head;
  }

  String role() {
    return role;
  }

  /** Whether a connection of the bag is this topic. */
  boolean is(BagConnection connection) {
    return ImageStream.is(connection, source.stream().topic(), source.reader().type());
  }

  /**
   * Takes a message.
   *
   * @param body Not modified.
   * @throws MessageFormatException when it is no truth
   */
  void add(long receiveNanos, ByteBuffer body) {
    Truth truth = source.reader().read(body, receiveNanos);
    messages++;
    window.add(truth);
  }

  /** Whether no message that is still to come can be nearer to an image. */
  boolean isDecided(Perceived image, long nowNanos) {
    return window.isDecided(pairingNanos(image), image.receiveNanos(), nowNanos);
  }

  /** What belongs to an image that was decided on; empty also where it shows something else. */
  Optional<Truth> of(Perceived image) {
    if (!image.comparable()) {
      return Optional.empty();
    }
    long stamp = pairingNanos(image);
    Optional<Truth> nearest = window.nearest(stamp);
    if (nearest.isEmpty()) {
      window.missed(stamp, image.receiveNanos());
      return nearest;
    }
    if (!source.fits(nearest.get(), image.imageWidth(), image.imageHeight())) {
      otherShape++;
      return Optional.empty();
    }
    matched++;
    return nearest;
  }

  private long pairingNanos(Perceived image) {
    return source.reader().pairingNanos(image.stampNanos(), image.receiveNanos());
  }

  /** Lets go of what images from a receive time on cannot want. */
  void forgetBefore(long receiveNanos) {
    window.forgetBefore(receiveNanos);
  }

  /** Images that had truth within the tolerance, of their shape. */
  long matched() {
    return matched;
  }

  /** Images whose truth has another shape. */
  long otherShape() {
    return otherShape;
  }

  /** Says so where messages came and belong to no image. */
  void explainUnmatched(List<String> notes) {
    if (messages > 0 && matched + window.late() == 0) {
      notes.add(
          "%s within %.0f ms of an image's stamp, or the bundle has no such output; --tolerance widens it."
              .formatted(
                  messages == 1
                      ? "The only %s message is not".formatted(role)
                      : "None of %d %s messages is".formatted(messages, role),
                  toleranceMillis));
    }
  }

  /** Says so where truth came after its images had been judged. */
  void explainLate(List<String> notes) {
    if (window.late() > 0) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%s of %d images is recorded up to %.1f s after them, later than a replay waits; these images are judged without it. Record it beside the images, not after them.",
              ScaleAdvice.capitalised(role),
              window.late(),
              window.longestLagNanos() / 1e9));
    }
  }
}
