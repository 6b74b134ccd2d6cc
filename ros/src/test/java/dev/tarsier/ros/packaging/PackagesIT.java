package dev.tarsier.ros.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packages of this processor: made, installed with dpkg into a root of its own, run there by a
 * user who may write nothing, and removed. The root is the base of the container's image, so that
 * too has what is needed and nothing that a test's machine happens to have.
 */
@Timeout(value = 8, unit = TimeUnit.MINUTES)
@Tag("untimed")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PackagesIT {
  private static final long LARGEST_PACKAGE = 110_000_000;
  private static final String ARCHITECTURE =
      System.getProperty("os.arch").equals("amd64") ? "amd64" : "arm64";

  /** Nobody's number. */
  private static final String NOBODY = "4242:4242";

  @TempDir static Path folder;
  private static Path packages;
  private static Path root;

  @BeforeAll
  static void make() throws Exception {
    Prerequisites.programs(
        "dpkg", "dpkg-deb", "apt-get", "chroot", "jlink", "readelf", "unshare", "umoci");
    Prerequisites.rootUser(folder);
    packages = Files.createDirectories(folder.resolve("packages"));
    Path jars = Files.createDirectories(packages.resolve("jars"));
    Path module = Prerequisites.root().resolve("ros/target");
    for (String jar : Files.readString(module.resolve("classpath.txt")).strip().split(":")) {
      Files.createSymbolicLink(jars.resolve(Path.of(jar).getFileName()), Path.of(jar));
    }
    run(
        "bash",
        Prerequisites.root().resolve("ros/src/packaging/build.sh").toString(),
        Prerequisites.root().toString(),
        ProductVersion.text(),
        packages.toString(),
        "2026-01-01T00:00:00Z",
        ARCHITECTURE);
    unpackImage();
    Files.createDirectories(root.resolve("var/lib/dpkg/info"));
    Files.createDirectories(root.resolve("var/lib/dpkg/updates"));
    Files.writeString(root.resolve("var/lib/dpkg/status"), "");
  }

  /** By a tool that knows the format and compares every hash. */
  private static void unpackImage() throws Exception {
    Path image = Files.createDirectories(folder.resolve("image"));
    run("tar", "-C", image.toString(), "-xf", file("tarsier-*.oci.tar"));
    Path bundle = folder.resolve("bundle");
    run("umoci", "unpack", "--image", image + ":" + ProductVersion.text(), bundle.toString());
    root = bundle.resolve("rootfs");
  }

  private static String file(String glob) throws IOException {
    try (var files = Files.newDirectoryStream(packages, glob)) {
      return files.iterator().next().toString();
    }
  }

  private static String run(String... command) throws Exception {
    return run(0, command);
  }

  /** With /proc and /dev in the root: the dynamic linker finds Java's libraries by the former. */
  private static String[] withProc(String... command) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount --bind /proc $0/proc && mount --bind /dev $0/dev && exec \"$@\"",
                root.toString()));
    line.addAll(List.of(command));
    return line.toArray(String[]::new);
  }

  private static String run(int expected, String... command) throws Exception {
    Path said = Files.createTempFile(folder, "said", ".txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    int code = process.waitFor();
    String text = Files.readString(said, StandardCharsets.UTF_8);
    assertThat(code).as("%s: %s", Arrays.toString(command), text).isEqualTo(expected);
    return text;
  }

  /** By a user without a name and a home, and with an empty environment. */
  private static String[] asNobody(String... command) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "chroot",
                "--userspec=" + NOBODY,
                root.toString(),
                "/usr/bin/env",
                "-i",
                "PATH=/usr/bin:/bin"));
    line.addAll(List.of(command));
    return withProc(line.toArray(String[]::new));
  }

  @Test
  @Order(1)
  void thePackageIsSmallAndHoldsThisProcessorsLibrariesOnly() throws Exception {
    Path deb = Path.of(file("*.deb"));
    assertThat(Files.size(deb)).isLessThan(LARGEST_PACKAGE);
    Path tree = Files.createDirectories(folder.resolve("tree"));
    run("dpkg-deb", "-x", deb.toString(), tree.toString());
    try (Stream<Path> files = Files.walk(tree)) {
      List<Path> libraries = files.filter(each -> each.toString().contains(".so")).toList();
      assertThat(libraries).hasSizeGreaterThan(30);
      for (Path each : libraries) {
        String needed = run("readelf", "-h", "-d", each.toString());
        assertThat(needed)
            .as(each.toString())
            .contains(ARCHITECTURE.equals("amd64") ? "X86-64" : "AArch64")
            .doesNotContain("libX11", "libgtk", "libfreetype", "libasound");
      }
    }
    try (Stream<Path> jars = Files.list(tree.resolve("usr/lib/tarsier/lib"))) {
      for (Path jar : jars.filter(each -> each.toString().endsWith(".jar")).toList()) {
        assertThat(run("jar", "tf", jar.toString()))
            .as(jar.toString())
            .doesNotContain(
                ".so\n", ".dll\n", ".dylib\n", "ai/djl/", "org/knowm/", "dev/tarsier/trainer/");
      }
    }
  }

  /** Documents come along; what they name in the sources does not. */
  @Test
  @Order(2)
  void linksOfDocumentsLeadSomewhere() throws Exception {
    Path product = root.resolve("opt/tarsier");
    List<Path> pages;
    try (Stream<Path> files = Files.walk(product)) {
      pages = files.filter(each -> each.toString().endsWith(".md")).toList();
    }
    assertThat(pages).hasSizeGreaterThan(50);
    for (Path page : pages) {
      Matcher links =
          Pattern.compile("\\]\\(([^)\\s#:]+)(#[^)\\s]*)?\\)").matcher(Files.readString(page));
      while (links.find()) {
        assertThat(page.resolveSibling(links.group(1))).as(page.toString()).exists();
      }
    }
  }

  @Test
  @Order(2)
  void theImagesUserCanUseIt() throws Exception {
    Files.copy(Prerequisites.shared("data/bags/kitchen_raw.bag"), root.resolve("drive.bag"));
    assertThat(run(asNobody("/opt/tarsier/tarsier", "bag", "info", "/drive.bag")))
        .contains("/camera/rgb/image_color");
    String doctor = "/opt/tarsier/tarsier doctor 2>&1; echo exit $?";
    Path jar;
    try (Stream<Path> jars = Files.list(root.resolve("opt/tarsier/lib"))) {
      jar =
          jars.filter(each -> each.getFileName().toString().startsWith("snakeyaml"))
              .findFirst()
              .orElseThrow();
    }
    Path modules = root.resolve("opt/tarsier/jre/lib/modules");
    Path aside = Files.move(modules, modules.resolveSibling("aside"));
    Files.write(modules, new byte[100]);
    assertThat(run(asNobody("/bin/bash", "-c", doctor)))
        .contains("/lib/modules is not as long as it was: unpack or install", "exit 2");
    Files.move(aside, modules, StandardCopyOption.REPLACE_EXISTING);
    Files.write(jar, new byte[100]);
    assertThat(run(asNobody("/bin/bash", "-c", doctor)))
        .contains(jar.getFileName() + " is not as long as it was: unpack or install", "exit 2");
    Files.delete(jar);
    assertThat(run(asNobody("/bin/bash", "-c", doctor)))
        .contains(jar.getFileName() + " is missing or cannot be read: unpack or install", "exit 2");
    // From here on it is the root that the package is installed in.
    run("rm", "-r", root.resolve("opt/tarsier").toString());
  }

  @Test
  @Order(3)
  void installsAndSaysWhatTheMachineCanRun() throws Exception {
    String said = run(withProc("dpkg", "--root=" + root, "--force-depends", "-i", file("*.deb")));
    assertThat(said)
        .contains("what this machine can run", "golden frames on cpu")
        .doesNotContain("tarsier:  ");
    assertThat(root.resolve("var/cache/tarsier/classes.jsa")).isNotEmptyFile();
    assertThat(root.resolve("etc/tarsier/perception.yaml")).exists();
    // Not enabled.
    assertThat(root.resolve("etc/systemd/system")).doesNotExist();
  }

  @Test
  @Order(4)
  void roslaunchFindsThePackage() throws Exception {
    Prerequisites.programs("roslaunch");
    String nodes =
        run(
            RosTools.roslaunch(
                root.resolve("usr/share"), List.of("--nodes", "tarsier", "perception.launch")));
    assertThat(nodes).contains("/tarsier_perception");
    assertThat(Files.isExecutable(root.resolve("usr/share/tarsier/perception_node"))).isTrue();
  }

  @Test
  @Order(5)
  void perceivesABagForAUserWhoMayWriteNothing() throws Exception {
    Path out = Files.createDirectory(root.resolve("report"));
    Files.setPosixFilePermissions(out, Set.of(PosixFilePermission.values()));
    String said =
        run(
            asNobody(
                "/usr/bin/tarsier",
                "replay",
                "/drive.bag",
                "--out",
                "/report/kitchen",
                "--threads",
                "1"));
    assertThat(said).doesNotContain("Exception");
    assertThat(Files.readString(root.resolve("report/kitchen/report.json")))
        .contains("\"depth.rmse\"");
    assertNothingWritten();
  }

  @Test
  @Order(6)
  void theNodeRunsForAUserWhoMayWriteNothing() throws Exception {
    try (InProcessMaster master = new InProcessMaster(0);
        RosNode camera = RosNode.start(RosArguments.of("camera", master.uri(), "127.0.0.1"))) {
      CountDownLatch seen = new CountDownLatch(1);
      camera.subscribe(
          "/tarsier_perception/depth", Image.TYPE, (body, arrivalNanos) -> seen.countDown());
      Publisher<Image> images =
          camera.advertise("/camera/image", Image.TYPE, PublisherOptions.NEWEST);
      Process node =
          new ProcessBuilder(
                  asNobody(
                      "ROS_MASTER_URI=" + master.uri(),
                      "ROS_IP=127.0.0.1",
                      // as the service does
                      "/usr/lib/tarsier/launch/perception_node",
                      "--params-file",
                      "/etc/tarsier/perception.yaml",
                      "image:=/camera/image",
                      "_threads:=1"))
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("node.txt").toFile())
              .start();
      ByteBuffer pixels = ByteBuffer.allocateDirect(3 * 320 * 240);
      for (int i = 0; i < 600 && !seen.await(100, TimeUnit.MILLISECONDS); i++) {
        pixels.put(0, (byte) i);
        images.publish(
            new Image(
                new Header(i, RosTime.now(), "camera"), 240, 320, "bgr8", false, 960, pixels));
      }
      node.destroy();
      assertThat(node.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(seen.getCount()).as(Files.readString(folder.resolve("node.txt"))).isZero();
      assertNothingWritten();
    }
  }

  @Test
  @Order(7)
  void theServiceStartsWhatIsThere() throws Exception {
    String unit = Files.readString(root.resolve("usr/lib/systemd/system/tarsier.service"));
    assertThat(unit)
        .contains(
            "\nExecStart=/usr/lib/tarsier/launch/perception_node --params-file"
                + " /etc/tarsier/perception.yaml $TARSIER_ARGUMENTS\n");
  }

  @Test
  @Order(8)
  void isRemovedWithoutATraceButItsSettings() throws Exception {
    run("dpkg", "--root=" + root, "-r", "tarsier");
    assertThat(tarsiers())
        .containsExactlyInAnyOrder(
            "etc/default/tarsier", "etc/tarsier", "etc/tarsier/perception.yaml");
    run("dpkg", "--root=" + root, "-P", "tarsier");
    assertThat(tarsiers()).isEmpty();
  }

  private static List<String> tarsiers() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .map(each -> root.relativize(each).toString())
          .filter(each -> each.contains("tarsier") && !each.startsWith("var/lib/dpkg"))
          .toList();
    }
  }

  private static void assertNothingWritten() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      assertThat(files.filter(each -> isNobodys(each) && !each.startsWith(root.resolve("report"))))
          .isEmpty();
    }
  }

  private static boolean isNobodys(Path file) {
    try {
      return Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(4242);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
