package dev.tarsier.ros.frames;

import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.replay.ReplayException;
import dev.tarsier.ros.truth.ImageStream.Content;
import dev.tarsier.ros.truth.Truth;
import dev.tarsier.runtime.accuracy.MetricErrors;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.pipeline.TimeSource;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.ImageToTensor;
import dev.tarsier.runtime.tensor.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How sure a bundle is of frames: by how much it disagrees with itself when it sees each also in a
 * mirror (decision 0074). Heads have different scales, so each counts by rank: the share of frames
 * that are less uncertain, and the score of a frame is the mean over the heads.
 *
 * @param chosen the frames to label, by time
 * @param notes what a user should know
 * @param rows all frames that were looked at, by time
 */
record Doubts(List<RecordedFrame> chosen, List<String> notes, List<Row> rows) {
  /** The scores of all frames, in the folder. */
  static final String FILE = "scores.csv";

  private static final int THUMB_WIDTH = 12;
  private static final int THUMB_HEIGHT = 9;

  /** With fewer a rank correlation says nothing. */
  private static final int LEAST_FOR_A_CORRELATION = 10;

  /**
   * A frame's scores.
   *
   * @param frame which
   * @param byHead disagreement by the id of the head
   * @param score from 0, surest of all, to 1
   * @param error the mean absolute error against the recording's depth after the medians were made
   *     equal, over the median; NaN where there is none
   * @param place among the chosen, from 1; 0 for not chosen
   */
  record Row(
      RecordedFrame frame, Map<String, Double> byHead, double score, double error, int place) {}

  /** Told of each frame. */
  @FunctionalInterface
  interface Progress {
    /** So many of so many. */
    void frames(long done, long total);
  }

  static Doubts of(
      ExportOptions.Uncertain wanted,
      List<RecordedFrame> candidates,
      FrameReader reader,
      Progress progress)
      throws BundleException, InferenceException, ReplayException, IOException {
    Bundle bundle = wanted.network().of(Bundle.load(wanted.bundle()), wanted.session().providers());
    try (Perceiver perceiver = new Perceiver(bundle, wanted.session(), TimeSource.system());
        Looking looking = new Looking(perceiver, reader)) {
      for (int i = 0; i < candidates.size(); i++) {
        looking.at(candidates.get(i));
        progress.frames(i + 1L, candidates.size());
      }
      return looking.result(wanted.frames());
    }
  }

  /** What was seen so far: numbers and a thumbnail of each frame. */
  private static final class Looking implements AutoCloseable {
    private final Perceiver perceiver;
    private final FrameReader reader;
    private final int width;
    private final int height;
    private final ImageToTensor scale;
    private final ByteBuffer pixels;
    private final byte[] rgb;
    private final byte[] mirror;
    private final FramePool pool = new FramePool(1);
    private final List<RecordedFrame> frames = new ArrayList<>();
    private final List<Map<String, Double>> disagreements = new ArrayList<>();
    private final List<float[]> looks = new ArrayList<>();
    private final List<Double> errors = new ArrayList<>();
    private int unreadable;

    Looking(Perceiver perceiver, FrameReader reader) {
      this.perceiver = perceiver;
      this.reader = reader;
      BundleManifest.Input input = perceiver.bundle().manifest().input();
      width = input.width();
      height = input.height();
      scale = new ImageToTensor(height, width);
      pixels = ByteBuffer.allocateDirect(3 * width * height);
      rgb = new byte[3 * width * height];
      mirror = new byte[3 * width * height];
    }

