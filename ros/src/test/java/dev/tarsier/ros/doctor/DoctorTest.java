package dev.tarsier.ros.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DoctorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir Path home;
  private String nobody;

  @BeforeEach
  void closePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = "127.0.0.1:" + socket.getLocalPort();
    }
  }

  @Test
  void aBareMachineWithABundleIsReadyAndSaysWhatIsMissing() throws Exception {
    TestBundles.brightness(home.resolve("models/edge"));
    List<Finding> findings =
        new Doctor(
                List.of(
                    new MachineCheck(), new InferenceCheck(), new RosCheck(), new BrokerCheck()))
            .examine(surroundings(Map.of("ROS_MASTER_URI", "http://" + nobody)));
    assertThat(Doctor.isReady(findings)).isTrue();
    assertThat(named(findings, "bundle").value()).contains("brightness-v1").contains("verified");
    assertThat(named(findings, "provider").value()).startsWith("cpu · ");
    assertThat(named(findings, "golden frames").verdict()).isEqualTo(Verdict.MISSING);
    assertThat(named(findings, "golden frames").remedy()).contains("with golden frames");
    assertThat(named(findings, "CUDA").verdict()).isEqualTo(Verdict.MISSING);
    assertThat(named(findings, "TensorRT").value()).doesNotContain("-Pgpu");
    assertThat(named(findings, "TensorRT").remedy()).contains("-Pgpu");
    assertThat(named(findings, "master"))
        .isEqualTo(
            Finding.missing(
                "ROS 1",
                "master",
                "no answer from http://" + nobody,
                "running the node on a robot; replay and demo need none",
                "start roscore, or set ROS_MASTER_URI to the robot's; the node waits for it"));
    assertThat(named(findings, "rosbag").verdict()).isEqualTo(Verdict.MISSING);
    assertThat(named(findings, "MQTT broker").value())
        .startsWith("no answer from tcp://" + nobody + ": Connection refused");
  }

  @Test
  void aDamagedBundleIsBroken() throws Exception {
    Path bundle = TestBundles.brightness(home.resolve("models/edge"));
    Files.write(bundle.resolve("model.onnx"), new byte[] {1, 2, 3});
    List<Finding> findings =
        new Doctor(List.of(new InferenceCheck())).examine(surroundings(Map.of()));
    assertThat(Doctor.isReady(findings)).isFalse();
    assertThat(named(findings, "bundle").verdict()).isEqualTo(Verdict.BROKEN);
    assertThat(named(findings, "bundle").value()).contains("sha256");
  }

  @Test
  void aNetworkUnlikeItsGoldenFramesIsBroken() throws Exception {
    Path bundle = TestBundles.brightness(home.resolve("models/edge"));
    TestBundles.addGolden(bundle, 0xC80A10);
    assertThat(
            named(
                    new Doctor(List.of(new InferenceCheck())).examine(surroundings(Map.of())),
                    "golden frames")
                .verdict())
        .isEqualTo(Verdict.OK);
    TestBundles.divideDepthBy(bundle, 20);
    List<Finding> findings =
        new Doctor(List.of(new InferenceCheck())).examine(surroundings(Map.of()));
    assertThat(Doctor.isReady(findings)).isFalse();
    assertThat(named(findings, "provider").value())
        .contains("golden/00.png: depth differs by 27.50 % in the mean, at most 1.00 % is allowed");
  }

  @Test
  void aMissingBundleIsBrokenAndSaysWhereItWasLookedFor() {
    List<Finding> findings =
        new Doctor(List.of(new InferenceCheck())).examine(surroundings(Map.of()));
    assertThat(named(findings, "bundle").verdict()).isEqualTo(Verdict.BROKEN);
    assertThat(named(findings, "bundle").value()).contains(home.resolve("models/edge").toString());
  }

  @Test
  void findsMasterProgramsAndLaunchPackage() throws Exception {
    Path bin = Files.createDirectories(home.resolve("bin"));
    Files.createFile(
        bin.resolve("rosbag"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.createFile(bin.resolve("rostopic")); // there, but not executable
    Path launch = Files.createDirectories(home.resolve("launch"));
    Files.createFile(launch.resolve("perception.launch"));
    try (InProcessMaster master = new InProcessMaster(0)) {
      List<Finding> findings =
          new RosCheck()
              .examine(
                  surroundings(
                      Map.of(
                          "ROS_MASTER_URI", master.uri(),
                          "PATH", "/nowhere:" + bin,
                          "ROS_PACKAGE_PATH", "/nowhere:" + home)));
      assertThat(named(findings, "master").value()).isEqualTo(master.uri() + " answers");
      assertThat(named(findings, "rosbag").value()).isEqualTo(bin.resolve("rosbag").toString());
      assertThat(named(findings, "rostopic").verdict()).isEqualTo(Verdict.MISSING);
      assertThat(named(findings, "launch package").value()).isEqualTo(launch.toString());
      Finding missing =
          named(
              new RosCheck()
                  .examine(
                      surroundings(
                          Map.of("ROS_MASTER_URI", master.uri(), "ROS_PACKAGE_PATH", "/nowhere"))),
              "launch package");
      assertThat(missing.verdict()).isEqualTo(Verdict.MISSING);
      // It can be copied whatever is in the folder's name.
      assertThat(missing.remedy()).matches("export ROS_PACKAGE_PATH=\"/.*\"");
    }
  }

  @Test
  void aWebServerIsNoMaster() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] page = "<html>hello</html>".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    server.start();
    try {
      String uri = "http://127.0.0.1:" + server.getAddress().getPort();
      List<Finding> findings = new RosCheck().examine(surroundings(Map.of("ROS_MASTER_URI", uri)));
      assertThat(named(findings, "master").verdict()).isEqualTo(Verdict.MISSING);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void anAddressThatIsNoneIsAFindingAndNoEnd() {
    List<Finding> findings =
        new RosCheck().examine(surroundings(Map.of("ROS_MASTER_URI", "robot:11311")));
    assertThat(named(findings, "master").value())
        .isEqualTo(
            "ROS_MASTER_URI (or __master:=) is not a URI like http://host:port: 'robot:11311'");
  }

  @Test
  void whatIsNoBrokersAddressIsAFindingAndNoEnd() {
    Surroundings wrong = new Surroundings(Map.of(), home, "edge", "mqtt://u:secret@b", PATIENCE);
    assertThat(named(new BrokerCheck().examine(wrong), "MQTT broker").value())
        .contains("broker must be tcp://host:1883")
        .doesNotContain("secret");
  }

  @Test
  void tooLittleMemoryAndAnOldJavaAreBroken() {
    assertThat(MachineCheck.memory(64L << 20).verdict()).isEqualTo(Verdict.BROKEN);
    assertThat(MachineCheck.memory(4L << 30).verdict()).isEqualTo(Verdict.OK);
    assertThat(MachineCheck.java(11).verdict()).isEqualTo(Verdict.BROKEN);
    assertThat(MachineCheck.java(17).verdict()).isEqualTo(Verdict.OK);
    assertThat(MachineCheck.gib(3L << 29)).isEqualTo("1.5 GiB");
  }

  @Test
  void withoutATemporaryFolderNothingPerceivesAndTheWayOutIsNamed() {
    Finding finding = MachineCheck.temporaryFiles(Path.of("/nonexistent"));
    assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
    assertThat(finding.value()).isEqualTo("/nonexistent cannot be written");
    assertThat(finding.remedy()).contains("TMPDIR");
  }

  @Test
  void aCheckThatFailsIsAFindingAndTheOthersGoOn() {
    Check failing =
        new Check() {
          @Override
          public int order() {
            return -1;
          }

          @Override
          public List<Finding> examine(Surroundings surroundings) {
            throw new IllegalStateException("surprise");
          }
        };
    List<Finding> findings =
        new Doctor(List.of(new MachineCheck(), failing)).examine(surroundings(Map.of()));
    assertThat(findings.get(0).verdict()).isEqualTo(Verdict.BROKEN);
    assertThat(findings.get(0).value()).contains("surprise");
    assertThat(named(findings, "Java").verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void whatIsNotThereMustSayWhatItIsForAndHowToGetIt() {
    assertThatThrownBy(() -> Finding.missing("g", "thing", "absent", "use", " "))
        .hasMessageContaining("thing must say");
  }

  private Surroundings surroundings(Map<String, String> environment) {
    return new Surroundings(environment, home, "edge", "tcp://" + nobody, PATIENCE);
  }

  private static Finding named(List<Finding> findings, String name) {
    return findings.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }
}
