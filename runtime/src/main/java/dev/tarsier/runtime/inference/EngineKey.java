package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that a built engine depends on: of two machines, models or settings that differ in any of it,
 * one does not get what the other built. TensorRT's own name for an engine covers neither the
 * weights nor the driver.
 *
 * @param facts by name
 */
record EngineKey(SortedMap<String, String> facts) {
  static final String MODEL = "model_sha256";
  static final String GPU = "gpu";
  static final String PRECISION = "precision";

  private static final int DIGITS = 40;

  EngineKey {
    facts = Collections.unmodifiableSortedMap(new TreeMap<>(facts));
  }

  static EngineKey of(
      InferenceEngine engine,
      InferenceEngine.Model model,
      ProviderStep step,
      SessionOptions options,
      GpuFacts gpu,
      String shapes) {
    TensorRtOptions settings = options.tensorRt();
    SortedMap<String, String> facts = new TreeMap<>();
    facts.put(MODEL, model.sha256());
    facts.put("engine", engine.name() + " " + engine.version());
    facts.put("provider", step.provider().id());
    facts.put(PRECISION, step.precision().id());
    facts.put("shapes", shapes);
    facts.put(GPU, gpu.name());
    facts.put("compute_capability", gpu.computeCapability());
    facts.put("driver", gpu.driver());
    facts.put("cuda", gpu.cuda());
    facts.put("tensorrt", gpu.tensorRt());
    facts.put(
        "options",
        "fp32_layer_norm=%s optimization_level=%d workspace_mb=%d cuda_graph=%s"
            .formatted(
                settings.fp32LayerNorm(),
                settings.optimizationLevel(),
                settings.workspaceMb(),
                settings.cudaGraph()));
    options
        .providers()
        .plugin()
        .filter(library -> step.provider() == Provider.PLUGIN)
        .ifPresent(
            library ->
                facts.put(
                    "plugin", library + " " + new TreeMap<>(options.pluginOptions()).toString()));
    return new EngineKey(facts);
  }

  /** Name of the engine's folder: hexadecimal digits of a SHA-256 over all facts. */
  String id() {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String> fact : facts.entrySet()) {
      text.append(fact.getKey()).append('=').append(fact.getValue()).append('\n');
    }
    return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8)).substring(0, DIGITS);
  }
}
