package dev.tarsier.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** In processes of their own: what other tests load says nothing, and loading happens once. */
@EnabledOnOs(OS.LINUX)
class OpenCvTest {
  @TempDir Path folder;

  /** Uses all that is used of OpenCV and prints the files that are mapped then. */
  static final class Child {
    private Child() {}

    /** Decodes the file that is named, and scales it. */
    public static void main(String[] args) throws Exception {
      RgbImage image = RgbImage.decode(Files.readAllBytes(Path.of(args[0])));
      System.out.println("scaled to " + image.stretch(8, 6).pixels().length);
      try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
        maps.filter(line -> line.contains("/"))
            .map(line -> line.substring(line.lastIndexOf('/') + 1))
            .distinct()
            .forEach(System.out::println);
      }
    }
  }

  /** Loads twice and prints why it cannot. */
  static final class Refused {
    private Refused() {}

    /** Needs no arguments. */
    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        try {
          OpenCv.load();
          System.out.println("loaded");
        } catch (UnsatisfiedLinkError e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  private static List<String> run(Class<?> child, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Stream.of(arguments).filter(each -> each.startsWith("-")).forEach(command::add);
    command.add(child.getName());
    Stream.of(arguments).filter(each -> !each.startsWith("-")).forEach(command::add);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return Arrays.asList(output.split("\n", -1));
  }

  @Test
  void needsNoDesktop() throws Exception {
    Path photo = folder.resolve("photo.png");
    ImageIO.write(new BufferedImage(16, 12, BufferedImage.TYPE_3BYTE_BGR), "png", photo.toFile());
    List<String> lines = run(Child.class, photo.toString());
    assertThat(lines).first().isEqualTo("scaled to 144");
    assertThat(lines)
        .filteredOn(line -> line.startsWith("libopencv_"))
        .extracting(line -> line.substring(0, line.indexOf('.')))
        .containsExactlyInAnyOrder("libopencv_core", "libopencv_imgproc", "libopencv_imgcodecs");
    assertThat(lines).noneMatch(line -> line.matches("lib(gtk|gdk|cairo|X11|glib|GL).*"));
  }

  @Test
  void namesWhatIsMissingAtEveryCall() throws Exception {
    assertThat(run(Refused.class, "-Dos.arch=unheard-of").subList(0, 2))
        .containsOnly("OpenCV does not load: this build has no libraries for linux-unheard-of");

    // As in a package that lacks a file, whose jars have no libraries.
    String incomplete = ": this copy of Tarsier is incomplete; unpack or install its package again";
    assertThat(run(Refused.class, "-Dos.arch=unheard-of", "-Dtarsier.natives=" + folder))
        .filteredOn(line -> !line.isEmpty())
        .containsOnly(
            "OpenCV does not load: " + folder + " has no libjniopencv_core.so" + incomplete);

    Files.writeString(folder.resolve("libjniopencv_core.so"), "no library");
    assertThat(run(Refused.class, "-Dtarsier.natives=" + folder))
        .filteredOn(line -> !line.isEmpty())
        .containsOnly("OpenCV does not load: " + folder + " has no libopenblas.so" + incomplete);

    Files.writeString(folder.resolve("libopenblas.so.0"), "no library");
    // Java warns of such a file first.
    assertThat(run(Refused.class, "-Dtarsier.natives=" + folder))
        .filteredOn(line -> line.startsWith("OpenCV does not load: "))
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .contains(folder + "/libopenblas.so.0", "install Tarsier's package again"));
  }

  /** JavaCPP's own way takes a second, and finds other copies of the libraries. */
  @Test
  void nothingIsLoadedInJavaCppsOwnWay() throws Exception {
    Path photo = folder.resolve("photo.png");
    ImageIO.write(new BufferedImage(16, 12, BufferedImage.TYPE_3BYTE_BGR), "png", photo.toFile());
    Path cache = folder.resolve("cache");
    List<String> lines =
        run(Child.class, photo.toString(), "-Dorg.bytedeco.javacpp.cachedir=" + cache);
    assertThat(lines).first().isEqualTo("scaled to 144");
    assertThat(cache).doesNotExist();
  }
}
