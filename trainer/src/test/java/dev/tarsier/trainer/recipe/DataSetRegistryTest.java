package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetRegistryTest {
  @TempDir private Path temp;

  private Recipe recipe(String classes, String data) throws IOException {
    return Recipe.read(
        Files.writeString(
            temp.resolve("recipe.yaml"),
            "name: a\nclasses: " + classes + "\nstudent:\n  data:\n    - " + data + "\n"));
  }

  private List<OpenedData> open(Recipe recipe, List<String> told) {
    return new DataSetRegistry(new PathResolver(temp.resolve("recipe.yaml"), Map.of()))
        .open(recipe.student().data(), recipe.student().network(), recipe.classes(), told::add);
  }

  private void picture(String file, int type, int value) throws IOException {
    BufferedImage image = new BufferedImage(16, 8, type);
    for (int i = 0; i < 16 * 8 && type != BufferedImage.TYPE_INT_RGB; i++) {
      image.getRaster().setSample(i % 16, i / 16, 0, value);
    }
    Path path = temp.resolve(file);
    Files.createDirectories(path.getParent());
    ImageIO.write(image, "png", path.toFile());
  }

  @Test
  void opensCityscapesShrunkWithDepthBeyondARoom() throws IOException {
    String name = "train/ulm/ulm_000000_000019_";
    picture("city/leftImg8bit/" + name + "leftImg8bit.png", BufferedImage.TYPE_INT_RGB, 0);
    picture("city/gtFine/" + name + "gtFine_labelIds.png", BufferedImage.TYPE_BYTE_GRAY, 26);
    picture("city/disparity/" + name + "disparity.png", BufferedImage.TYPE_USHORT_GRAY, 1281);
    Path camera = temp.resolve("city/camera/" + name + "camera.json");
    Files.createDirectories(camera.getParent());
    Files.writeString(camera, "{\"extrinsic\":{\"baseline\":0.2},\"intrinsic\":{\"fx\":2262}}");
    List<String> told = new ArrayList<>();
    OpenedData data =
        open(recipe("cityscapes7", "{kind: cityscapes, root: city, split: train}"), told).get(0);
    Sample sample = data.source().get(0);
    assertThat(sample.width()).isEqualTo(2);
    assertThat(sample.ids(Segmentation.ID)).containsOnly(6);
    // 5 pixels of disparity; kept to a centimetre.
    assertThat(sample.values(Depth.ID)[1]).isCloseTo(0.2f * 2262 / 5, within(0.0051f));
    assertThat(told).isEmpty();
  }

  @Test
  void saysWhichClassesADataSetKnows() throws IOException {
    Files.createDirectories(temp.resolve("city"));
    Recipe other = recipe(ClassSet.NYU_13.id(), "{kind: cityscapes, root: city, split: train}");
    assertThatThrownBy(() -> open(other, new ArrayList<>()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("knows cityscapes19 and cityscapes7 only");
  }

  @Test
  void showsDepthOfRenderedRoomsWhereTheirClassesAreNotAskedFor() throws IOException {
    Recipe depthOnly = recipe("nyu40", "{kind: rendered, rooms: 1, views: 1, labels: false}");
    Sample sample = open(depthOnly, new ArrayList<>()).get(0).source().get(0);
    assertThat(sample.ids(Segmentation.ID)).isNull();
    assertThat(sample.values(Depth.ID)).isNotNull();
    Recipe whole = recipe("nyu40", "{kind: rendered, rooms: 1, views: 1}");
    assertThatThrownBy(() -> open(whole, new ArrayList<>()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("rendered (unless labels: false) knows nyu13 only");
  }

  @Test
  void goesOnWithoutWhatIsOptionalAndNamesWhatIsNot() throws IOException {
    List<String> told = new ArrayList<>();
    Recipe optional =
        recipe("nyu40", "{kind: nyu_mat, path: no.mat, split: train, optional: true}");
    assertThat(open(optional, told)).isEmpty();
    assertThat(told).singleElement().asString().contains("no.mat is not there");
    Files.createDirectories(temp.resolve("b"));
    Recipe labels = recipe("nyu13", "{kind: bag, path: b, labels_from: nowhere}");
    assertThatThrownBy(() -> open(labels, told))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the labels nowhere is not there");
  }
}
