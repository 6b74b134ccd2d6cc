package dev.tarsier.trainer.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtException;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.onnx.Known.ColorOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * Finds out what a network takes: what its only input fixes, what is written in and beside the
 * file, and what a person said, which counts most. What is open is asked for by the option's name.
 */
final class InputChoice {
  private static final long FREE = -1;
  private static final String FIRST = "NCHW";
  private static final String LAST = "NHWC";

  /** To what networks' sizes are bound, most often. */
  private static final int[] STEPS = {32, 14, 16, 64};

  private final OnnxFile file;
  private final Known known;
  private final ImportOptions told;
  private final Missing missing;

  private InputChoice(OnnxFile file, Known known, ImportOptions told, Missing missing) {
    this.file = file;
    this.known = known;
    this.told = told;
    this.missing = missing;
  }

  /**
   * What a network takes, and what it gave in a first run.
   *
   * @param rule how it is fed
   * @param outputs of the run, by name
   */
  record Tried(InputRule rule, Map<String, Values> outputs) {}

  /**
   * Finds it out and tries it.
   *
   * @param missing takes what has to be told besides
   * @param picture makes an image of a width and a height
   * @throws ImportException when it is no input of one image, or does not run
   */
  static Tried of(
      OnnxFile file,
      Known known,
      ImportOptions told,
      Original original,
      Missing missing,
      BiFunction<Integer, Integer, RgbImage> picture)
      throws ImportException {
    return new InputChoice(file, known, told, missing).run(original, picture);
  }

