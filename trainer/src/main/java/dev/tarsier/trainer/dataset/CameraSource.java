package dev.tarsier.trainer.dataset;

import java.util.List;

/**
 * Frames of a data set with its camera, where they do not come with one.
 *
 * @param frames without one
 * @param section says whose camera it is
 */
public record CameraSource(SampleSource frames, DataSet section) implements SampleSource {
  @Override
  public int size() {
    return frames.size();
  }

  @Override
  public Sample get(int index) {
    Sample sample = frames.get(index);
    return section.camera(sample.width(), sample.height()).map(sample::withCamera).orElse(sample);
  }

  @Override
  public List<String> doubts() {
    return frames.doubts();
  }

  @Override
  public String name() {
    return frames.name();
  }

  @Override
  public List<String> remarks() {
    return frames.remarks();
  }

  @Override
  public String sha256() {
    return frames.sha256();
  }
}
