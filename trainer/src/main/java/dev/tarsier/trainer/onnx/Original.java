package dev.tarsier.trainer.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.tarsier.runtime.inference.EngineStart;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.tensor.RgbImage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network as it came, in plain ONNX Runtime on the processor, by nothing of this product's: what
 * a bundle is compared with. Owned by one thread.
 */
final class Original implements AutoCloseable {
  private static final int MOST_SAID = 300;
  private static final Pattern OPSET =
      Pattern.compile("(?s).*Opset (\\d+) is under development.*till opset (\\d+).*");
  private static final Pattern OPERATOR =
      Pattern.compile("(?s).*?([\\w.]+:\\w+)\\(-?\\d+\\) is not a registered function/op.*");

  private final OrtSession session;

  private Original(OrtSession session) {
    this.session = session;
  }

  /**
   * Loads a file, with what lies beside it.
   *
   * @throws ImportException says why ONNX Runtime does not take it
   */
  static Original open(Path file) throws ImportException {
    var environment = EngineStart.environment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      return new Original(environment.createSession(file.toString(), options));
    } catch (OrtException e) {
      throw refused(file, e);
    }
  }

  private static ImportException refused(Path file, OrtException e) {
    String said = String.valueOf(e.getMessage());
    Matcher opset = OPSET.matcher(said);
    if (opset.matches()) {
      return new ImportException(
          "%s is of opset %s, and ONNX Runtime %s takes %s at most; export it with an older opset"
              .formatted(file, opset.group(1), InferenceEngine.usual().version(), opset.group(2)),
          e);
    }
    Matcher operator = OPERATOR.matcher(said);
    if (operator.matches()) {
      return new ImportException(
          "%s needs the operator %s, which ONNX Runtime %s does not have; export it with standard operators alone"
              .formatted(file, operator.group(1), InferenceEngine.usual().version()),
          e);
    }
    return new ImportException(
        "%s is not taken by ONNX Runtime %s: %s"
            .formatted(file, InferenceEngine.usual().version(), reason(e)),
        e);
  }

  /** What ONNX Runtime says, without what it says of its own sources. */
  static String reason(OrtException e) {
    String text =
        String.valueOf(e.getMessage())
            .strip()
            .replaceAll("\\s*\\R\\s*", " ")
            .replaceAll("/\\S*/([\\w.]+:\\d+) .*?\\) (?=\\S)", "");
    return text.length() > MOST_SAID ? text.substring(0, MOST_SAID) + "…" : text;
  }

  /**
   * Runs it on an image.
   *
   * @param rule how the image becomes its input
   * @param image of the input's size. Not modified.
   * @return by output; what is no tensor of numbers is left out
   */
  Map<String, Values> run(InputRule rule, RgbImage image) throws OrtException {
    return run(rule, List.of(image));
  }

  /**
   * Runs it on several images at once.
   *
   * @param rule how images become its input
   * @param images of the input's size. Not modified.
   * @return by output, with all images in each; what is no tensor of numbers is left out
   */
  Map<String, Values> run(InputRule rule, List<RgbImage> images) throws OrtException {
    Map<String, Values> outputs = new LinkedHashMap<>();
    try (OnnxTensor input = rule.tensorOf(images);
        OrtSession.Result result = session.run(Map.of(rule.tensor(), input))) {
      for (Map.Entry<String, OnnxValue> each : result) {
        if (each.getValue() instanceof OnnxTensor tensor) {
          Values values = Values.of(tensor);
          if (values != null) {
            outputs.put(each.getKey(), values);
          }
        }
      }
    }
    return outputs;
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