  private Tried run(Original original, BiFunction<Integer, Integer, RgbImage> picture)
      throws ImportException {
    ValueInfoProto input = onlyInput();
    DataType type = type(input);
    long[] shape = shape(input);
    List<Boolean> layouts = layouts(input.getName(), shape);
    ColorOrder order = order();
    Normalisation normalisation = normalisation(type);
    List<InputRule> rules = new ArrayList<>();
    for (boolean first : layouts) {
      int[] size = size(input.getName(), shape, first);
      if (size != null) {
        rules.add(
            new InputRule(
                input.getName(),
                type,
                shape.length,
                first,
                size[0],
                size[1],
                order,
                normalisation));
      }
    }
    if (rules.isEmpty()) {
      missing.require(file.path()); // without a size nothing can be tried
    }
    Tried tried = null;
    OrtException failure = null;
    for (InputRule rule : rules) {
      try {
        Map<String, Values> outputs =
            original.run(rule, picture.apply(rule.width(), rule.height()));
        if (tried != null) {
          missing.add(
              "where the channels of its input %s are (--layout NCHW or NHWC)"
                  .formatted(words(input.getName(), shape)));
          return tried;
        }
        tried = new Tried(rule, outputs);
      } catch (OrtException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (tried != null) {
      return tried;
    }
    throw doesNotRun(original, rules.get(0), shape, picture, failure);
  }

  private ValueInfoProto onlyInput() throws ImportException {
    List<ValueInfoProto> inputs = file.inputs();
    if (inputs.size() == 1) {
      ValueInfoProto only = inputs.get(0);
      if (!only.getType().hasTensorType()) {
        throw new ImportException(
            "%s takes no tensor but something else in '%s'; a robot has one RGB image"
                .formatted(file.path(), only.getName()));
      }
      return only;
    }
    if (inputs.isEmpty()) {
      throw new ImportException(
          file.path() + " takes no input; a network for a robot takes one RGB image");
    }
    throw new ImportException(
        "%s takes %d inputs, %s, and a robot has one RGB image; export it so that it takes that alone"
            .formatted(
                file.path(),
                inputs.size(),
                inputs.stream()
                    .map(each -> words(each.getName(), shapeOf(each)))
                    .collect(Collectors.joining(" and "))));
  }

  private DataType type(ValueInfoProto input) throws ImportException {
    int number = input.getType().getTensorType().getElemType();
    DataType type = DataType.forNumber(number);
    if (type == null || !InputRule.TYPES.contains(type)) {
      throw new ImportException(
          "%s takes %s in '%s'; only float, float16, double and uint8 can be made of an image"
              .formatted(file.path(), OnnxFile.typeName(number), input.getName()));
    }
    return type;
  }

  private static long[] shapeOf(ValueInfoProto input) {
    var tensor = input.getType().getTensorType();
    return tensor.hasShape()
        ? tensor.getShape().getDimList().stream()
            .mapToLong(
                each ->
                    each.getValueCase() == Dimension.ValueCase.DIM_VALUE
                        ? each.getDimValue()
                        : FREE)
            .map(each -> each < 1 ? FREE : each)
            .toArray()
        : new long[] {FREE, FREE, FREE, FREE};
  }

  private long[] shape(ValueInfoProto input) throws ImportException {
    long[] shape = shapeOf(input);
    String words = words(input.getName(), shape);
    if (shape.length != 4 && shape.length != 3) {
      throw new ImportException(
          "%s takes %s, which is no image; a network for a robot takes [1,3,H,W] or [1,H,W,3]"
              .formatted(file.path(), words));
    }
    if (shape.length == 4 && shape[0] > 1) {
      throw new ImportException(
          "%s takes %s, a fixed batch of %d images, and a robot has one; export it with a batch of 1, or a free one"
              .formatted(file.path(), words, shape[0]));
    }
    return shape;
  }

  private static String words(String name, long[] shape) {
    StringBuilder words = new StringBuilder("'").append(name).append("' [");
    for (int i = 0; i < shape.length; i++) {
      words.append(i == 0 ? "" : ",").append(shape[i] == FREE ? "?" : Long.toString(shape[i]));
    }
    return words.append(']').toString();
  }

  /** No image is so few pixels high or wide. */
  private static final long MOST_CHANNELS = 16;

  /** Whether channels come first: what may be, the likely one first. */
  private List<Boolean> layouts(String name, long[] shape) throws ImportException {
    int axis = shape.length - 3;
    long first = shape[axis];
    long last = shape[shape.length - 1];
    boolean mayBeFirst = first == 3 || first == FREE;
    boolean mayBeLast = last == 3 || last == FREE;
    String said = told.layout() == null ? null : told.layout().toUpperCase(Locale.ROOT);
    if (said != null && !said.equals(FIRST) && !said.equals(LAST)) {
      throw new IllegalArgumentException(
          "--layout must be NCHW or NHWC, got '%s'".formatted(told.layout()));
    }
    if (!mayBeFirst && !mayBeLast) {
      throw new ImportException(
          "%s takes %s, where no axis can hold the 3 colours of an image"
              .formatted(file.path(), words(name, shape)));
    }
    // With the size open, an axis so short is no height: grey, or with something beside colours.
    long channels = last == FREE ? first : first == FREE ? last : FREE;
    if (channels > 0 && channels <= MOST_CHANNELS && channels != 3) {
      throw new ImportException(
          "%s takes %s, an image of %d channels, where a camera's has 3 colours"
              .formatted(file.path(), words(name, shape), channels));
    }
    if (said != null) {
      boolean wanted = said.equals(FIRST);
      if (wanted ? !mayBeFirst : !mayBeLast) {
        throw new ImportException(
            "%s takes %s, which is not %s as --layout says"
                .formatted(file.path(), words(name, shape), said));
      }
      return List.of(wanted);
    }
    if (mayBeFirst && mayBeLast) {
      if (known.channelsFirst() != null) {
        return List.of(known.channelsFirst());
      }
      return first == 3 && last == FREE
          ? List.of(true)
          : last == 3 && first == FREE ? List.of(false) : List.of(true, false);
    }
    return List.of(mayBeFirst);
  }

  private ColorOrder order() {
    if (told.order() != null) {
      return ColorOrder.of(told.order())
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "--order must be RGB or BGR, got '%s'".formatted(told.order())));
    }
    if (known.order() == null) {
      missing.add("the order of its colours (--order RGB or BGR)");
      return ColorOrder.RGB;
    }
    return known.order();
  }

