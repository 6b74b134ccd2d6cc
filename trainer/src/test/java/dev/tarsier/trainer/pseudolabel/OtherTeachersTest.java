package dev.tarsier.trainer.pseudolabel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class OtherTeachersTest {
  /**
   * Two classes, three pixels: one that both teachers know, one that the second does not know, for
   * it tells other things apart, and one that neither knows.
   */
  @Test
  void whoDoesNotKnowAPixelHasNoVoiceThere() {
    float[] mean = new float[6];
    int[] voices = new int[3];
    OtherTeachers.join(mean, voices, new float[] {0.9f, 0.99f, 0.1f, 0.1f, 0.01f, 0.2f}, 0);
    OtherTeachers.join(mean, voices, new float[] {0.5f, 0, 0.1f, 0.5f, 0.02f, 0.1f}, 1);
    assertThat(mean)
        .containsExactly(new float[] {0.7f, 0.99f, 0.1f, 0.3f, 0.01f, 0.15f}, within(1e-6f));
    assertThat(voices).containsExactly(2, 1, 0);
  }

  /** The order of teachers decides nothing. */
  @Test
  void whoComesFirstDoesNotMatter() {
    float[] sure = {0.9f, 0.1f};
    float[] strange = {0.1f, 0.1f};
    float[] one = new float[2];
    int[] voices = new int[1];
    OtherTeachers.join(one, voices, strange, 0);
    OtherTeachers.join(one, voices, sure, 1);
    assertThat(one).containsExactly(sure, within(1e-6f));
  }

  @Test
  void anUnsureDepthTakesLittleFromASureOne() {
    DepthEstimate sure = new DepthEstimate(new float[] {2}, new float[] {1});
    DepthEstimate unsure = new DepthEstimate(new float[] {2}, new float[] {0.1f});
    DepthEstimate mean = DepthEstimate.mean(List.of(sure, unsure));
    assertThat(mean.confidence()[0]).isCloseTo(1.01f / 1.1f, within(1e-6f));
    assertThat(mean.sure()).containsExactly(2);
  }
}
