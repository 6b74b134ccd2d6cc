package dev.tarsier.ros.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Java, processor, memory, disk. */
final class MachineCheck implements Check {
  private static final String GROUP = "Machine";
  private static final long GIB = 1L << 30;
  private static final int JAVA = 17;

  /** The heap that replay and the demo need with some room. */
  private static final long HEAP = GIB / 2;

  /** Natives, engines and reports. */
  private static final long DISK = 2 * GIB;

  @Override
  public int order() {
    return 0;
  }

  @Override
  public List<Finding> examine(Surroundings surroundings) {
    List<Finding> findings = new ArrayList<>();
    findings.add(java(Runtime.version().feature()));
    findings.add(processor());
    findings.add(memory(Runtime.getRuntime().maxMemory()));
    findings.add(disk("disk", surroundings.home()));
    findings.add(temporaryFiles(Path.of(System.getProperty("java.io.tmpdir"))));
    return findings;
  }

  static Finding java(int feature) {
    String value =
        "%s %s".formatted(System.getProperty("java.version"), System.getProperty("java.vendor"));
    return feature >= JAVA
        ? Finding.ok(GROUP, "Java", value)
        : Finding.broken(
            GROUP, "Java", value, "everything", "install a JDK 17 or newer, or set JAVA_HOME");
  }

  private static Finding processor() {
    int cores = Runtime.getRuntime().availableProcessors();
    String model = cpuModel().map(name -> " · " + name).orElse("");
    return Finding.ok(
        GROUP,
        "processor",
        "%d %s · %s%s"
            .formatted(cores, cores == 1 ? "core" : "cores", System.getProperty("os.arch"), model));
  }

  /** As Linux tells; the line has another name on ARM. */
  static Optional<String> cpuModel() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name") || line.startsWith("Model"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Finding memory(long heap) {
    String value = gib(heap) + " for Java" + total().map(all -> " of " + all).orElse("");
    return heap >= HEAP
        ? Finding.ok(GROUP, "memory", value)
        : Finding.broken(
            GROUP,
            "memory",
            value,
            "replay and the demo, which need " + gib(HEAP),
            "give Java more with TARSIER_JAVA_OPTS=-Xmx1g, or use a larger machine");
  }

  private static Optional<String> total() {
    try {
      return Files.readAllLines(Path.of("/proc/meminfo")).stream()
          .filter(line -> line.startsWith("MemTotal:"))
          .map(line -> gib(Long.parseLong(line.replaceAll("\\D", "")) * 1024))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Without them ONNX Runtime does not start. */
  static Finding temporaryFiles(Path folder) {
    return Files.isWritable(folder)
        ? disk("temporary files", folder)
        : Finding.broken(
            GROUP,
            "temporary files",
            folder + " cannot be written",
            "everything that perceives",
            "set TMPDIR to a folder that you can write");
  }

  private static Finding disk(String name, Path folder) {
    // Not by Files.getFileStore, which fails in a chroot: it looks for the mount point.
    long free = folder.toFile().getUsableSpace();
    String value = "%s free in %s".formatted(gib(free), folder);
    if (!Files.isWritable(folder)) {
      return Finding.missing(
          GROUP,
          name,
          folder + " cannot be written",
          "reports, models and unpacked libraries",
          "run as a user who may write there, or name other folders with --out");
    }
    return free >= DISK
        ? Finding.ok(GROUP, name, value)
        : Finding.missing(
            GROUP,
            name,
            value,
            "training runs and recorded outputs; 2 GiB are a comfortable least",
            "free some space");
  }

  static String gib(long bytes) {
    return bytes >= 10 * GIB
        ? "%d GiB".formatted(bytes / GIB)
        : String.format(Locale.ROOT, "%.1f GiB", (double) bytes / GIB);
  }
}
