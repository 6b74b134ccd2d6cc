package dev.tarsier.trainer.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.tarsier.trainer.onnx.Known.ColorOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownTest {
  @TempDir Path temp;
  private Path folder;
  private Path model;

  /** As repositories on Hugging Face are laid out. */
  @BeforeEach
  void layOut() throws Exception {
    folder = temp.resolve("repository");
    model = Files.createDirectories(folder.resolve("onnx")).resolve("model.onnx");
    new OnnxFixture()
        .input("pixel_values", DataType.FLOAT, "b", 3, "h", "w")
        .conv("pixel_values", "predicted_depth", 3, 1, 1)
        .output("predicted_depth", DataType.FLOAT, "b", "h", "w")
        .write(model);
  }

  private Known known() throws Exception {
    return Known.of(OnnxFile.read(model), null);
  }

  private void config(String json) throws Exception {
    Files.writeString(folder.resolve("config.json"), json);
  }

  private void preprocessor(String json) throws Exception {
    Files.writeString(folder.resolve("preprocessor_config.json"), json);
  }

  @Test
  void readsWhatStandsAboveAFolderCalledOnnx() throws Exception {
    config(
        "{\"model_type\": \"segformer\", \"id2label\": {\"1\": \"b\", \"0\": \"a\", \"10\": \"no\"}}");
    preprocessor(
        """
        {"image_processor_type": "X", "do_rescale": true, "rescale_factor": 0.5,
         "image_mean": [1, 2, 3], "image_std": [4, 5, 6], "size": {"height": 64, "width": 96}}
        """);
    Known known = known();
    assertThat(known.sources()).hasSize(2);
    assertThat(known.normalisation())
        .isEqualTo(Normalisation.of("", 0.5, new double[] {1, 2, 3}, new double[] {4, 5, 6}));
    assertThat(known.height()).isEqualTo(64);
    assertThat(known.width()).isEqualTo(96);
    assertThat(known.order()).isEqualTo(ColorOrder.RGB);
    assertThat(known.classes()).as("ids with a gap name nothing").isEmpty();
  }

  /** One class of transformers gives depth in metres and without a unit under one name. */
  @Test
  void doesNotGuessWhatAmbiguousDepthIs() throws Exception {
    config("{\"model_type\": \"dpt\", \"architectures\": [\"DPTForDepthEstimation\"]}");
    assertThat(known().depth()).isEmpty();
    config("{\"model_type\": \"depth_anything\"}");
    assertThat(known().depth()).contains(Meaning.DISPARITY);
    config(
        "{\"model_type\": \"depth_anything\", \"depth_estimation_type\": \"metric\", \"max_depth\": 80}");
    assertThat(known().depth()).contains(Meaning.METRIC);
    assertThat(known().maxMetres()).isEqualTo(80);
  }

  /** As feature extractors wrote a square; what is cut out of the middle counts. */
  @Test
  void readsSizesOfOneNumber() throws Exception {
    preprocessor(
        "{\"feature_extractor_type\": \"SegformerFeatureExtractor\", \"resample\": 2, \"size\": 512}");
    assertThat(known().height()).isEqualTo(512);
    assertThat(known().width()).isEqualTo(512);
    preprocessor(
        "{\"feature_extractor_type\": \"DPTFeatureExtractor\", \"keep_aspect_ratio\": true, \"size\": 384}");
    assertThat(known().height()).isNull();
    preprocessor(
        "{\"image_processor_type\": \"X\", \"size\": {\"shortest_edge\": 256}, \"do_center_crop\": true, \"crop_size\": {\"height\": 224, \"width\": 192}}");
    assertThat(known().height()).isEqualTo(224);
    assertThat(known().width()).isEqualTo(192);
  }

  /** transformers makes metres of what its graph gives, which is their inverse. */
  @Test
  void depthProsGraphGivesInverseDepth() throws Exception {
    config("{\"model_type\": \"depth_pro\"}");
    assertThat(known().depth()).contains(Meaning.DISPARITY);
  }

  @Test
  void readsThatBlueComesFirstAndThatASizeIsOnlyALimit() throws Exception {
    preprocessor(
        """
        {"image_processor_type": "MobileViTImageProcessor", "do_flip_channel_order": true,
         "do_normalize": false, "keep_aspect_ratio": true, "size": {"height": 64, "width": 96}}
        """);
    Known known = known();
    assertThat(known.order()).isEqualTo(ColorOrder.BGR);
    assertThat(known.normalisation()).isEqualTo(Normalisation.scaled(1 / 255.0));
    assertThat(known.width()).isNull();
  }

  @Test
  void passesOverFilesOfOthersAndNamesBrokenOnes() throws Exception {
    config("{\"name\": \"a web server's\"}");
    assertThat(known().sources()).isEmpty();
    config("{\"model_type\": ");
    assertThatThrownBy(this::known)
        .isInstanceOf(ImportException.class)
        .hasMessageContaining("config.json is no JSON");
    assertThatThrownBy(() -> Known.of(OnnxFile.read(model), temp))
        .hasMessageContaining("has no config.json");
  }

  @Test
  void readsNamesAsPythonPrintsThem() throws Exception {
    new OnnxFixture()
        .input("images", DataType.FLOAT, 1, 3, 32, 32)
        .conv("images", "x", 3, 1, 1)
        .output("x", DataType.FLOAT, 1, 1, 32, 32)
        .metadata("names", "{0: 'person', 1: \"dog's bowl\", 2: 'hair drier'}")
        .metadata("stride", "32")
        .metadata("task", "detect")
        .write(model);
    Known known = known();
    assertThat(known.classes()).isEqualTo(List.of("person", "dog's bowl", "hair drier"));
    assertThat(known.instances()).isFalse();
    assertThat(known.task()).isEqualTo("detect");
  }
}
