package dev.tarsier.ros.cli;

import dev.tarsier.ros.node.ModelFolder;
import dev.tarsier.ros.node.Ticker;
import dev.tarsier.runtime.inference.EngineCache;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProvenSession;
import dev.tarsier.runtime.inference.ProviderFallback;
import dev.tarsier.runtime.inference.ProviderStep;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.inference.TensorRtOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tarsier engine}: engines that TensorRT builds, ahead of time. */
@Command(
    name = "engine",
    description =
        "Builds, lists and removes the engines that TensorRT makes of a network for this GPU.",
    mixinStandardHelpOptions = true,
    subcommands = {
      EngineCommand.Build.class,
      EngineCommand.ListAll.class,
      EngineCommand.Clear.class
    })
public final class EngineCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** Made by picocli. */
  public EngineCommand() {}

  /** Without a subcommand: says which there are. */
  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "say what to do with engines: build, list or clear");
  }

  /** {@code tarsier engine build}. */
  @Command(
      name = "build",
      description =
          "Builds a bundle's engine for this machine and runs the golden frames on it, so that the"
              + " node need not. Give what the node is given: an engine of other settings is another.",
      exitCodeListHeading = "Exit codes:%n",
      exitCodeList = {
        "0:the engine is there and gives the golden frames",
        "2:it cannot be built or kept here, or gives something else; the reason of each step is said"
      },
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Build implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
        names = "--model",
        paramLabel = "DIR",
        description = "the bundle: a folder, or a name below models/ (default: ${DEFAULT-VALUE})",
        defaultValue = ModelFolder.SHIPPED)
    private String model;

    @Mixin private ProviderOptions computes;
    @Mixin private Where where;

    /** Made by picocli. */
    Build() {}

    @Override
    public Integer call() throws BundleException, InferenceException {
      Bundle bundle =
          Bundle.load(ModelFolder.find(model, List.of(Path.of(""), ModelFolder.home())));
      SessionOptions options = computes.session("tensorrt");
      options = options.withTensorRt(where.over(options.tensorRt()));
      List<ProviderStep> steps = options.steps().stream().filter(options::builds).toList();
      if (steps.isEmpty()) {
        throw new IllegalArgumentException(
            "there is nothing to build for this provider; engines are TensorRT's, or a plug-in's whose options name {engines}");
      }
      EngineCache cache = EngineCache.lasting(options.tensorRt());
      PrintWriter out = spec.commandLine().getOut();
      try (Progress progress = new Progress()) {
        ProvenSession proven =
            ProvenSession.build(bundle, options, steps, InferenceEngine.usual(), progress);
        try (InferenceSession session = proven.session()) {
          progress.finish();
          session.fallbacks().forEach(each -> out.println("  not used  " + each));
          progress.requireKept(session.step());
          out.println(
              "  engine    %s of %s %s, in %s"
                  .formatted(
                      session.step(),
                      bundle.manifest().name(),
                      bundle.manifest().version(),
                      cache.folder()));
          out.println("  proven    " + proven.test().summary());
          out.flush();
        }
      }
      return RobotCommands.OK;
    }
  }

  /** Says each second how long it has been, and about how long it will be where that is known. */
  private static final class Progress implements ProvenSession.BuildListener, AutoCloseable {
    private final ProgressLine line = ProgressLine.onStandardError();
    private final ScheduledExecutorService ticker = Ticker.named("tarsier-build-progress");

    private final ScheduledFuture<?> ticking =
        ticker.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);

    /** Guarded by this. */
    private long beganNanos;

    /** Why what was built is not kept; null where it is. Guarded by this. */
    private String lost;

    private Progress() {}

    @Override
    public synchronized void begins(ProviderStep step, double usualSeconds) {
      beganNanos = System.nanoTime();
      // Where no build of the kind is known, there is no telling how long: TensorRT does not say.
      line.begin(step.toString(), "seconds", 0, Math.max(0, Math.round(usualSeconds)));
      line.say(
          usualSeconds == 0
              ? "building %s; how long it takes is known after the first time".formatted(step)
              : String.format(
                  Locale.ROOT, "building %s; the last one took %.0f s", step, usualSeconds));
    }

    @Override
    public synchronized void refused(ProviderFallback fallback) {
      line.end();
    }

    @Override
    public synchronized void notKept(ProviderStep step, String reason) {
      lost = reason;
    }

    private synchronized void requireKept(ProviderStep step) throws InferenceException {
      if (lost != null) {
        throw new InferenceException(
            "the %s engine computes rightly, but is not kept: %s".formatted(step, lost), null);
      }
    }

    private synchronized void tick() {
      line.at(Math.round((System.nanoTime() - beganNanos) / 1e9));
    }

    @Override
    public void close() {
      finish();
    }

    private void finish() {
      ticking.cancel(false);
      ticker.shutdownNow();
      synchronized (this) {
        line.end();
      }
    }
  }

  /** The short way to name a cache. */
  private static final class Where {
    @Option(
        names = "--cache",
        paramLabel = "DIR",
        description = "the engines' folder, as --tensorrt cache=DIR (default: the user's cache)")
    private String cache;

    private Where() {}

    private TensorRtOptions over(TensorRtOptions settings) {
      if (cache == null) {
        return settings;
      }
      if (cache.isBlank()) {
        throw new IllegalArgumentException("--cache must name a folder, got nothing");
      }
      TensorRtOptions named = settings.withCache(Path.of(cache));
      if (!settings.cache().isEmpty() && !settings.cache().equals(named.cache())) {
        throw new IllegalArgumentException(
            "--cache %s and --tensorrt cache=%s name two folders; give one of them"
                .formatted(cache, settings.cache()));
      }
      return named;
    }

    private EngineCache open(TensorRtArguments settings) throws InferenceException {
      return EngineCache.lasting(over(settings.settings()));
    }
  }

  /** {@code tarsier engine list}. */
  @Command(
      name = "list",
      description =
          "Lists the engines that are there, the one used last first, and what was refused.",
      mixinStandardHelpOptions = true)
  static final class ListAll implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private TensorRtArguments settings;
    @Mixin private Where where;

    /** Made by picocli. */
    ListAll() {}

    @Override
    public Integer call() throws InferenceException, IOException {
      EngineCache cache = where.open(settings);
      cache.requireReadable();
      PrintWriter out = spec.commandLine().getOut();
      List<EngineCache.Entry> engines = cache.engines();
      out.println("%s: %d %s".formatted(cache.folder(), engines.size(), noun(engines.size())));
      for (EngineCache.Entry each : engines) {
        out.println(
            String.format(
                Locale.ROOT,
                "  %s  %s %s %s · %s · %.1f MiB · built in %.0f s · used %s",
                each.folder().getFileName().toString().substring(0, 12),
                each.about().model(),
                each.about().facts().getOrDefault("provider", "?"),
                each.about().facts().getOrDefault("precision", "?"),
                each.about().facts().getOrDefault("gpu", "?"),
                each.bytes() / (double) (1 << 20),
                each.about().seconds(),
                each.lastUsed().equals(Instant.EPOCH)
                    ? "never"
                    : each.lastUsed().truncatedTo(ChronoUnit.SECONDS)));
      }
      for (EngineCache.Bad each : cache.bad()) {
        out.println("  %s  %s".formatted(each.id().substring(0, 12), each.reason()));
      }
      cache.others().forEach(each -> out.println("  no engine's: " + each));
      out.flush();
      return RobotCommands.OK;
    }
  }

  /** {@code tarsier engine clear}. */
  @Command(
      name = "clear",
      description =
          "Removes all engines, also those put aside; what was refused is tried again. A folder that"
              + " holds anything else is refused.",
      mixinStandardHelpOptions = true)
  static final class Clear implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private TensorRtArguments settings;
    @Mixin private Where where;

    /** Made by picocli. */
    Clear() {}

    @Override
    public Integer call() throws InferenceException, IOException {
      EngineCache cache = where.open(settings);
      int engines = cache.clear();
      PrintWriter out = spec.commandLine().getOut();
      out.println("%s: %d %s removed".formatted(cache.folder(), engines, noun(engines)));
      out.flush();
      return RobotCommands.OK;
    }
  }

  private static String noun(int count) {
    return count == 1 ? "engine" : "engines";
  }
}
