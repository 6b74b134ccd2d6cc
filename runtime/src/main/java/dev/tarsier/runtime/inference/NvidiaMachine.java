package dev.tarsier.runtime.inference;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a machine tells of NVIDIA's hardware and libraries: by {@code nvidia-smi}, the kernel
 * driver's files, and the names of the libraries. Nothing of NVIDIA's is loaded. Stateless; any
 * thread.
 */
public final class NvidiaMachine implements GpuFacts.Source {
  private static final int SECONDS = 5;
  private static final int MOST_OUTPUT = 1 << 16;

  private static final Pattern RELEASE =
      Pattern.compile("R([0-9]+)\\s*\\(release\\),\\s*REVISION:\\s*([0-9.]+)");

  private static final Pattern DRIVER = Pattern.compile("\\b([0-9]+\\.[0-9]+(?:\\.[0-9]+)?)\\b");

  private static final List<String> LIBRARY_FOLDERS =
      List.of(
          "usr/lib/x86_64-linux-gnu",
          "usr/lib/aarch64-linux-gnu",
          "usr/lib/aarch64-linux-gnu/nvidia",
          "usr/local/cuda/lib64",
          "usr/local/cuda/targets/x86_64-linux/lib",
          "usr/local/cuda/targets/aarch64-linux/lib",
          "usr/local/lib",
          "usr/lib64",
          "usr/lib");

  private final Path root;
  private final List<Path> folders;
  private final String smi;

  /**
   * @param root of the file system
   * @param environment of which {@code LD_LIBRARY_PATH} is looked at. Not modified.
   * @param smi the program nvidia-smi
   */
  public NvidiaMachine(Path root, Map<String, String> environment, String smi) {
    this.root = root;
    this.smi = smi;
    Set<Path> found = new LinkedHashSet<>();
    for (String folder : environment.getOrDefault("LD_LIBRARY_PATH", "").split(":")) {
      try {
        if (!folder.isEmpty()) {
          found.add(Path.of(folder));
        }
      } catch (InvalidPathException e) {
        // the loader finds nothing there either
      }
    }
    LIBRARY_FOLDERS.forEach(folder -> found.add(root.resolve(folder)));
    folders = List.copyOf(found);
  }

  /** This machine. */
  public static NvidiaMachine here() {
    return new NvidiaMachine(Path.of("/"), System.getenv(), "nvidia-smi");
  }

  /**
   * A library that is installed.
   *
   * @param file of it, links followed
   * @param version from the file's name, such as {@code 10.3.0}; as much of it as there is
   */
  public record Library(Path file, String version) {}

  /**
   * Looks for a library where the loader would.
   *
   * @param name without its ending, such as {@code libnvinfer}
   */
  public Optional<Library> library(String name) {
    Library best = null;
    for (Path folder : folders) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, name + ".so*")) {
        for (Path file : files) {
          Path real = file.toRealPath();
          String full = real.getFileName().toString();
          int at = full.indexOf(".so.");
          String version = at < 0 ? "" : full.substring(at + ".so.".length());
          if (best == null || version.length() > best.version().length()) {
            best = new Library(real, version);
          }
        }
      } catch (IOException | DirectoryIteratorException e) {
        continue; // no such folder, or a dangling link
      }
      if (best != null) {
        return Optional.of(best); // the loader takes the first
      }
    }
    return Optional.empty();
  }

  /** The release of Jetson Linux (L4T), such as {@code 36.4.3}; empty on other machines. */
  public Optional<String> jetsonLinux() {
    return text("etc/nv_tegra_release")
        .map(RELEASE::matcher)
        .filter(Matcher::find)
        .map(found -> found.group(1) + "." + found.group(2));
  }

  /** The board's name as the device tree has it; empty on machines without one. */
  public Optional<String> board() {
    return text("proc/device-tree/model").map(each -> each.replace("\0", "").strip());
  }

  /** Whether there is a GPU that a driver runs. */
  public boolean hasGpu() {
    return jetsonLinux().isPresent()
        || Files.exists(root.resolve("dev/nvidia0"))
        || Files.exists(root.resolve("proc/driver/nvidia/version"));
  }

  @Override
  public GpuFacts facts() {
    String[] told =
        run(List.of(
                smi,
                "--query-gpu=name,compute_cap,driver_version",
                "--format=csv,noheader",
                "--id=0"))
            .flatMap(text -> text.lines().findFirst())
            .map(line -> line.split("\\s*,\\s*"))
            .filter(fields -> fields.length == 3)
            .orElse(new String[] {"", "", ""});
    return new GpuFacts(
        known(told[0], board().filter(each -> jetsonLinux().isPresent()).or(this::model)),
        known(told[1], jetsonCapability()),
        known(told[2], jetsonLinux().map(each -> "L4T " + each).or(this::driver)),
        library("libcudart").map(Library::version).orElse(GpuFacts.UNKNOWN),
        library("libnvinfer").map(Library::version).orElse(GpuFacts.UNKNOWN));
  }

  /** On a Jetson nvidia-smi says [N/A], or is not there. */
  private static String known(String told, Optional<String> otherwise) {
    return told.isBlank() || told.startsWith("[")
        ? otherwise.filter(each -> !each.isBlank()).orElse(GpuFacts.UNKNOWN)
        : told.strip();
  }

  /** Of the chips that JetPack 6 and 7 run on. */
  private Optional<String> jetsonCapability() {
    String chips = text("proc/device-tree/compatible").orElse("");
    if (chips.contains("tegra234")) {
      return Optional.of("8.7");
    }
    return chips.contains("tegra264") ? Optional.of("11.0") : Optional.empty();
  }

  private Optional<String> model() {
    List<Path> cards = new ArrayList<>();
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(root.resolve("proc/driver/nvidia/gpus"))) {
      all.forEach(cards::add);
    } catch (IOException | DirectoryIteratorException e) {
      return Optional.empty();
    }
    return cards.stream()
        .sorted()
        .findFirst()
        .flatMap(card -> read(card.resolve("information")))
        .flatMap(text -> text.lines().filter(line -> line.startsWith("Model:")).findFirst())
        .map(line -> line.substring("Model:".length()).strip());
  }

  private Optional<String> driver() {
    return text("proc/driver/nvidia/version")
        .map(DRIVER::matcher)
        .filter(Matcher::find)
        .map(found -> found.group(1));
  }

  private Optional<String> text(String file) {
    return read(root.resolve(file));
  }

  private static Optional<String> read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return Optional.of(new String(in.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** A driver that hangs must not hold up a robot's start for ever. */
  private static Optional<String> run(List<String> command) {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
    } catch (IOException e) {
      return Optional.empty(); // there is none
    }
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        return Optional.empty();
      }
      return Optional.of(
          new String(process.getInputStream().readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      process.destroyForcibly();
    }
  }
}
