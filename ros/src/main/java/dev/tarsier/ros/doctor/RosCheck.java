package dev.tarsier.ros.doctor;

import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.ros1.graph.MasterClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The master and ROS's own tools. None is needed for replay and demo. */
final class RosCheck implements Check {
  private static final String GROUP = "ROS 1";
  private static final String DEFAULT_MASTER = "http://localhost:11311";

  @Override
  public int order() {
    return 20;
  }

  @Override
  public List<Finding> examine(Surroundings surroundings) {
    List<Finding> findings = new ArrayList<>();
    findings.add(master(surroundings));
    findings.add(
        program(
            surroundings,
            "roslaunch",
            "starting the node with roslaunch tarsier perception.launch",
            "Debian: apt install python3-roslaunch; or start it with 'tarsier node'"));
    findings.add(
        program(
            surroundings,
            "rosbag",
            "recording and playing bags; Tarsier reads and writes them itself",
            "Debian: apt install python3-rosbag"));
    findings.add(
        program(
            surroundings,
            "rostopic",
            "looking at topics by hand",
            "Debian: apt install python3-rostopic"));
    findings.add(launchPackage(surroundings));
    return findings;
  }

  private static Finding master(Surroundings surroundings) {
    String uri = surroundings.variable("ROS_MASTER_URI").orElse(DEFAULT_MASTER);
    String named = surroundings.variable("ROS_MASTER_URI").isPresent() ? "" : " (the default)";
    String purpose = "running the node on a robot; replay and demo need none";
    try {
      new MasterClient(uri, "/tarsier_doctor", surroundings.patience()).pid();
      return Finding.ok(GROUP, "master", "%s%s answers".formatted(uri, named));
    } catch (IOException e) {
      return Finding.missing(
          GROUP,
          "master",
          "no answer from %s%s".formatted(uri, named),
          purpose,
          "start roscore, or set ROS_MASTER_URI to the robot's; the node waits for it");
    } catch (RosException e) {
      return Finding.missing(
          GROUP, "master", e.getMessage(), purpose, "set ROS_MASTER_URI to http://host:11311");
    }
  }

  private static Finding program(
      Surroundings surroundings, String name, String purpose, String remedy) {
    Optional<Path> found = surroundings.program(name);
    return found.isPresent()
        ? Finding.ok(GROUP, name, found.get().toString())
        : Finding.missing(GROUP, name, "not on the PATH", purpose, remedy);
  }

  private static Finding launchPackage(Surroundings surroundings) {
    Path inTree = surroundings.home().resolve("launch");
    // The Debian package puts it where Debian's ROS looks.
    Path ours = Files.isDirectory(inTree.resolve("tarsier")) ? inTree : Path.of("/usr/share");
    // Debian's ROS looks there where nobody says anything else.
    String path = surroundings.variable("ROS_PACKAGE_PATH").orElse("/usr/share");
    for (String folder : path.split(":")) {
      if (folder.isEmpty()) {
        continue;
      }
      for (Path candidate :
          List.of(
              Path.of(folder),
              Path.of(folder, "launch"),
              Path.of(folder, "tarsier"),
              Path.of(folder, "tarsier", "launch"))) {
        if (Files.isRegularFile(candidate.resolve("perception.launch"))) {
          return Finding.ok(GROUP, "launch package", candidate.toString());
        }
      }
    }
    return Finding.missing(
        GROUP,
        "launch package",
        "tarsier is not on the ROS_PACKAGE_PATH",
        "roslaunch tarsier perception.launch image:=TOPIC",
        "export ROS_PACKAGE_PATH=\"%s${ROS_PACKAGE_PATH:+:$ROS_PACKAGE_PATH}\"".formatted(ours));
  }
}
