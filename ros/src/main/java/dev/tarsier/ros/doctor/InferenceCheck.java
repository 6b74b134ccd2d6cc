package dev.tarsier.ros.doctor;

import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProvenSession;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.inference.ProviderFallback;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SelfTest;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.tensor.OpenCv;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The native libraries, the shipped bundle, and what can run it. */
final class InferenceCheck implements Check {
  private static final String GROUP = "Perception";
  private static final int RUNS = 15;

  @Override
  public int order() {
    return 10;
  }

  @Override
  public List<Finding> examine(Surroundings surroundings) {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        library(
            "OpenCV",
            "reading and scaling images",
            () -> {
              OpenCv.load();
              return OpenCv.version();
            }));
    Finding engine =
        library("ONNX Runtime", "running the network", () -> InferenceEngine.usual().version());
    findings.add(engine);
    Optional<Bundle> bundle = bundle(surroundings, findings);
    if (engine.verdict() == Verdict.OK && bundle.isPresent()) {
      providers(bundle.get(), findings);
    }
    return findings;
  }

  /** Loads a native library and says its version. */
  private interface Library {
    String version();
  }

  private static Finding library(String name, String purpose, Library library) {
    try {
      return Finding.ok(GROUP, name, library.version());
    } catch (RuntimeException | LinkageError e) {
      return Finding.broken(
          GROUP,
          name,
          "does not load: " + firstLine(innermost(e)).replace(name + " does not load: ", ""),
          purpose,
          "do what it says, or install the package that has the library which it names (Debian: apt-file search NAME);"
              + " Tarsier brings libraries for Linux on x86-64 and arm64 with glibc 2.27 or newer (its"
              + " packages with 2.34), and a checkout unpacks them in ~/.cache/tarsier/natives or"
              + " the temporary folder, which must allow execution");
    }
  }

  /** What loads a library wraps the system's own message, which names the missing file. */
  private static Throwable innermost(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static Optional<Bundle> bundle(Surroundings surroundings, List<Finding> findings) {
    String purpose = "perceiving; demo, replay and node use it where no other is named";
    try {
      Path folder =
          ModelFolder.find(surroundings.model(), List.of(Path.of(""), surroundings.home()));
      Bundle bundle = Bundle.load(folder);
      findings.add(
          Finding.ok(
              GROUP,
              "bundle",
              "%s %s · sha256 %s… verified"
                  .formatted(
                      bundle.manifest().name(),
                      bundle.manifest().version(),
                      bundle.modelSha256().substring(0, 12))));
      return Optional.of(bundle);
    } catch (IllegalArgumentException | BundleException e) {
      findings.add(
          Finding.broken(
              GROUP,
              "bundle",
              firstLine(e),
              purpose,
              "restore models/ from the distribution, name another bundle with --model, or train one:"
                  + " tarsier train recipe.yaml"));
      return Optional.empty();
    }
  }

  private static void providers(Bundle bundle, List<Finding> findings) {
    Map<Provider, ProviderFallback> refused = new EnumMap<>(Provider.class);
    Optional<Provider> used = Optional.empty();
    try {
      // A doctor who builds an engine for minutes is none; it says that there is none yet.
      ProvenSession proven =
          ProvenSession.open(
              bundle,
              SessionOptions.of(ProviderPreference.auto()),
              InferenceEngine.usual(),
              ProvenSession.Building.LATER,
              ProvenSession.BuildListener.NONE);
      try (InferenceSession session = proven.session()) {
        session.fallbacks().forEach(each -> refused.putIfAbsent(each.provider(), each));
        used = Optional.of(session.provider());
        findings.add(
            Finding.ok(
                GROUP,
                "provider",
                String.format(
                    Locale.ROOT,
                    "%s · %.1f ms a frame (median of %d, %dx%d)",
                    session.step(),
                    medianMillis(session),
                    RUNS,
                    bundle.manifest().input().width(),
                    bundle.manifest().input().height())));
        findings.add(goldenFrames(proven.test()));
      }
    } catch (BundleException | InferenceException e) {
      findings.add(
          Finding.broken(
              GROUP,
              "provider",
              firstLine(e),
              "running the network",
              "verify the bundle, or export it again"));
    }
    for (ProviderFallback fallback : refused.values()) {
      findings.add(
          Finding.missing(
              GROUP,
              fallback.provider() == Provider.CUDA ? "CUDA" : "TensorRT",
              withoutAdvice(fallback.reason())
                  .replace("its engine is being built", "its engine is not built yet"),
              "running the network on an NVIDIA GPU"
                  + used.map(provider -> "; " + provider.id() + " does the work here").orElse(""),
              fallback.reason().equals("its engine is being built")
                  ? "./tarsier engine build; the node builds it by itself while another provider"
                      + " computes"
                  : "on a Jetson see docs/jetson.md; on a PC build Tarsier from its sources with 'mvn"
                      + " -Pgpu package' and install CUDA 12, cuDNN 9 and TensorRT 10"));
    }
  }

  private static Finding goldenFrames(SelfTest test) {
    String name = "golden frames";
    String purpose = "knowing that the network computes what its bundle says";
    if (test.failure().isPresent()) {
      return Finding.broken(
          GROUP,
          name,
          test.failure().get(),
          purpose,
          "export the bundle again, or choose another provider");
    }
    if (!test.golden()) {
      return Finding.missing(
          GROUP, name, test.summary(), purpose, "export the bundle with golden frames");
    }
    return Finding.ok(GROUP, name, test.summary());
  }

  /** The way out has a line of its own here. */
  private static String withoutAdvice(String reason) {
    return reason.replaceAll("\\s*\\(docs/jetson.*\\)$", "");
  }

  private static double medianMillis(InferenceSession session) throws InferenceException {
    double[] millis = new double[RUNS];
    session.run(); // the first run allocates
    for (int i = 0; i < RUNS; i++) {
      long began = System.nanoTime();
      session.run();
      millis[i] = (System.nanoTime() - began) / 1e6;
    }
    Arrays.sort(millis);
    return millis[RUNS / 2];
  }

  private static String firstLine(Throwable e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return message.lines().findFirst().orElse(e.toString());
  }
}
