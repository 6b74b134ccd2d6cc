package dev.tarsier.trainer.pseudolabel;

import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Teachers of one task that someone else trained, and how what they say is put together. */
final class OtherTeachers implements AutoCloseable {
  private final List<OnnxTeacher> teachers;
  private final List<OnnxTeacher.Session> sessions = new ArrayList<>();

  OtherTeachers(List<OnnxTeacher> teachers) {
    this.teachers = teachers;
  }

  /**
   * Depth of a frame.
   *
   * @param estimate what all say together
   * @param fits of those whose depth has no unit
   * @param otherWay whether one that does not fit would if larger meant the opposite
   */
  record FrameDepth(
      DepthEstimate estimate, List<PseudoLabelManifest.Fitted> fits, boolean otherWay) {}

  /** A teacher that gives the recipe's classes less in all has no voice at a pixel. */
  private static final float LEAST_KNOWN = 0.5f;

  /** Makes them ready; must be closed, also where this fails. */
  void open(int batch, boolean flip) throws IOException {
    for (OnnxTeacher each : teachers) {
      sessions.add(new OnnxTeacher.Session(each, each.network().open(batch), flip));
    }
  }

  /**
   * Makes probabilities the mean over the teachers that know a pixel: each of them counts as much.
   * One that gives classes of its own alone most of the probability has no voice there; where that
   * is so of all, their mean stays below a half.
   *
   * @param mean float32 [C, height, width] for each frame, over those trained here; empty where
   *     there are none. Modified.
   * @param count how many those are
   * @param classes how many, C
   */
  void addTo(
      List<float[]> mean, int count, List<Sample> samples, int classes, int height, int width) {
    int area = height * width;
    int[][] voices = new int[samples.size()][area];
    for (int[] each : voices) {
      Arrays.fill(each, count);
    }
    int before = count;
    for (OnnxTeacher.Session each : sessions) {
      List<float[]> said = each.probabilities(samples, classes, height, width);
      for (int i = 0; i < samples.size(); i++) {
        if (before == 0) {
          mean.add(new float[classes * area]);
        }
        join(mean.get(i), voices[i], said.get(i), before);
      }
      before++;
    }
  }

  /**
   * Adds what one teacher says of a frame.
   *
   * @param mean float32 [C, pixels], of those before. Modified.
   * @param voices how many of those know each pixel. Modified.
   * @param said the same as {@code mean}. Not modified.
   * @param before how many there were
   */
  static void join(float[] mean, int[] voices, float[] said, int before) {
    int area = voices.length;
    for (int i = 0; i < area; i++) {
      float known = 0;
      for (int at = i; at < said.length; at += area) {
        known += said[at];
      }
      boolean knows = known >= LEAST_KNOWN;
      if (!knows && voices[i] > 0) {
        continue;
      }
      int others = knows ? voices[i] : before;
      for (int at = i; at < said.length; at += area) {
        mean[at] = (mean[at] * others + said[at]) / (others + 1);
      }
      voices[i] += knows ? 1 : 0;
    }
  }

  /**
   * Depth that all say together.
   *
   * @param own metres [height, width] for each frame, of those trained here; empty where there are
   *     none
   * @param target task whose plane is a frame's own depth
   */
  List<FrameDepth> depth(
      List<float[]> own, List<Sample> samples, String target, int height, int width) {
    List<List<OnnxTeacher.Measured>> said = new ArrayList<>();
    for (OnnxTeacher.Session each : sessions) {
      said.add(each.depth(samples, target, height, width));
    }
    List<FrameDepth> all = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      List<DepthEstimate> estimates = new ArrayList<>();
      List<PseudoLabelManifest.Fitted> fits = new ArrayList<>();
      boolean otherWay = false;
      if (!own.isEmpty()) {
        float[] sure = new float[height * width];
        Arrays.fill(sure, 1);
        estimates.add(new DepthEstimate(own.get(i), sure));
      }
      for (int k = 0; k < said.size(); k++) {
        OnnxTeacher.Measured one = said.get(k).get(i);
        estimates.add(one.estimate());
        otherWay |= one.otherWay();
        if (one.fit() != null) {
          fits.add(PseudoLabelManifest.Fitted.of(teachers.get(k), one.fit()));
        }
      }
      all.add(new FrameDepth(DepthEstimate.mean(estimates), fits, otherWay));
    }
    return all;
  }

  /** Depth without a unit needs frames that have depth. */
  void requireDepth(SampleSource frames, String target) {
    Optional<OnnxTeacher> fitted = teachers.stream().filter(OnnxTeacher::isFitted).findFirst();
    for (int i = 0; fitted.isPresent() && i < frames.size(); i++) {
      if (OnnxTeacher.canFit(frames.get(i), target)) {
        return;
      }
    }
    if (fitted.isPresent()) {
      throw new DataException(
          "%s says depth without a unit, and no frame of %s has depth of its own (%d pixels at least) that it can be fitted to; give data with %s, or a teacher that says metres"
              .formatted(fitted.get().file(), frames.name(), DepthFit.LEAST_PIXELS, target));
    }
  }

  /**
   * Labels of no frame are none.
   *
   * @param frames what is labelled, for the message
   * @param entries all frames. Not modified.
   * @param otherWay frames whose depth would fit if larger meant the opposite
   */
  void requireKept(String frames, List<PseudoLabelManifest.FrameEntry> entries, int otherWay) {
    long leftOut = entries.stream().filter(PseudoLabelManifest.FrameEntry::isLeftOut).count();
    if (leftOut == 0 || leftOut < entries.size()) {
      return;
    }
    PseudoLabelManifest.Fits fits = PseudoLabelManifest.Fits.of(entries);
    double best =
        entries.stream()
            .flatMap(each -> each.fits().stream())
            .mapToDouble(PseudoLabelManifest.Fitted::inliers)
            .max()
            .orElse(0);
    throw new DataException(
        String.format(
            Locale.ROOT,
            "the depth of %s fits that of no frame of %s: %d of %d have fewer than %.0f %% inliers (the best has %.0f %%), %d fewer than %d pixels of depth; %s",
            String.join(
                ", ",
                teachers.stream().filter(OnnxTeacher::isFitted).map(OnnxTeacher::file).toList()),
            frames,
            fits.withFewInliers(),
            entries.size(),
            100 * DepthFit.LEAST_INLIERS,
            100 * best,
            fits.withFewPixels(),
            DepthFit.LEAST_PIXELS,
            2 * otherWay > entries.size()
                ? "in %d it fits where larger means the opposite: decode must be %s"
                    .formatted(otherWay, opposite())
                : "check decode (relative: larger is farther; disparity: larger is nearer), how its pixels are scaled (normalize), the unit of the frames' depth, and that it knows such scenes"));
  }

  private String opposite() {
    return teachers.stream()
        .filter(OnnxTeacher::isFitted)
        .map(
            each ->
                ((RelativeMap) each.head().kind()).larger() == RelativeMap.Larger.NEARER
                    ? "relative"
                    : "disparity")
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() {
    sessions.forEach(OnnxTeacher.Session::close);
  }
}
