package dev.tarsier.runtime.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.MetricMap;
import java.util.Map;

/**
 * Reads {@code tarsier.bundle/1}, which had two heads at most, by name: its keys become those of
 * {@link BundleManifest#SCHEMA} in memory; the file stays as it is. This class knows the two heads
 * by name, and no other of the runtime does.
 */
final class FirstSchema {
  /** Bundles of this schema load in every later version. */
  static final String NAME = "tarsier.bundle/1";

  private static final String CLASSES = "classes";
  private static final String DEPTH = "depth";

  /** The first schema's name of a head, and the id that it has now. */
  private static final Map<String, String> IDS = Map.of(CLASSES, "segmentation", DEPTH, DEPTH);

  private FirstSchema() {}

  /** Turns a manifest of the first schema into one of today's; leaves any other as it is. */
  static void upgrade(ObjectNode manifest) {
    if (!manifest.path("schema").asText().equals(NAME)) {
      return;
    }
    JsonNode old = manifest.path("outputs");
    ObjectNode outputs = manifest.objectNode();
    JsonNode classes = old.path(CLASSES);
    if (classes.isObject()) {
      ObjectNode kind = manifest.objectNode().put("type", ClassMap.NAME);
      rename(manifest, CLASSES, kind, "classes");
      rename(manifest, "ignoreId", kind, "ignoreId");
      outputs.set(IDS.get(CLASSES), output(classes, "uint8", kind));
    }
    JsonNode depth = old.path(DEPTH);
    if (depth.isObject()) {
      if (!manifest.path(DEPTH).isObject()) {
        throw new IllegalArgumentException(
            "depth must say unit and range, as outputs has a depth head; got none");
      }
      ObjectNode kind = ((ObjectNode) manifest.path(DEPTH)).deepCopy();
      kind.put("type", MetricMap.NAME);
      outputs.set(IDS.get(DEPTH), output(depth, "float32", kind));
    }
    JsonNode tolerances = manifest.path("tolerances");
    for (JsonNode output : outputs) {
      if (output.has("tolerance")) {
        continue; // of its own, as in the schema of today
      }
      ObjectNode tolerance = ((ObjectNode) output).putObject("tolerance");
      rename(tolerances, "minClassAgreement", tolerance, "minAgreement");
      rename(tolerances, "maxDepthRelativeError", tolerance, "maxError");
      rename(tolerances, "maxDepthUnknown", tolerance, "maxUnknown");
    }
    if (manifest.path("golden").isArray()) {
      manifest.set("golden", golden(manifest, outputs));
    }
    manifest.set("outputs", outputs);
    manifest.put("schema", BundleManifest.SCHEMA);
    manifest.remove(CLASSES);
    manifest.remove("ignoreId");
    manifest.remove(DEPTH);
    manifest.remove("tolerances");
  }

  private static ObjectNode output(JsonNode old, String dtype, ObjectNode kind) {
    if (!old.path("dtype").asText().equals(dtype)) {
      throw new IllegalArgumentException(
          "outputs.%s.dtype must be %s, got \"%s\""
              .formatted(old.path("name").asText(), dtype, old.path("dtype").asText()));
    }
    ObjectNode output = kind.objectNode();
    rename(old, "name", output, "tensor");
    rename(old, "height", output, "height");
    rename(old, "width", output, "width");
    rename(old, "tolerance", output, "tolerance");
    output.set("kind", kind);
    return output;
  }

  private static ArrayNode golden(ObjectNode manifest, ObjectNode outputs) {
    ArrayNode golden = manifest.arrayNode();
    for (JsonNode each : manifest.path("golden")) {
      if (!each.isObject()) {
        golden.add(each);
        continue;
      }
      ObjectNode frame = golden.addObject();
      rename(each, "image", frame, "image");
      ObjectNode files = frame.putObject("outputs");
      IDS.forEach(
          (old, id) -> {
            if (outputs.has(id)) {
              rename(each, old, files, id);
            }
          });
    }
    return golden;
  }

  private static void rename(JsonNode from, String old, ObjectNode to, String name) {
    if (from.hasNonNull(old)) {
      to.set(name, from.get(old));
    }
  }
}
