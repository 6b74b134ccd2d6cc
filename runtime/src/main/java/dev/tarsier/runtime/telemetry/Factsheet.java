package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.task.ClassLabel;
import java.util.List;
import java.util.Map;

/**
 * What a robot computes and with what: the retained message on {@code
 * tarsier/<robot>/<node>/factsheet}, schema {@code docs/telemetry/factsheet.schema.json}.
 *
 * @param bundle the perception bundle in use
 * @param input what the network sees
 * @param classes by id; empty when the bundle has no classes
 * @param ignoreId the id of a pixel without a class
 * @param depth range of the depth output; null when the bundle has none
 * @param provider what computes, such as {@code cpu}
 * @param fallbacks providers that were preferred and refused, in order, with the reason
 * @param versions of Tarsier and what it stands on, by name. Not modified.
 */
public record Factsheet(
    BundleFacts bundle,
    InputFacts input,
    List<ClassLabel> classes,
    int ignoreId,
    RangeFacts depth,
    String provider,
    List<Fallback> fallbacks,
    Map<String, String> versions) {
  /** The schema's name and version. */
  public static final String SCHEMA = "tarsier.factsheet/2";

  /** Copies the lists. */
  public Factsheet {
    classes = List.copyOf(classes);
    fallbacks = List.copyOf(fallbacks);
    versions = Map.copyOf(versions);
  }

  /**
   * Which bundle.
   *
   * @param name as in its {@code model.json}
   * @param version as in its {@code model.json}
   * @param modelSha256 of the ONNX file, lower-case hexadecimal
   */
  public record BundleFacts(String name, String version, String modelSha256) {}

  /**
   * What the network sees.
   *
   * @param width pixels
   * @param height pixels
   */
  public record InputFacts(int width, int height) {}

  /**
   * The range of a metric output.
   *
   * @param unit {@code m}
   * @param min least value that is given
   * @param max greatest value that is given
   */
  public record RangeFacts(String unit, double min, double max) {}

  /**
   * A provider that was not used.
   *
   * @param provider its name
   * @param reason why not
   */
  public record Fallback(String provider, String reason) {}
}
