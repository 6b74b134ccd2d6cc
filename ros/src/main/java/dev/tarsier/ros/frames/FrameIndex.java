package dev.tarsier.ros.frames;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.bag.BagDamageException;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.replay.BagTopics;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.ros.truth.ImageStream.Content;
import dev.tarsier.ros.truth.Pairing;
import dev.tarsier.ros.truth.TopicMessages;
import dev.tarsier.ros.truth.TopicMessages.Message;
import dev.tarsier.ros.truth.TruthSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * All images of a recording in the order of their times, with the depth and labels that belong to
 * them. Some hundred bytes for each message; pixels are not kept.
 *
 * @param frames by time
 * @param notes what a user should know
 * @param damage why not all could be read; empty for whole bags
 */
record FrameIndex(List<RecordedFrame> frames, List<String> notes, String damage) {
  /** Told of each message as it is read. */
  @FunctionalInterface
  interface Progress {
    /** So many of so many. */
    void messages(long done, long total);
  }

  static FrameIndex read(Recording bag, BagTopics topics, double toleranceMillis, Progress progress)
      throws IOException {
    Reading reading = new Reading(topics);
    long total = bag.count(reading::wants);
    String damage = "";
    try {
      bag.forEachWhole(
          reading::wants,
          (connection, nanos, body, place) -> {
            try {
              for (TopicMessages topic : reading.topics) {
                topic.add(connection, nanos, body, place);
              }
            } catch (MessageFormatException e) {
              reading.unreadable++;
            }
            progress.messages(++reading.read, total);
          });
    } catch (BagDamageException e) {
      damage = e.getMessage();
    }
    List<String> notes = new ArrayList<>();
    if (reading.unreadable > 0) {
      notes.add("%d messages are no images and were left out.".formatted(reading.unreadable));
    }
    return new FrameIndex(
        reading.frames(new Pairing(Math.round(toleranceMillis * 1e6)), notes), notes, damage);
  }

  private static final class Reading {
    private final TopicMessages images;
    private final boolean byReceive;
    private final TruthSource depth;
    private final TruthSource labels;
    private final TopicMessages depths;
    private final TopicMessages ids;
    private final List<TopicMessages> topics = new ArrayList<>();
    private long read;
    private long unreadable;

    Reading(BagTopics found) {
      images = add(found.image());
      byReceive = found.image().stamps() != ImageStream.Stamps.TELL;
      depth = found.sources().get(Content.DEEP);
      labels = found.sources().get(Content.SHALLOW);
      depths = depth == null ? null : add(depth.stream());
      ids = labels == null ? null : add(labels.stream());
    }

    private TopicMessages add(ImageStream stream) {
      TopicMessages messages = new TopicMessages(stream);
      topics.add(messages);
      return messages;
    }

    boolean wants(BagConnection connection) {
      return topics.stream().anyMatch(topic -> topic.is(connection));
    }

    List<RecordedFrame> frames(Pairing pairing, List<String> notes) {
      int[] depthOf = paired(pairing, depth, depths, Content.DEEP, notes);
      int[] idsOf = paired(pairing, labels, ids, Content.SHALLOW, notes);
      List<RecordedFrame> frames = new ArrayList<>();
      Set<Long> seen = new HashSet<>();
      int repeated = 0;
      for (int i = 0; i < images.size(); i++) {
        Message image = images.get(i);
        long nanos = image.nanos(byReceive);
        if (seen.add(nanos)) {
          frames.add(new RecordedFrame(nanos, image, of(depths, depthOf, i), of(ids, idsOf, i)));
        } else {
          repeated++;
        }
      }
      if (repeated > 0) {
        notes.add("%d images have the stamp of another and were left out.".formatted(repeated));
      }
      frames.sort(Comparator.comparingLong(RecordedFrame::nanos));
      return List.copyOf(frames);
    }

    private static Message of(TopicMessages topic, int[] ofImage, int image) {
      return topic == null || ofImage[image] < 0 ? null : topic.get(ofImage[image]);
    }

    private int[] paired(
        Pairing pairing,
        TruthSource source,
        TopicMessages topic,
        Content content,
        List<String> notes) {
      if (topic == null) {
        return new int[0];
      }
      int[] ofImage =
          pairing.exclusive(images.times(source.byReceive()), topic.times(source.byReceive()));
      int matched = 0;
      for (int each : ofImage) {
        matched += each >= 0 ? 1 : 0;
      }
      if (matched < topic.size()) {
        notes.add(
            "%d of %d messages of %s belong to no image within %d ms and are not used as %s%s"
                .formatted(
                    topic.size() - matched,
                    topic.size(),
                    source.stream().topic(),
                    pairing.toleranceNanos() / 1_000_000,
                    content.role(),
                    matched == 0 ? "; --tolerance widens it." : "."));
      }
      return ofImage;
    }
  }

  /**
   * One frame for each stretch of time: the first that has depth, where one in the first half of
   * the stretch has, since depth often comes more slowly; else the first.
   *
   * @param everyNanos length of a stretch; 0 for all frames
   */
  List<RecordedFrame> every(long everyNanos) {
    if (everyNanos == 0 || frames.isEmpty()) {
      return frames;
    }
    List<RecordedFrame> chosen = new ArrayList<>();
    long start = frames.get(0).nanos();
    int i = 0;
    while (i < frames.size()) {
      long stretch = (frames.get(i).nanos() - start) / everyNanos;
      long half = start + stretch * everyNanos + everyNanos / 2;
      RecordedFrame best = frames.get(i);
      for (int j = i; j < frames.size() && frames.get(j).nanos() < half; j++) {
        if (frames.get(j).hasDepth()) {
          best = frames.get(j);
          break;
        }
      }
      chosen.add(best);
      while (i < frames.size() && (frames.get(i).nanos() - start) / everyNanos == stretch) {
        i++;
      }
    }
    return chosen;
  }
}
