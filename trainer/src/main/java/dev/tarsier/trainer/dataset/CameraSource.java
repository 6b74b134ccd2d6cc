package dev.tarsier.trainer.dataset;

import java.util.List;

/**
 * Frames of a data set with its camera.
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
    return sample.withCamera(section.camera(sample.width(), sample.height()).orElse(null));
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
