package dev.tarsier.trainer.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.runtime.testing.Prerequisites;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that other people's exporters wrote, as teachers: what others computed comes out. */
class ForeignNetworkTest {
  private static Path shared(String file) {
    return Prerequisites.shared("onnx").resolve(file);
  }

  private static ForeignNetwork read(
      String name, String normalise, String classes, String decode, String config)
      throws Exception {
    return ForeignNetwork.read(
        shared(name + ".onnx"),
        new ImportOptions(
            name,
            "1",
            null,
            null,
            null,
            null,
            config == null ? "RGB" : null,
            normalise,
            null,
            null,
            null,
            List.of(),
            classes,
            null,
            0.25,
            0.7,
            null,
            null,
            config == null ? null : shared("hf_config/" + config),
            null),
        decode);
  }

  private static ForeignNetwork.Answer answer(ForeignNetwork network, String name, Npz expected)
      throws Exception {
    RgbImage image;
    if (expected.has("resized")) {
      byte[] rgb = expected.bytes("resized");
      int width = name.startsWith("depth") ? 336 : name.startsWith("segformer") ? 256 : 320;
      image = new RgbImage(width, rgb.length / 3 / width, rgb);
    } else {
      String json = Files.readString(shared(name + ".json"));
      String file = json.replaceAll("(?s).*\"input_image\": \"([^\"]+)\".*", "$1");
      image = RgbImage.decode(Files.readAllBytes(shared(file)));
    }
    try (ForeignNetwork.Session session = network.open(4)) {
      return session.run(List.of(image), List.of(name)).get(0);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "segformer_tiny, , , segformer_tiny, ids_model_size, 256, 256",
    "smp_unet_binary_sigmoid, imagenet, 2, , ids, 224, 320",
    "tf_deeplab_uint8_ids, , 9, , ids, 240, 320"
  })
  void theMostProbableClassIsWhatOthersComputed(
      String name, String normalise, String classes, String config, String array, int h, int w)
      throws Exception {
    String decode = name.contains("binary") ? "mask" : "classes";
    ForeignNetwork network = read(name, normalise, classes, decode, config);
    Head head = network.heads().get(0);
    Npz expected = new Npz(shared(name + ".expected.npz"));
    float[] p = answer(network, name, expected).probabilities(head, h, w);
    byte[] wanted = expected.bytes(array);
    int count = ((ClassMap) head.kind()).classes().size();
    assertThat(p).hasSize(count * wanted.length);
    int same = 0;
    for (int i = 0; i < wanted.length; i++) {
      int best = 0;
      double sum = 0;
      for (int c = 0; c < count; c++) {
        sum += p[c * wanted.length + i];
        best = p[c * wanted.length + i] > p[best * wanted.length + i] ? c : best;
      }
      assertThat(sum).isCloseTo(1, within(1e-4));
      same += best == wanted[i] ? 1 : 0;
    }
    assertThat((double) same / wanted.length).isGreaterThanOrEqualTo(0.999);
  }

  @ParameterizedTest
  @CsvSource({
    "depth_anything_small, imagenet, disparity, , 252, 336",
    "depth_anything_small, , , depth_anything_small, 252, 336",
    "glpn_small, , , glpn_small, 224, 320"
  })
  void depthIsWhatOthersComputed(
      String name, String normalise, String decode, String config, int h, int w) throws Exception {
    ForeignNetwork network =
        name.equals("glpn_small") ? glpn() : read(name, normalise, null, decode, config);
    Npz expected = new Npz(shared(name + ".expected.npz"));
    float[] given = answer(network, name, expected).values(network.heads().get(0), h, w);
    float[] wanted = expected.floats("depth");
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    float off = 0;
    for (int i = 0; i < wanted.length; i++) {
      least = Math.min(least, wanted[i]);
      most = Math.max(most, wanted[i]);
      off = Math.max(off, Math.abs(given[i] - wanted[i]));
    }
    assertThat(off / (most - least)).isLessThanOrEqualTo(1e-3f);
  }

  /** Its size must be told. */
  private static ForeignNetwork glpn() throws Exception {
    return ForeignNetwork.read(
        shared("glpn_small.onnx"),
        new ImportOptions(
            "glpn",
            "1",
            null,
            320,
            224,
            null,
            null,
            null,
            null,
            null,
            null,
            List.of(),
            null,
            null,
            0.25,
            0.7,
            null,
            null,
            shared("hf_config/glpn_small"),
            null),
        "metric");
  }
}