    void at(RecordedFrame frame) throws IOException {
      try {
        reader.pixels(frame, scale, pixels);
        pixels.get(0, rgb);
        for (int i = 0; i < width * height; i++) {
          System.arraycopy(rgb, 3 * i, mirror, 3 * (i / width * width + width - 1 - i % width), 3);
        }
        Map<String, Plane> planes = new HashMap<>();
        Scene scene = perceive(rgb);
        for (Head head : scene.heads()) {
          planes.put(head.id(), scene.plane(head.id()).copy());
        }
        scene = perceive(mirror);
        Map<String, Double> byHead = new LinkedHashMap<>();
        for (Head head : scene.heads()) {
          byHead.put(
              head.id(),
              head.kind().accept(new Disagreement(planes.get(head.id()), scene.plane(head.id()))));
        }
        frames.add(frame);
        disagreements.add(byHead);
        looks.add(look());
        errors.add(error(frame, planes, scene.heads()));
      } catch (RejectedFrameException e) {
        unreadable++;
      }
    }

    private Scene perceive(byte[] image) throws RejectedFrameException {
      try (Frame frame = pool.acquire()) {
        frame.prepare(image.length).put(image);
        frame.describe(PixelEncoding.RGB8, width, height, 3 * width, 0, 0, "", 0);
        return perceiver.perceive(frame);
      }
    }

    /** Torralba, Fergus and Freeman (PAMI 2008) find scenes again by images as small as this. */
    private float[] look() {
      byte[] small = new RgbImage(width, height, rgb).stretch(THUMB_WIDTH, THUMB_HEIGHT).pixels();
      float[] look = new float[small.length];
      for (int i = 0; i < look.length; i++) {
        look[i] = (small[i] & 0xff) / 255f;
      }
      return look;
    }

    private double error(RecordedFrame frame, Map<String, Plane> planes, List<Head> heads)
        throws IOException {
      Optional<Head> metric =
          heads.stream().filter(head -> head.kind() instanceof MetricMap).findFirst();
      if (metric.isEmpty()) {
        return Double.NaN;
      }
      try {
        Optional<Truth> truth =
            reader.truth(frame, Content.DEEP, scale.imageWidth(), scale.imageHeight());
        return truth.isEmpty()
            ? Double.NaN
            : relativeError(planes.get(metric.get().id()), truth.get());
      } catch (MessageFormatException e) {
        return Double.NaN;
      }
    }

