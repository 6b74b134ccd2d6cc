package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BagSourceIT {
  private static String topic(Path bag, boolean depth) throws IOException {
    try (BagReader reader = BagReader.open(bag)) {
      return reader.topics().stream()
          .filter(each -> each.type().equals(Image.TYPE.name()))
          .map(each -> each.name())
          .filter(name -> name.contains("depth") == depth)
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void readsTheKitchenAtTheNetworksSize() throws IOException {
    Path bag = Prerequisites.shared("data/bags/kitchen_raw.bag");
    String image = topic(bag, false);
    String depth = topic(bag, true);
    BagSource all = open(bag, image, depth, 40);
    assertThat(all.size()).isPositive();
    double sum = 0;
    int known = 0;
    for (int i = 0; i < all.size(); i++) {
      Sample sample = all.get(i);
      assertThat(sample.width()).isEqualTo(80);
      assertThat(sample.ids(Segmentation.ID)).isNull();
      assertThat(sample.values(Depth.ID)).as("depth beside each image").isNotNull();
      for (float metres : sample.values(Depth.ID)) {
        if (!Float.isNaN(metres)) {
          sum += metres;
          known++;
        }
      }
    }
    // A kitchen seen from a hand: metres, not millimetres.
    assertThat(sum / known).isCloseTo(2, within(1.5));
  }

  @Test
  void saysWhichImageTopicsThereAre() throws IOException {
    Path bag = Prerequisites.shared("data/bags/kitchen_raw.bag");
    String depth = topic(bag, true);
    assertThatThrownBy(() -> open(bag, "/no/such", depth, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("has no image topic /no/such")
        .hasMessageContaining(depth);
  }

  private static BagSource open(Path bag, String image, String depth, int everyNth) {
    BagSource.Options section =
        new BagSource.Options(
            bag.toString(), null, image, depth, null, null, null, null, everyNth, 0, null, false);
    return BagSource.open(bag, section, Openings.of(ClassSet.NYU_13, 60, 80));
  }
}
