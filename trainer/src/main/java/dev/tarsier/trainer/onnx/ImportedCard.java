package dev.tarsier.trainer.onnx;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.onnx.OutputChoice.Chosen;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The card of an imported bundle: what it takes and gives, where it comes from, how it was compared
 * and what is not known of it.
 */
record ImportedCard(
    ImportOptions told,
    OnnxFile file,
    Known known,
    InputRule rule,
    List<Chosen> chosen,
    List<String> notes,
    String licence,
    Agreement agreement) {

  /** The card, as Markdown. */
  String text() {
    StringBuilder card = new StringBuilder();
    card.append(
        """
        # %s

        Imported from `%s` (sha256 %s), written by `%s`, opset %d. Weights: %,d bytes%s.

        ## What it takes and gives

        The bundle takes an RGB image, stretched to %d x %d (width x height). The network takes
        %s. What is done before and after it is in the graph.

        """
            .formatted(
                told.name(),
                file.path().getFileName(),
                file.sha256(),
                file.model().getProducerName() + " " + file.model().getProducerVersion(),
                OnnxFile.opset(file.model()),
                GraphEditor.weightBytes(file.model()),
                file.dataFiles().isEmpty()
                    ? ""
                    : ", put into one file from "
                        + file.dataFiles().entrySet().stream()
                            .map(
                                each ->
                                    "`%s` (sha256 %s)".formatted(each.getKey(), each.getValue()))
                            .collect(Collectors.joining(" and ")),
                rule.width(),
                rule.height(),
                rule));
    for (Chosen each : chosen) {
      card.append(
          "- `%s`: %s. From %s: %s.\n"
              .formatted(
                  each.head().id(),
                  each.head().kind().accept(Description.WORDS),
                  each.decoding().tensors().stream()
                      .map(name -> "`" + name + "`")
                      .collect(Collectors.joining(" and ")),
                  each.decoding().words()));
    }
    card.append(
        known.sources().isEmpty()
            ? "\nNothing in or beside the file says how it is used; whoever imported it told it.\n"
            : "\nHow it is used was %s; the rest was told.\n".formatted(known.words()));
    notes.forEach(each -> card.append("- ").append(each).append(".\n"));
    card.append(
        """

        ## Compared with the original

        The file as it came, in plain ONNX Runtime on the processor with its pictures prepared and
        its outputs decoded outside the graph, against the bundle: %s.
        The golden frames hold what the original gave.

        ## Limits

        - Nothing was measured of how well it sees; `tarsier score` and `tarsier replay` do that.
        - What it was trained on, and for which camera, is not known here.

        ## Licence

        %s
        """
            .formatted(
                agreement,
                licence.equalsIgnoreCase("unknown")
                    ? "Unknown: whoever imported it did not know it. Find it out before you ship it."
                    : licence));
    return card.toString();
  }

  /** What a head is, with what it must not be taken for. */
  private enum Description implements HeadKind.Visitor<String> {
    WORDS;

    @Override
    public String classMap(ClassMap kind) {
      return "one of %d classes: %s"
          .formatted(
              kind.classes().size(),
              kind.classes().stream().map(ClassLabel::name).collect(Collectors.joining(", ")));
    }

    @Override
    public String metricMap(MetricMap kind) {
      return "depth in metres, up to %s".formatted(kind.max());
    }

    @Override
    public String relativeMap(RelativeMap kind) {
      return "larger is %s; no unit: scale and shift change from image to image, and no distance can be read from it"
          .formatted(kind.larger().word());
    }

    @Override
    public String unitVectorMap(UnitVectorMap kind) {
      return "unit vectors";
    }

    @Override
    public String imageClass(ImageClass kind) {
      return "one class for the whole image";
    }
  }
}
