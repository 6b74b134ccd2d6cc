package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.inference.ProvenSession.BuildListener;
import dev.tarsier.runtime.inference.ProvenSession.Building;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place that goes from step to step: TensorRT in half and in single precision, CUDA, the
 * processor. Used once, by one thread.
 */
final class ProviderLadder {
  private static final Logger LOG = LoggerFactory.getLogger(ProviderLadder.class);

  private final Bundle bundle;
  private final SessionOptions options;
  private final List<ProviderStep> steps;
  private final InferenceEngine engine;
  private final GpuFacts.Source gpu;
  private final ThreadChoice threads;
  private final Building building;
  private final BuildListener listener;
  private final List<ProviderFallback> fallbacks = new ArrayList<>();
  private final List<ProviderStep> unbuilt = new ArrayList<>();

  /** Whether a step counts only once it gave the golden frames. */
  private boolean tested;

  private InferenceEngine.Model model;

  /** Asked once, since it starts a program. */
  private GpuFacts facts;

  ProviderLadder(
      Bundle bundle,
      SessionOptions options,
      List<ProviderStep> steps,
      InferenceEngine engine,
      GpuFacts.Source gpu,
      ThreadChoice threads,
      Building building,
      BuildListener listener) {
    this.bundle = bundle;
    this.options = options;
    this.steps = List.copyOf(steps);
    this.engine = engine;
    this.gpu = gpu;
    this.threads = threads;
    this.building = building;
    this.listener = listener;
  }

  /** A step did not work; the next may. */
  private static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    /** Whether the network ran, and gave what it must not. */
    private final boolean wrong;

    private Refusal(String reason, boolean wrong, Throwable cause) {
      super(reason, cause);
      this.wrong = wrong;
    }

