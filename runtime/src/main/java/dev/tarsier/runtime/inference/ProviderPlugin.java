package dev.tarsier.runtime.inference;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtEpDevice;
import ai.onnxruntime.OrtException;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.natives.SharedLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An execution provider in a library of its own, registered with ONNX Runtime once in a process.
 *
 * @param library the file
 * @param devices that it computes on, as ONNX Runtime has them
 */
record ProviderPlugin(Path library, List<OrtEpDevice> devices) {
  private static final Logger LOG = LoggerFactory.getLogger(ProviderPlugin.class);

  private static final int X86_64 = 62;
  private static final int AARCH64 = 183;

  /** By file; guarded by the class. */
  private static final Map<Path, ProviderPlugin> REGISTERED = new HashMap<>();

  /**
   * Registers a library, unless that was done before.
   *
   * @throws InferenceException when it cannot be used; says why and the way out, in one line
   */
  static synchronized ProviderPlugin registered(Path library) throws InferenceException {
    ProviderPlugin known = REGISTERED.get(library);
    if (known != null) {
      return known;
    }
    requireLibrary(library);
    OrtEnvironment environment = EngineStart.environment();
    // Its name in ONNX Runtime; each may be registered once.
    String name = "tarsier-" + library;
    try {
      Set<String> before = names(environment);
      environment.registerExecutionProviderLibrary(name, library.toString());
      List<OrtEpDevice> devices =
          environment.getEpDevices().stream()
              .filter(device -> !before.contains(device.getEpName()))
              .toList();
      if (devices.isEmpty()) {
        environment.unregisterExecutionProviderLibrary(name);
        throw new InferenceException(
            "%s finds no device here that it can compute on; see its own documentation for the driver and the libraries that it needs"
                .formatted(library),
            null);
      }
      ProviderPlugin plugin = new ProviderPlugin(library, oneProvider(devices));
      LOG.info("plug-in {}: {}", library, plugin.words());
      REGISTERED.put(library, plugin);
      return plugin;
    } catch (OrtException e) {
      throw new InferenceException(
          "%s cannot be registered: %s; %s"
              .formatted(library, OnnxRuntime.oneLine(e), wayOut(e, environment)),
          e);
    }
  }

  private static Set<String> names(OrtEnvironment environment) throws OrtException {
    Set<String> names = new HashSet<>();
    for (OrtEpDevice device : environment.getEpDevices()) {
      names.add(device.getEpName());
    }
    return names;
  }

  /** A session takes devices of one provider only: of the first, and there its first device. */
  private static List<OrtEpDevice> oneProvider(List<OrtEpDevice> devices) {
    return List.of(devices.get(0));
  }

  private static String wayOut(OrtException e, OrtEnvironment environment) {
    String said = String.valueOf(e.getMessage());
    if (said.contains("CreateEpFactories") || said.contains("ReleaseEpFactory")) {
      return "it is no execution provider plug-in, which exports CreateEpFactories; name the plug-in's own file";
    }
    if (said.contains("cannot open shared object file")) {
      return "install the library that is named, or put its folder into LD_LIBRARY_PATH";
    }
    return "take a build of the plug-in for ONNX Runtime %s, which runs here"
        .formatted(environment.getVersion());
  }

  /** What the loader would say in many words, or with the name of another file. */
  private static void requireLibrary(Path library) throws InferenceException {
    if (!Files.exists(library)) {
      throw new InferenceException(
          library + ": there is no such file; provider is plugin: and a library's absolute path",
          null);
    }
    if (Files.isDirectory(library)) {
      throw new InferenceException(
          library + " is a folder; name the plug-in's lib….so in it", null);
    }
    if (!Files.isRegularFile(library)) {
      throw new InferenceException(library + " is a pipe or a device, and no library", null);
    }
    SharedLibrary head;
    try {
      head = SharedLibrary.read(library).orElse(null);
    } catch (IOException e) {
      throw new InferenceException(
          "%s; give this user the right to read it"
              .formatted(WholeFile.sentence(WholeFile.failure(library, e))),
          e);
    }
    if (head == null) {
      throw new InferenceException(
          library + " is no shared library of a 64-bit Linux; name the plug-in's lib….so", null);
    }
    int here = System.getProperty("os.arch").equals("aarch64") ? AARCH64 : X86_64;
    if (head.machine() != here) {
      throw new InferenceException(
          "%s is built for %s, and this is %s; take the build for this one"
              .formatted(library, processor(head.machine()), processor(here)),
          null);
    }
    if (head.isCutOff()) {
      throw new InferenceException(
          "%s is cut off: it has %d bytes where its header says %d; copy it again"
              .formatted(library, head.size(), head.end()),
          null);
    }
  }

  private static String processor(int machine) {
    return switch (machine) {
      case X86_64 -> "x86-64";
      case AARCH64 -> "arm64";
      default -> "another processor (ELF machine " + machine + ")";
    };
  }

  /** The settings for one session, with the engine's folder in its place. */
  Map<String, String> options(SessionOptions session, Path built) {
    Map<String, String> options = new LinkedHashMap<>();
    session
        .pluginOptions()
        .forEach(
            (key, value) ->
                options.put(
                    key,
                    built == null
                        ? value
                        : value.replace(SessionOptions.ENGINES, built.toString())));
    return options;
  }

  private String words() {
    return devices.stream()
        .map(
            each ->
                each.getEpName()
                    + " of "
                    + each.getEpVendor()
                    + " on "
                    + each.getDevice().getType())
        .collect(Collectors.joining(", "));
  }
}
