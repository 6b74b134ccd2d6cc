package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BagSourceTest {
  private static final long MS = 1_000_000;

  @Test
  void pairsEachImageWithTheNearestStampInReach() {
    List<Long> images = List.of(0L, 33 * MS, 66 * MS, 500 * MS);
    List<Long> depths = List.of(5 * MS, 31 * MS, 70 * MS);
    assertThat(BagSource.nearest(images, depths)).isEqualTo(Map.of(0, 0, 1, 1, 2, 2));
    assertThat(BagSource.nearest(images, List.of())).isEmpty();
  }
}