    private static Refusal because(InferenceException e) {
      return new Refusal(e.getMessage(), false, e);
    }
  }

  /** A session and its test; the test is null where none was asked for. */
  private record Opened(InferenceSession session, SelfTest test) {}

  /** The first step that gives the golden frames. */
  ProvenSession proven() throws BundleException, InferenceException {
    tested = true;
    Opened opened = first();
    return new ProvenSession(opened.session(), opened.test(), unbuilt);
  }

  /** The first step that loads. */
  InferenceSession untested() throws BundleException, InferenceException {
    return first().session();
  }

  private Opened first() throws BundleException, InferenceException {
    model = new InferenceEngine.Model(bundle.readModel(), bundle.modelSha256());
    Refusal last = null;
    for (int i = 0; i < steps.size(); i++) {
      ProviderStep step = steps.get(i);
      boolean serves =
          steps.subList(i + 1, steps.size()).stream().anyMatch(s -> !options.builds(s));
      try {
        Opened opened = attempt(step, serves);
        opened.session().triedBefore(fallbacks);
        said(opened);
        return opened;
      } catch (Refusal e) {
        last = e;
        ProviderFallback fallback = new ProviderFallback(step, e.getMessage());
        fallbacks.add(fallback);
        listener.refused(fallback);
        // What computes wrongly is worth a warning whoever asked for it.
        if (options.providers().wanted() || e.wrong) {
          LOG.warn("provider {}", fallback);
        } else {
          LOG.info("provider {}", fallback);
        }
      }
    }
    throw none(last);
  }

  private void said(Opened opened) {
    String name = bundle.manifest().name();
    LOG.info("model {} runs on {}", name, opened.session().step());
    if (opened.test() == null) {
      return;
    }
    if (opened.test().golden()) {
      LOG.info("{}: {}", name, opened.test().summary());
    } else {
      LOG.warn("{}: {}", name, opened.test().summary());
    }
  }

  private InferenceException none(Refusal last) throws BundleException {
    String reasons =
        fallbacks.stream().map(ProviderFallback::toString).collect(Collectors.joining("; "));
    if (last.wrong && fallbacks.size() == 1) {
      throw new BundleException(
          "%s is refused on %s: %s; the network or its golden frames are others than the bundle was made with, or the provider computes wrongly: export the bundle again, or choose another provider"
              .formatted(bundle.folder(), fallbacks.get(0).step(), last.getMessage()));
    }
    if (last.wrong) {
      throw new BundleException(
          "%s is refused on every provider (%s); the network or its golden frames are others than the bundle was made with: export the bundle again"
              .formatted(bundle.folder(), reasons));
    }
    return new InferenceException(
        "no accepted provider works (%s); require no provider, so that another may be taken, or see 'tarsier doctor' for what this machine lacks"
            .formatted(reasons),
        last);
  }

  private Opened attempt(ProviderStep step, boolean anotherServes) throws Refusal, BundleException {
    Optional<String> lacks = engine.lacks(step.provider());
    if (lacks.isPresent()) {
      throw new Refusal(lacks.get(), false, null);
    }
    try {
      return options.builds(step) ? built(step, anotherServes) : opened(step, null);
    } catch (InferenceException e) {
      throw Refusal.because(e);
    }
  }

  private Opened built(ProviderStep step, boolean anotherServes)
      throws Refusal, BundleException, InferenceException {
    EngineCache cache = EngineCache.of(options.tensorRt());
    facts = facts == null ? gpu.facts() : facts;
    EngineKey key = EngineKey.of(engine, model, step, options, facts, shapes());
    Optional<String> refused = cache.refused(key, proof());
    if (refused.isPresent()) {
      throw new Refusal(refused.get(), true, null);
    }
    Optional<Path> ready = cache.find(key);
    boolean wasWrong = false;
    if (ready.isPresent()) {
      try {
        Opened opened = opened(step, ready.get());
        cache.used(key);
        return opened;
      } catch (Refusal | InferenceException e) {
        wasWrong = e instanceof Refusal refusal && refusal.wrong;
        cache.quarantine(key, e.getMessage());
      }
    }
    if (building == Building.LATER && anotherServes) {
      unbuilt.add(step);
      throw new Refusal("its engine is being built", false, null);
    }
    return build(cache, key, step, ready.isPresent() && !wasWrong);
  }

  private Opened build(EngineCache cache, EngineKey key, ProviderStep step, boolean didNotLoad)
      throws Refusal, BundleException, InferenceException {
    double usual = cache.usualSeconds(key).orElse(0);
    listener.begins(step, usual);
    LOG.info(
        "the {} engine of {} is being built, {}",
        step,
        bundle.manifest().name(),
        usual == 0 ? "which may take minutes" : "the last one took %.0f s".formatted(usual));
    long began = System.nanoTime();
    try (EngineCache.Part part = cache.begin(key)) {
      Opened opened;
      try {
        opened = opened(step, part.folder());
      } catch (Refusal e) {
        if (e.wrong) {
          cache.refuse(key, proof(), e.getMessage());
        } else if (didNotLoad) {
          cache.restore(key);
        }
        throw e;
      } catch (InferenceException e) {
        if (didNotLoad) {
          cache.restore(key);
        }
        throw e;
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      try {
        part.keep(bundle.manifest().name(), seconds);
      } catch (InferenceException e) {
        LOG.warn("the engine is used, but built again at the next start: {}", e.getMessage());
        listener.notKept(step, e.getMessage());
      }
      return opened;
    }
  }

  /** Loads the network and compares it with the golden frames. */
  private Opened opened(ProviderStep step, Path built)
      throws Refusal, BundleException, InferenceException {
    InferenceSession session = loaded(step, built);
    boolean fit = false;
    try {
      SelfTest test = null;
      if (tested) {
        test = SelfTest.run(session, bundle);
        Optional<String> failure = test.failure();
        if (failure.isPresent()) {
          throw new Refusal(failure.get(), true, null);
        }
      }
      fit = true;
      return new Opened(session, test);
    } finally {
      if (!fit) {
        session.close();
      }
    }
  }

  private InferenceSession loaded(ProviderStep step, Path built)
      throws Refusal, BundleException, InferenceException {
    if (step.provider() != Provider.CPU) {
      try {
        return session(step, options, built);
      } catch (BundleException e) {
        // Here it may be an engine of another network; the processor has none.
        throw new Refusal(e.getMessage(), true, e);
      }
    }
    try {
      if (options.threads() != SessionOptions.MEASURED) {
        return session(step, options, null);
      }
      ThreadChoice.Chosen chosen =
          threads.open(
              model.sha256() + "\n" + engine.name() + " " + engine.version(),
              n -> session(step, options.withThreads(n), null));
      chosen.session().hasThreads(chosen.words());
      return chosen.session();
    } catch (InferenceException e) {
      throw new BundleException(
          bundle.modelFile()
              + " cannot be loaded as an ONNX model: "
              + e.getMessage()
              + "; export the bundle again with this version of the product",
          e);
    }
  }

  private InferenceSession session(ProviderStep step, SessionOptions with, Path built)
      throws BundleException, InferenceException {
    return InferenceSession.over(engine.load(model, step, with, built), step, bundle);
  }

  private String shapes() {
    BundleManifest manifest = bundle.manifest();
    BundleManifest.Input in = manifest.input();
    return "%s:%dx%dx3 %s"
        .formatted(
            in.name(),
            in.height(),
            in.width(),
            manifest.outputs().values().stream()
                .map(output -> output.tensor() + ":" + output.shape())
                .collect(Collectors.joining(" ")));
  }

  /** What a step is tested with: another export is another proof. */
  private String proof() {
    Map<String, BundleManifest.Output> outputs = bundle.manifest().outputs();
    return Sha256.of((outputs + " " + bundle.manifest().golden()).getBytes(StandardCharsets.UTF_8));
  }
}
