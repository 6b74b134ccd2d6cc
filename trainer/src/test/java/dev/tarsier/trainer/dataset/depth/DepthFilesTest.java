package dev.tarsier.trainer.dataset.depth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DepthFilesTest {
  private static final Path NONE = Path.of("here");

  private static DepthFiles files(String yaml) {
    return new DepthFiles(StrictYaml.parse(yaml, "recipe", DepthRules.class));
  }

  private static DepthFiles usual() {
    return new DepthFiles(DepthRules.USUAL);
  }

  /** What the README of the formats says: the largest error that the format itself makes. */
  @ParameterizedTest
  @CsvSource({
    "png_mm, mm, 0.0005, 0",
    "png_tum_5000, tum, 0.0001, 0",
    "tiff_f32, m, 0, 0",
    "tiff_f32_zlib_predictor, m, 0, 0",
    "tiff_f32_nodata, m, 0, 0",
    "tiff_u16_mm, mm, 0.0005, 0",
    "npy_f32, m, 0, 0",
    "npy_f16, m, 0, 0.00048828125",
    "npy_f32_fortran_inf, m, 0, 0",
    "npy_u16_mm, mm, 0.0005, 0",
    "npz_f32, m, 0, 0"
  })
  void readsWhatOtherLibrariesWrote(String folder, String unit, float metres, float share)
      throws IOException {
    Path formats = Prerequisites.shared("formats");
    DepthFiles reader = files("unit: " + unit);
    List<Path> all;
    try (var listed = Files.list(formats.resolve("depth").resolve(folder))) {
      all = listed.sorted().toList();
    }
    assertThat(all).isNotEmpty();
    for (Path file : all) {
      String name = file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
      DepthMap truth = usual().read(formats.resolve("truth").resolve(name + ".npy"));
      DepthMap depth = reader.read(file);
      depth.requireSize(160, 120);
      for (int i = 0; i < truth.metres().length; i++) {
        float is = depth.metres()[i];
        float should = truth.metres()[i];
        assertThat(Float.isNaN(is)).as("%s: hole at %d", file, i).isEqualTo(Float.isNaN(should));
        if (!Float.isNaN(is) && Math.abs(is - should) > 1e-6f + metres + share * should) {
          assertThat(is).as("%s: pixel %d", file, i).isEqualTo(should);
        }
      }
    }
  }

  @Test
  void unitFollowsFromTheNumbersWhereNothingIsSaid() throws IOException {
    Path formats = Prerequisites.shared("formats");
    float[] mm = usual().read(formats.resolve("depth/png_mm/frame_0001.png")).metres();
    float[] truth = usual().read(formats.resolve("truth/frame_0001.npy")).metres();
    for (int i = 0; i < mm.length; i++) {
      assertThat(Float.isNaN(mm[i]) || Math.abs(mm[i] - truth[i]) < 0.00051).isTrue();
    }
  }

  /**
   * 0.5 m + 0.25 m a column + 0.125 m a row, without 3 rows of 4 pixels; written by OpenEXR 3.1.
   */
  private static void assertRamp(DepthMap depth, float tolerance) {
    depth.requireSize(16, 12);
    for (int y = 0; y < 12; y++) {
      for (int x = 0; x < 16; x++) {
        float value = depth.metres()[16 * y + x];
        if (y >= 3 && y < 6 && x >= 4 && x < 8) {
          assertThat(value).isNaN();
        } else {
          assertThat(value)
              .isBetween(
                  0.5f + 0.25f * x + 0.125f * y - tolerance,
                  0.5f + 0.25f * x + 0.125f * y + tolerance);
        }
      }
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = DepthFilesTest.class.getResourceAsStream("/depth/" + name)) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.exr", "piz_half.exr", "rle_half.exr", "pxr24_half.exr"})
  void readsExrFilesOfUsualCompressions(String name) throws IOException {
    assertRamp(usual().read(NONE, resource(name)), 0);
  }

  @Test
  void asksWhichChannelOfAnExrFileIsDepth() throws IOException {
    byte[] rgb = resource("rgb.exr");
    assertThatThrownBy(() -> usual().read(NONE, rgb))
        .hasMessage("here has the channels B, G, R; name the one of depth as key");
    assertRamp(files("key: R").read(NONE, rgb), 0);
    assertThatThrownBy(() -> files("key: Z").read(NONE, rgb)).hasMessageContaining("B, G, R");
  }

  /** A layer of normals has a Z too. */
  @ParameterizedTest
  @CsvSource({
    "'R G B Z', Z",
    "'ViewLayer.Combined.R ViewLayer.Depth.Z ViewLayer.Normal.X ViewLayer.Normal.Y ViewLayer.Normal.Z', ViewLayer.Depth.Z",
    "'Depth.V Normal.X Normal.Y Normal.Z', Depth.V",
    "'R G B left.Z', left.Z",
    "'R G B N.X N.Y N.Z', ",
    "'left.Z right.Z', ",
    "'a.Depth.Z b.Depth.Z', ",
    "'anything', anything"
  })
  void anExrChannelIsDepthByItsLayerAndName(String names, String depth) {
    List<String> all = List.of(names.split(" "));
    assertThat(ExrDepth.usual(all)).isEqualTo(depth == null ? -1 : all.indexOf(depth));
  }

  @Test
  void damagedExrFilesAreNamed() throws IOException {
    byte[] whole = resource("zip.exr");
    assertThatThrownBy(() -> usual().read(NONE, Arrays.copyOf(whole, whole.length / 2)))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("here is an EXR file that cannot be read");
  }

  private static byte[] npy(String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    return ByteBuffer.allocate(10 + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .putShort((short) text.length)
        .put(text)
        .put(data)
        .array();
  }

  private static byte[] npy(String type, String shape, byte[] data) {
    return npy(
        "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n".formatted(type, shape), data);
  }

  @Test
  void readsNumpyArraysOfOtherNumbers() {
    byte[] doubles =
        ByteBuffer.allocate(32).putDouble(1.5).putDouble(0).putDouble(-9999).putDouble(2).array();
    assertThat(usual().read(NONE, npy(">f8", "(1, 2, 2)", doubles)).metres())
        .containsExactly(1.5f, Float.NaN, Float.NaN, 2f);
    byte[] ints =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(70_000).putInt(-1).array();
    assertThat(usual().read(NONE, npy("<i4", "(1, 2)", ints)).metres())
        .containsExactly(70f, Float.NaN);
    byte[] halves =
        ByteBuffer.allocate(8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putShort((short) 0x3E00)
            .putShort((short) 0x0001)
            .putShort((short) 0x7C00)
            .putShort((short) 0x7BFF)
            .array();
    // the largest half is what a renderer writes where there is nothing
    assertThat(usual().read(NONE, npy("<f2", "(2, 2, 1)", halves)).metres())
        .containsExactly(1.5f, (float) Math.pow(2, -24), Float.NaN, Float.NaN);
  }

  @Test
  void numpyArraysThatAreNoDepthAreNamed() {
    assertThatThrownBy(() -> usual().read(NONE, npy("<f4", "(3, 2, 2)", new byte[48])))
        .hasMessage("here has the shape (3, 2, 2); depth must be [height, width]");
    assertThatThrownBy(() -> usual().read(NONE, npy("|u1", "(2, 2)", new byte[4])))
        .hasMessageContaining("numbers of type '|u1'");
    assertThatThrownBy(() -> usual().read(NONE, npy("<f4", "(2, 2)", new byte[15])))
        .hasMessage("here is cut off: 15 of the 16 bytes of its 2x2 pixels are there");
    assertThatThrownBy(() -> usual().read(NONE, npy("<f4", "(99999, 99999)", new byte[16])))
        .hasMessageContaining("99999x99999 pixels, which no camera has");
    assertThatThrownBy(() -> usual().read(NONE, npy("{'descr': [('a', '<f4')]}", new byte[4])))
        .hasMessageContaining("without a type of one number");
  }

  private static byte[] zip(String... names) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : names) {
        zip.putNextEntry(new ZipEntry(name + ".npy"));
        zip.write(
            npy(
                "<f4",
                "(1, 1)",
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(2).array()));
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void asksWhichArrayOfAnNpzFileIsDepth() throws IOException {
    assertThat(usual().read(NONE, zip("arr_0")).metres()).containsExactly(2f);
    assertThat(usual().read(NONE, zip("image", "depth")).metres()).containsExactly(2f);
    assertThat(files("key: b").read(NONE, zip("a", "b")).metres()).containsExactly(2f);
    assertThatThrownBy(() -> usual().read(NONE, zip("a", "b")))
        .hasMessage("here has no array 'depth'; name one of a, b as key");
    byte[] cut = Arrays.copyOf(zip("a"), 60);
    assertThatThrownBy(() -> usual().read(NONE, cut))
        .hasMessageStartingWith("here is a damaged NPZ");
  }

  private static byte[] png(int... values) {
    short[] shorts = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      shorts[i] = (short) values[i];
    }
    return EncodedImage.png(EncodedImage.gray(values.length, 1, shorts));
  }

  @Test
  void unknownValuesAreThoseThatAreNamed() {
    byte[] file = png(0, 1000, 40_000, 65_535);
    assertThat(usual().read(NONE, file).metres()).containsExactly(Float.NaN, 1f, 40f, Float.NaN);
    assertThat(files("unknown: [1000, 40000]").read(NONE, file).metres())
        .containsExactly(Float.NaN, Float.NaN, Float.NaN, 65.535f);
    assertThat(files("unknown: 1000").read(NONE, file).metres())
        .containsExactly(Float.NaN, Float.NaN, 40f, 65.535f);
  }

  /** SUN RGB-D's toolbox: the low 3 bits of a file's value are the high 3 bits of the depth. */
  @Test
  void unitsThatDataSetsHave() {
    int stored = ((1234 << 3) | (1234 >>> 13)) & 0xffff;
    assertThat(
            files("unit: sun_rgbd")
                .read(NONE, png(stored, ((9000 << 3) & 0xffff) | (9000 >>> 13)))
                .metres())
        .containsExactly(1.234f, 9f);
    assertThat(files("unit: tum").read(NONE, png(5000)).metres()).containsExactly(1f);
    assertThat(files("unit: kitti").read(NONE, png(256)).metres()).containsExactly(1f);
    assertThat(files("unit: 0.0001").read(NONE, png(256)).metres()).containsExactly(0.0256f);
    assertThatThrownBy(() -> files("unit: tun"))
        .hasMessageContaining("unit")
        .hasMessageContaining("did you mean 'tum'?");
    assertThatThrownBy(() -> files("unit: 5000")).hasMessageContaining("1e-9 to 1 metre");
  }

  /** Cityscapes: d = (p - 1)/256 pixels; baseline 0.209313 m and fx 2262.52 of its first camera. */
  @Test
  void disparityNeedsBaselineAndFocalLength() {
    String camera =
        "disparity: {baseline: 0.209313, focal_length: 2262.52, offset: 1, scale: 0.00390625}";
    float[] metres = files(camera).read(NONE, png(0, 1, 257, 6401)).metres();
    assertThat(metres[0]).isNaN();
    assertThat(metres[1]).isNaN();
    assertThat(metres[2]).isEqualTo((float) (0.209313 * 2262.52));
    assertThat(metres[3]).isEqualTo((float) (0.209313 * 2262.52 / 25));
    assertThatThrownBy(() -> files("disparity: {baseline: 0.2}"))
        .hasMessageContaining("focal_length must be above 0")
        .hasMessageContaining("got none");
    assertThatThrownBy(() -> files("{unit: mm, disparity: {baseline: 0.2, focal_length: 500}}"))
        .hasMessageContaining("do not go together");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "depth_8bit/depth/frame_0001.png | has one channel of 8 bits; depth must have one channel of 16",
        "depth_tiff_truncated/depth/frame_0001.tif | is cut off: the TIFF goes on behind its 12343 bytes"
      })
  void badFilesAreNamed(String name, String why) {
    Path file = Prerequisites.shared("formats/bad").resolve(name);
    assertThatThrownBy(() -> usual().read(file))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + " " + why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "depth_other_size/depth/frame_0003.png | is 80x60, its image is 160x120",
        "depth_transposed_npy/depth/frame_0001.npy | is 120x160, its image is 160x120; rows and columns are exchanged"
      })
  void filesOfAnotherSizeAreNamed(String name, String why) {
    Path file = Prerequisites.shared("formats/bad").resolve(name);
    DepthMap depth = usual().read(file);
    assertThatThrownBy(() -> depth.requireSize(160, 120))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + " " + why);
  }

  private static List<DepthMap.Look> looks(String folder) throws IOException {
    List<DepthMap.Look> looks = new ArrayList<>();
    try (var files = Files.list(Prerequisites.shared("formats").resolve(folder))) {
      files.sorted().forEach(file -> looks.add(usual().read(file).look()));
    }
    return looks;
  }

  @Test
  void holesAloneAndOtherScalesAreNamed() throws IOException {
    List<DepthMap.Look> holes = looks("bad/depth_all_holes/depth");
    assertThatThrownBy(() -> DepthLooks.require(holes, DepthRules.USUAL))
        .hasMessageContaining("frame_0001.png: none of the 1 depth files has a known pixel");
    List<DepthMap.Look> mixed = looks("bad/depth_mixed_scales/depth");
    DepthLooks.require(mixed, DepthRules.USUAL);
    assertThat(DepthLooks.remarks(mixed))
        .singleElement()
        .asString()
        .startsWith("1 of 3 depth files look as if they were of another scale")
        .endsWith("depth_mixed_scales/depth/frame_0003.png");
    assertThat(DepthLooks.remarks(looks("depth/png_mm"))).isEmpty();
    List<DepthMap.Look> metres = new ArrayList<>();
    for (DepthMap.Look look : looks("depth/png_mm")) {
      metres.add(
          new DepthMap.Look(
              look.file(),
              look.known(),
              1e3f * look.near(),
              1e3f * look.median(),
              1e3f * look.far()));
    }
    assertThatThrownBy(() -> DepthLooks.require(metres, DepthRules.in(StoredUnit.METRE)))
        .hasMessageContaining("say what a count is with unit")
        .hasMessageContaining("which is m now");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiff_f32_zlib_predictor", "tiff_f32_nodata", "tiff_u16_mm"})
  void damagedTiffFilesAreNamed(String folder) throws IOException {
    Path file = Prerequisites.shared("formats/depth").resolve(folder).resolve("frame_0003.tif");
    byte[] damaged = Files.readAllBytes(file);
    Arrays.fill(damaged, 4000, 4200, (byte) 0xff);
    assertThatThrownBy(() -> usual().read(NONE, damaged))
        .isInstanceOf(DataException.class)
        .hasMessageMatching("here (cannot be decoded \\(a TIFF of|is a damaged TIFF:).*");
  }

  @Test
  void damagedPngFilesAreNamed() {
    byte[] whole = png(1, 2, 3, 4);
    for (int length : new int[] {30, whole.length - 30, whole.length - 13}) {
      assertThatThrownBy(() -> usual().read(NONE, Arrays.copyOf(whole, length)))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(DataException.class)
          .hasMessageStartingWith("here cannot be read: PNG is damaged");
    }
    assertThatThrownBy(() -> usual().read(NONE, new byte[0])).hasMessageContaining("it is empty");
    assertThatThrownBy(() -> usual().read(NONE, "P5 2 2".getBytes(StandardCharsets.US_ASCII)))
        .hasMessageContaining("neither PNG, TIFF, NPY, NPZ nor EXR (bytes 50352032)");
  }

  @Test
  void depthIsResizedByTheNearestPixel() {
    DepthMap depth = usual().read(NONE, png(1000, 0, 3000, 4000));
    assertThat(depth.resized(2, 2).metres()).containsExactly(Float.NaN, 4f, Float.NaN, 4f);
  }
}
