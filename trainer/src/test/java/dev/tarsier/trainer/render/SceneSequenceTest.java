package dev.tarsier.trainer.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SceneSequenceTest {
  private static final RenderOptions SMALL = RenderOptions.video(96, 72);

  @Test
  void givesTheSameBytesWithAnyNumberOfThreads() {
    Sample one = new SceneSequence(7, SMALL).frame(3).sample();
    Sample three = new SceneSequence(7, SMALL.withThreads(3)).frame(3).sample();
    assertSame(three, one);
  }

  @Test
  void givesTheSameFrameWhateverWasAskedForBefore() {
    RenderOptions rooms = SMALL.withFramesPerRoom(2);
    Sample alone = new SceneSequence(9, rooms).frame(1).sample();
    SceneSequence walked = new SceneSequence(9, rooms);
    walked.frame(3);
    walked.frame(0);
    assertSame(walked.frame(1).sample(), alone);
  }

  @Test
  void givesTheSameBytesOnEveryMachine() {
    // Written down once; when the renderer changes, RENDERER_VERSION and this line change.
    assertThat(hash(new SceneSequence(2, SMALL.withDepthNoise(true)).frame(5).sample()))
        .isEqualTo("6dd3d90691b915fc");
  }

  @Test
  void givesOtherRoomsForOtherSeeds() {
    assertThat(hash(new SceneSequence(1, SMALL).frame(0).sample()))
        .isNotEqualTo(hash(new SceneSequence(2, SMALL).frame(0).sample()));
  }

  @Test
  void countsStampsInFramesPerSecond() {
    SceneSequence sequence = new SceneSequence(1, SMALL.withFramesPerSecond(10));
    assertThat(sequence.frame(3).stampNanos() - sequence.frame(0).stampNanos())
        .isEqualTo(300_000_000L);
  }

  @Test
  void showsEveryClassAndNoHoleInRoomsTogether() {
    RenderedSource source =
        new RenderedSource(5, 0, 60, RenderOptions.training(40, 30).withFramesPerRoom(1));
    long[] pixels = new long[256];
    for (int i = 0; i < source.size(); i++) {
      Sample sample = source.get(i);
      for (byte label : sample.ids(Segmentation.ID)) {
        pixels[label & 255]++;
      }
      for (float z : sample.values(Depth.ID)) {
        assertThat(z).isBetween(0.01f, 12f);
      }
    }
    for (int id = 0; id < ClassSet.NYU_13.names().size(); id++) {
      assertThat(pixels[id]).as(ClassSet.NYU_13.names().get(id)).isPositive();
    }
    assertThat(pixels[ClassMap.USUAL_IGNORE_ID]).isZero();
  }

  @Test
  void refusesFramesThatAreNotThere() {
    RenderedSource source = new RenderedSource(1, 0, 2, RenderOptions.training(32, 24));
    assertThat(source.size()).isEqualTo(8);
    assertThatThrownBy(() -> source.get(8))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("0 to 7, got 8");
    assertThatThrownBy(() -> new SceneSequence(1, SMALL).frame(-1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void namesASourceByWhatDecidesItsFrames() {
    RenderOptions options = RenderOptions.training(32, 24);
    String one = new RenderedSource(1, 0, 5, options).sha256();
    assertThat(one).hasSize(64);
    assertThat(new RenderedSource(1, 0, 5, options.withThreads(4)).sha256()).isEqualTo(one);
    assertThat(new RenderedSource(1, 5, 5, options).sha256()).isNotEqualTo(one);
    assertThat(new RenderedSource(2, 0, 5, options).sha256()).isNotEqualTo(one);
  }

  private static void assertSame(Sample actual, Sample expected) {
    assertThat(actual.rgb()).isEqualTo(expected.rgb());
    assertThat(actual.values(Depth.ID)).isEqualTo(expected.values(Depth.ID));
    assertThat(actual.ids(Segmentation.ID)).isEqualTo(expected.ids(Segmentation.ID));
  }

  private static String hash(Sample sample) {
    ByteBuffer depth = ByteBuffer.allocate(4 * sample.values(Depth.ID).length);
    for (float z : sample.values(Depth.ID)) {
      depth.putFloat(z);
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(sample.rgb());
      digest.update(sample.ids(Segmentation.ID));
      return HexFormat.of().formatHex(digest.digest(depth.array())).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
