package dev.tarsier.trainer.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SelfTest;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.cli.Tarsier;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/**
 * Files that other people's exporters wrote, with the results that others computed for them in
 * Python. The bundle is fed what they fed.
 */
class ImportOfOthersTest {
  @TempDir Path temp;

  private record Ran(int code, String said) {}

  private static Ran run(String... arguments) {
    StringWriter errors = new StringWriter();
    CommandLine line = RobotCommands.commandLine(new Tarsier());
    line.setErr(new PrintWriter(errors, true));
    return new Ran(line.execute(arguments), errors.toString());
  }

  private static Path shared() {
    return Prerequisites.shared("onnx");
  }

  /** Imports with what must be told, and gives what the bundle makes of the reference's picture. */
  private Plane imported(String name, String told) throws Exception {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("import", shared().resolve(name + ".onnx").toString(), "--out"));
    Path out = temp.resolve(name);
    arguments.addAll(List.of(out.toString(), "--licence", "unknown"));
    arguments.addAll(List.of("--pictures", onePicture().toString()));
    arguments.addAll(
        List.of(told.replace("HF", shared().resolve("hf_config").toString()).split(" ")));
    Ran ran = run(arguments.toArray(String[]::new));
    assertThat(ran.code()).as(ran.said()).isZero();
    Bundle bundle = Bundle.load(out);
    Npz expected = expected(name);
    try (InferenceSession session =
        InferenceSession.open(bundle, SessionOptions.of(ProviderPreference.cpu()))) {
      assertThat(SelfTest.run(session, bundle).failure()).isEmpty();
      session.input().put(picture(name, expected));
      session.run();
      Plane plane = session.plane(bundle.manifest().heads().get(0).id());
      return plane.isIds()
          ? Plane.ofIds(copy(plane), plane.width(), plane.height())
          : Plane.ofValues(floats(plane), plane.width(), plane.height(), 1);
    }
  }

  /** The reference's own picture is what counts; rendering others would take longer. */
  private Path onePicture() throws Exception {
    Path folder = Files.createDirectories(temp.resolve("pictures"));
    Path picture = shared().resolve("images/coffee_320x240.png");
    Files.write(folder.resolve("coffee.png"), Files.readAllBytes(picture));
    return folder;
  }

  private static byte[] copy(Plane plane) {
    byte[] ids = new byte[plane.ids().limit()];
    plane.ids().get(ids);
    return ids;
  }

  private static float[] floats(Plane plane) {
    float[] values = new float[plane.values().limit()];
    plane.values().get(values);
    return values;
  }

  private static Npz expected(String name) {
    return new Npz(shared().resolve(name + ".expected.npz"));
  }

  private static byte[] picture(String name, Npz expected) throws Exception {
    if (expected.has("resized")) {
      return expected.bytes("resized");
    }
    String json = Files.readString(shared().resolve(name + ".json"));
    String image = json.replaceAll("(?s).*\"input_image\": \"([^\"]+)\".*", "$1");
    return RgbImage.decode(Files.readAllBytes(shared().resolve(image))).pixels();
  }

  @ParameterizedTest
  @CsvSource({
    "deeplabv3_mobilenet_v3_large, --order RGB --normalize imagenet --classes 21, ids",
    "lraspp_mobilenet_v3_large, --order RGB --normalize imagenet --classes 21 --input-size 320x240, ids",
    "smp_unet, --order RGB --scale 1/255 --classes 8 --mean 0.485;0.456;0.406 --std 0.229;0.224;0.225, ids",
    "smp_unet_binary_sigmoid, --order RGB --normalize imagenet --classes 2 --output output:mask, ids",
    "smp_unet_external_data, --order RGB --normalize imagenet --classes 4, ids",
    "segformer_tiny, --config HF/segformer_tiny, ids_model_size",
    "tf_deeplab_uint8_ids, --order RGB --classes 9, ids",
    "old_unet_opset9_upsample, --order RGB --normalize imagenet --classes 6, ids"
  })
  void givesTheClassesThatOthersComputed(String name, String told, String array) throws Exception {
    byte[] given = imported(name, told.replace(';', ',')).idArray();
    if (name.equals("segformer_tiny")) {
      assertThat(
              Bundle.load(temp.resolve(name))
                  .manifest()
                  .firstKind(ClassMap.class)
                  .orElseThrow()
                  .classes()
                  .get(18)
                  .name())
          .isEqualTo("bicycle");
    }
    byte[] wanted = expected(name).bytes(array);
    assertThat(given).hasSameSizeAs(wanted);
    int same = 0;
    for (int i = 0; i < wanted.length; i++) {
      same += given[i] == wanted[i] ? 1 : 0;
    }
    assertThat((double) same / wanted.length).isGreaterThanOrEqualTo(0.999);
  }

  @ParameterizedTest
  @CsvSource({
    "depth_anything_small, --config HF/depth_anything_small, inverse_depth",
    "glpn_small, --config HF/glpn_small --input-size 320x224, depth"
  })
  void givesTheDepthThatOthersComputed(String name, String told, String head) throws Exception {
    float[] given = imported(name, told).valueArray();
    Head only = Bundle.load(temp.resolve(name)).manifest().heads().get(0);
    // The outputs of both have one name, and neither file says which is which.
    assertThat(only)
        .isEqualTo(
            new Head(
                head,
                head.equals("depth")
                    ? MetricMap.metres(0, 10)
                    : new RelativeMap(RelativeMap.Larger.NEARER)));
    float[] wanted = expected(name).floats("depth");
    assertThat(given).hasSameSizeAs(wanted);
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

  @ParameterizedTest
  @CsvSource({
    "deeplabv3_mobilenet_v3_large, --order; --normalize; --classes 21",
    "lraspp_mobilenet_v3_large, --input-size",
    "smp_unet_binary_sigmoid, --output output:mask; --output output:metric; --output output:disparity; --licence",
    "glpn_small, --input-size; --order",
    "depth_anything_small, --output predicted_depth:metric; --output predicted_depth:disparity",
    "tf_deeplab_uint8_ids, --order; --classes"
  })
  void asksForWhatIsNotSaidInOneSentence(String name, String options) throws Exception {
    Path out = temp.resolve("bundle");
    Ran ran = run("import", shared().resolve(name + ".onnx").toString(), "--out", out.toString());
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.said().lines()).hasSize(1);
    assertThat(ran.said()).contains(name).contains(options.split("; "));
    assertNothingLeft();
  }

  @ParameterizedTest
  @CsvSource({
    "truncated, damaged or incomplete",
    "empty, is empty",
    "classifier_mobilenet_v3_small, 'output' [1,1000]",
    "custom_domain_op, com.example.vision::FusedSwishGate",
    "weights_missing, weights_missing.onnx.data",
    "opset_99, opset 99"
  })
  void refusesWhatCannotBeABundleInOneSentence(String name, String why) throws Exception {
    Path out = temp.resolve("bundle");
    Ran ran =
        run(
            "import",
            shared().resolve("bad/" + name + ".onnx").toString(),
            "--out",
            out.toString(),
            "--licence",
            "unknown");
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.said().lines()).hasSize(1);
    assertThat(ran.said()).contains(name + ".onnx", why);
    assertNothingLeft();
  }

  private void assertNothingLeft() throws Exception {
    try (Stream<Path> left = Files.list(temp)) {
      assertThat(left).isEmpty();
    }
  }
}