    private static double relativeError(Plane plane, Truth truth) {
      float[] known = truth.metres().clone();
      int count = 0;
      for (float value : truth.metres()) {
        if (MetricMap.isKnown(value)) {
          known[count++] = value;
        }
      }
      if (count == 0) {
        return Double.NaN;
      }
      Arrays.sort(known, 0, count);
      double median = known[count / 2];
      MetricErrors.ImageError plain =
          new MetricErrors(ScoredPixels.FULL)
              .add(
                  plane.values(),
                  plane.width(),
                  plane.height(),
                  truth.plane().values(),
                  truth.width(),
                  truth.height());
      float[] scaled = plane.copy().valueArray();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] = (float) (scaled[i] * plain.scale());
      }
      return new MetricErrors(ScoredPixels.FULL)
              .add(
                  Plane.ofValues(scaled, plane.width(), plane.height(), 1).values(),
                  plane.width(),
                  plane.height(),
                  truth.plane().values(),
                  truth.width(),
                  truth.height())
              .abs()
          / median;
    }

    Doubts result(int wanted) throws ReplayException {
      if (frames.isEmpty()) {
        throw new ReplayException("none of the frames can be decoded");
      }
      int n = frames.size();
      double[] scores = new double[n];
      for (String head : disagreements.get(0).keySet()) {
        double[] ranks =
            ranks(disagreements.stream().mapToDouble(each -> each.get(head)).toArray());
        for (int i = 0; i < n; i++) {
          scores[i] += ranks[i] / disagreements.get(0).size();
        }
      }
      List<Integer> order =
          new Spread(
                  scores,
                  frames.stream().mapToLong(RecordedFrame::nanos).toArray(),
                  looks.toArray(new float[0][]))
              .choose(wanted);
      int[] place = new int[n];
      for (int i = 0; i < order.size(); i++) {
        place[order.get(i)] = i + 1;
      }
      List<Row> rows =
          IntStream.range(0, n)
              .mapToObj(
                  i ->
                      new Row(
                          frames.get(i), disagreements.get(i), scores[i], errors.get(i), place[i]))
              .toList();
      List<String> notes = new ArrayList<>();
      if (unreadable > 0) {
        notes.add("%d frames cannot be decoded and were not looked at.".formatted(unreadable));
      }
      if (n < wanted) {
        notes.add(
            "Fewer frames than that are there to choose from: %d; a smaller --every gives more, if there are more."
                .formatted(n));
      }
      agreement(rows).ifPresent(notes::add);
      List<RecordedFrame> chosen = order.stream().sorted().map(frames::get).toList();
      return new Doubts(chosen, notes, rows);
    }

    @Override
    public void close() {
      scale.close();
    }
  }

  /** Whether the order says what the recording's depth says, where it has any. */
  private static Optional<String> agreement(List<Row> rows) {
    List<Row> judged = rows.stream().filter(row -> !Double.isNaN(row.error())).toList();
    if (judged.size() < LEAST_FOR_A_CORRELATION) {
      return Optional.empty();
    }
    double[] scores = ranks(judged.stream().mapToDouble(Row::score).toArray());
    double[] errors = ranks(judged.stream().mapToDouble(Row::error).toArray());
    return Optional.of(
        String.format(
            Locale.ROOT,
            "Against this recording's depth: the rank correlation of uncertainty and error is %.2f over %d frames (1 = the same order, 0 = none).",
            correlation(scores, errors),
            judged.size()));
  }

  /** Pearson's; of ranks it is Spearman's. */
  static double correlation(double[] a, double[] b) {
    double meanA = Arrays.stream(a).average().orElse(0);
    double meanB = Arrays.stream(b).average().orElse(0);
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (a[i] - meanA) * (b[i] - meanB);
      squaresA += (a[i] - meanA) * (a[i] - meanA);
      squaresB += (b[i] - meanB) * (b[i] - meanB);
    }
    return squaresA == 0 || squaresB == 0 ? 0 : product / Math.sqrt(squaresA * squaresB);
  }

  /** The place of each among all, 0 to 1; equal ones share the mean of theirs. */
  static double[] ranks(double[] values) {
    int n = values.length;
    Integer[] order = IntStream.range(0, n).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (a, b) -> Double.compare(values[a], values[b]));
    double[] ranks = new double[n];
    for (int i = 0; i < n; ) {
      int end = i;
      while (end < n && values[order[end]] == values[order[i]]) {
        end++;
      }
      for (int j = i; j < end; j++) {
        ranks[order[j]] = n == 1 ? 1 : (i + end - 1) / 2.0 / (n - 1);
      }
      i = end;
    }
    return ranks;
  }

  /** Writes all scores as CSV, the most uncertain first. */
  void write(Path file) throws IOException {
    List<String> heads = List.copyOf(rows.get(0).byHead().keySet());
    StringBuilder csv = new StringBuilder("frame,chosen,score");
    heads.forEach(head -> csv.append(',').append(head).append("_disagreement"));
    csv.append(",depth_error\n");
    List<Row> sorted =
        rows.stream().sorted((a, b) -> Double.compare(b.score(), a.score())).toList();
    for (Row row : sorted) {
      csv.append(row.frame().name()).append(',').append(row.place() == 0 ? "" : row.place());
      csv.append(String.format(Locale.ROOT, ",%.4f", row.score()));
      heads.forEach(
          head -> csv.append(String.format(Locale.ROOT, ",%.5f", row.byHead().get(head))));
      csv.append(
          Double.isNaN(row.error()) ? "," : String.format(Locale.ROOT, ",%.5f", row.error()));
      csv.append('\n');
    }
    WholeFile.write(file, csv.toString());
  }
}