  private Normalisation normalisation(DataType type) {
    boolean numbers = told.mean() != null || told.deviation() != null;
    boolean anything = numbers || told.normalise() != null || told.scale() != null;
    if (type == DataType.UINT8) {
      if (anything) {
        throw new IllegalArgumentException(
            "%s takes bytes, which nobody scales before it; leave --normalize, --mean, --std and --scale out"
                .formatted(file.path()));
      }
      return Normalisation.scaled(1);
    }
    if (told.normalise() != null) {
      if (numbers || told.scale() != null) {
        throw new IllegalArgumentException(
            "give --normalize or --mean, --std and --scale, not both");
      }
      return Normalisation.named(told.normalise())
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "--normalize must be one of %s, got '%s'; others are told by --mean, --std and --scale"
                          .formatted(Normalisation.names(), told.normalise())));
    }
    boolean all = told.mean() != null && told.deviation() != null;
    boolean more = known.normalisation() != null && !known.normalisation().isScaleAlone();
    if ((numbers || told.scale() != null) && !all && more) {
      throw new IllegalArgumentException(
          "how its pixels are scaled is %s; with --scale, --mean or --std alone the rest would be lost: give --mean and --std (and --scale), or none of them"
              .formatted(known.words()));
    }
    if (numbers) {
      return byNumbers();
    }
    if (told.scale() != null) {
      return Normalisation.scaled(told.scale());
    }
    if (known.normalisation() != null) {
      return known.normalisation();
    }
    missing.add(
        "how its pixels are scaled (--normalize %s; or --mean, --std and --scale)"
            .formatted(Normalisation.names()));
    return Normalisation.scaled(1 / 255.0);
  }

  /** Means above 1 are of pixels of 0 to 255; others of 0 to 1, unless there is nothing to tell. */
  private Normalisation byNumbers() {
    double[] mean = told.mean() == null ? new double[3] : told.mean();
    double[] deviation = told.deviation() == null ? new double[] {1, 1, 1} : told.deviation();
    Double scale = told.scale();
    if (scale == null) {
      boolean large = false;
      boolean telling = false;
      for (int c = 0; c < 3; c++) {
        large |= Math.abs(mean[c]) > 1 || deviation[c] > 1;
        telling |= mean[c] != 0 || deviation[c] != 1;
      }
      if (!telling) {
        missing.add("by what its pixels are multiplied (--scale 1/255 or --scale 1)");
      }
      scale = large ? 1 : 1 / 255.0;
    }
    return Normalisation.of("--mean, --std and --scale", scale, mean, deviation);
  }

  /** Height and width; null where they are open. */
  private int[] size(String name, long[] shape, boolean first) throws ImportException {
    int rows = shape.length - 3 + (first ? 1 : 0);
    Long height = shape[rows] == FREE ? null : shape[rows];
    Long width = shape[rows + 1] == FREE ? null : shape[rows + 1];
    if (told.width() != null) {
      if ((height != null && height != (long) told.height())
          || (width != null && width != (long) told.width())) {
        throw new ImportException(
            "%s takes %s, which fixes %s, not the %d wide and %d high of --input-size"
                .formatted(
                    file.path(),
                    words(name, shape),
                    width == null
                        ? height + " rows"
                        : height == null
                            ? width + " columns"
                            : "%d wide and %d high".formatted(width, height),
                    told.width(),
                    told.height()));
      }
      return new int[] {told.height(), told.width()};
    }
    if (height == null && known.height() != null) {
      height = (long) known.height();
    }
    if (width == null && known.width() != null) {
      width = (long) known.width();
    }
    if (height == null || width == null) {
      missing.add("its input's size (--input-size WIDTHxHEIGHT, such as 320x240)");
      return null;
    }
    if (height > 1 << 13 || width > 1 << 13) {
      throw new ImportException(
          "%s takes %s, larger than any camera's image".formatted(file.path(), words(name, shape)));
    }
    return new int[] {height.intValue(), width.intValue()};
  }

  /** Where the size is free, others are tried, so that the message may say which works. */
  private ImportException doesNotRun(
      Original original,
      InputRule rule,
      long[] shape,
      BiFunction<Integer, Integer, RgbImage> picture,
      OrtException failure) {
    String hint = "";
    int rows = shape.length - 3 + (rule.channelsFirst() ? 1 : 0);
    for (int i = 0; i < STEPS.length && hint.isEmpty() && shape[rows] == FREE; i++) {
      int height = Math.max(STEPS[i], rule.height() / STEPS[i] * STEPS[i]);
      int width = Math.max(STEPS[i], rule.width() / STEPS[i] * STEPS[i]);
      InputRule other =
          new InputRule(
              rule.tensor(),
              rule.type(),
              rule.axes(),
              rule.channelsFirst(),
              height,
              width,
              rule.order(),
              rule.normalisation());
      if (height == rule.height() && width == rule.width()) {
        continue;
      }
      try {
        original.run(other, picture.apply(width, height));
        hint =
            "; it runs with --input-size %dx%d, multiples of %d".formatted(width, height, STEPS[i]);
      } catch (OrtException e) {
        // the next one
      }
    }
    return new ImportException(
        "%s does not run on an image of %d wide and %d high%s: %s"
            .formatted(file.path(), rule.width(), rule.height(), hint, Original.reason(failure)),
        failure);
  }
}
