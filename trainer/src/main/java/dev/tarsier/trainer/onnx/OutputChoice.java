package dev.tarsier.trainer.onnx;

import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds out what a network's outputs say: by the shapes of a run, never by those that the file
 * declares; by what is written in and beside the file; and by what a person said, which counts
 * most. A single float map may be a mask or any kind of depth, so it is asked for.
 */
final class OutputChoice {
  /** Metres, where nobody says how far a network sees; it bounds nothing but what is written. */
  static final double UNTOLD_METRES = 100;

  /** Prototypes that a detection's coefficients are of, in all networks of that kind. */
  private static final int MOST_PROTOTYPES = 256;

  private static final int LEAST_PROTOTYPES = 8;

  private final OnnxFile file;
  private final Known known;
  private final ImportOptions told;
  private final InputRule input;
  private final Map<String, Values> outputs;
  private final Missing missing;
  private final List<String> notes = new ArrayList<>();
  private final int opset;

  private OutputChoice(
      OnnxFile file, Known known, ImportOptions told, InputChoice.Tried tried, Missing missing) {
    this.file = file;
    this.known = known;
    this.told = told;
    this.input = tried.rule();
    this.outputs = tried.outputs();
    this.missing = missing;
    this.opset = Math.toIntExact(OnnxFile.opset(file.model()));
  }

  /**
   * One output of the bundle.
   *
   * @param head what the robot gets
   * @param decoding how it is made
   */
  record Chosen(Head head, Decoding decoding) {}

  /**
   * All of them.
   *
   * @param chosen in the order of the bundle; empty where something is missing
   * @param notes for people
   */
  record Choice(List<Chosen> chosen, List<String> notes) {}

  /**
   * Finds it out.
   *
   * @param tried a run
   * @param missing takes what has to be told besides
   * @throws ImportException when no map comes out, or something else than is said
   */
  static Choice of(
      OnnxFile file, Known known, ImportOptions told, InputChoice.Tried tried, Missing missing)
      throws ImportException {
    OutputChoice choice = new OutputChoice(file, known, told, tried, missing);
    List<Chosen> chosen = choice.run();
    return new Choice(chosen, choice.notes);
  }

  /** What is said of an output; the meaning and the id may be open. */
  private record Wanted(String name, Meaning meaning, String id) {}

  private List<Chosen> run() throws ImportException {
    if (known.task() != null && !known.instances() && told.outputs().isEmpty()) {
      requireMap();
    }
    List<Wanted> wanted = new ArrayList<>();
    for (String each : told.outputs()) {
      wanted.add(parse(each));
    }
    if (wanted.isEmpty()) {
      wanted = recognised();
    }
    Map<String, Chosen> byId = new LinkedHashMap<>();
    for (Wanted each : wanted) {
      Chosen chosen = choose(each);
      if (chosen != null && byId.put(chosen.head().id(), chosen) != null) {
        throw new IllegalArgumentException(
            "two outputs are called '%s'; tell them apart with --output NAME:MEANING:ID"
                .formatted(chosen.head().id()));
      }
    }
    return List.copyOf(byId.values());
  }

  /** Names of outputs may hold colons themselves. */
  private Wanted parse(String given) {
    String name =
        outputs.keySet().stream()
            .filter(each -> given.equals(each) || given.startsWith(each + ":"))
            .max(java.util.Comparator.comparingInt(String::length))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--output %s: %s has no such output, but %s"
                            .formatted(given, file.path(), listed(outputs.keySet()))));
    if (given.equals(name)) {
      return new Wanted(name, null, null);
    }
    String[] parts = given.substring(name.length() + 1).split(":", -1);
    Meaning meaning =
        Meaning.of(parts[0])
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--output %s: the meaning must be %s, got '%s'"
                            .formatted(given, Meaning.all(), parts[0])));
    if (parts.length > 2) {
      throw new IllegalArgumentException(
          "--output must be NAME, NAME:MEANING or NAME:MEANING:ID, got '%s'".formatted(given));
    }
    return new Wanted(name, meaning, parts.length == 2 ? parts[1] : null);
  }

  private List<MapShape> maps(String name) {
    return MapShape.in(outputs.get(name).shape(), input.height(), input.width());
  }

  private void requireMap() throws ImportException {
    if (outputs.isEmpty()) {
      throw new ImportException(
          "%s gives no tensor of numbers, but %s"
              .formatted(
                  file.path(),
                  file.model().getGraph().getOutputList().stream()
                      .map(each -> "'%s', %s".formatted(each.getName(), kind(each)))
                      .collect(Collectors.joining(", "))));
    }
    if (outputs.keySet().stream().allMatch(each -> maps(each).isEmpty())) {
      throw new ImportException(
          "%s gives no map with a value for each pixel, but %s%s"
              .formatted(
                  file.path(),
                  listed(outputs.keySet()),
                  known.task() != null && !known.instances()
                      ? ": it is a network for '%s'".formatted(known.task())
                      : outputs.values().stream().allMatch(each -> each.shape().length <= 2)
                          ? ": an image classifier?"
                          : ""));
    }
  }

  private static String kind(ValueInfoProto output) {
    return switch (output.getType().getValueCase()) {
      case SEQUENCE_TYPE -> "a sequence";
      case MAP_TYPE -> "a map of keys and values";
      case OPTIONAL_TYPE -> "an optional value";
      default -> OnnxFile.typeName(output.getType().getTensorType().getElemType());
    };
  }

  private List<Wanted> recognised() throws ImportException {
    Optional<String> rows = detections();
    if (rows.isPresent() || known.instances()) {
      if (rows.isEmpty()) {
        throw new ImportException(
            "%s is a YOLO network for instances by its metadata, but gives %s, where rows of boxes and prototypes were expected; export it without further options"
                .formatted(file.path(), listed(outputs.keySet())));
      }
      notes.add("'%s' recognised as YOLO-seg".formatted(rows.get()));
      return List.of(new Wanted(rows.get(), Meaning.INSTANCES, null));
    }
    requireMap();
    List<String> found = outputs.keySet().stream().filter(each -> !maps(each).isEmpty()).toList();
    for (String each : found) {
      requireNoParts(each);
    }
    if (found.size() == 1) {
      return List.of(new Wanted(found.get(0), null, null));
    }
    // What torchvision calls the outputs of its networks for segmentation: "aux" only trains.
    if (Set.copyOf(found).equals(Set.of("out", "aux"))) {
      notes.add("'aux' is torchvision's auxiliary output, which only trains; it is left out");
      return List.of(new Wanted("out", null, null));
    }
    missing.add(
        "which of its outputs to take, %s (--output NAME:MEANING, once for each; meanings are %s)"
            .formatted(listed(found), Meaning.all()));
    return List.of();
  }

  /**
   * Refuses maps of which another output says what they are: masks of queries, as DETR's
   * descendants have them, and prototypes of rows with an objectness, as YOLOv5 has them.
   */
  private void requireNoParts(String name) throws ImportException {
    for (Map.Entry<String, Values> other : outputs.entrySet()) {
      long[] rows = other.getValue().shape();
      if (rows.length != 3 || rows[0] != 1) {
        continue;
      }
      for (MapShape map : maps(name)) {
        boolean queries = map.channels() > 1 && rows[1] == map.channels();
        boolean boxes =
            !queries
                && map.channels() >= LEAST_PROTOTYPES
                && map.channels() <= MOST_PROTOTYPES
                && rows[2] > Instances.BOX + 1 + map.channels()
                && rows[1] > rows[2];
        if (queries || boxes) {
          throw new ImportException(
              "%s gives %s: '%s' most likely holds %s, and such networks are not read (docs/import.md#limits); if it holds scores of classes, say --output %s:classes"
                  .formatted(
                      file.path(),
                      listed(outputs.keySet()),
                      name,
                      queries
                          ? "a mask for each of the %d queries of '%s'"
                              .formatted(map.channels(), other.getKey())
                          : "prototypes for the rows of '%s', which are not those of YOLOv8-seg or newer"
                              .formatted(other.getKey()),
                      name));
        }
      }
    }
  }

  private String listed(java.util.Collection<String> names) {
    return names.stream()
        .map(each -> "'%s' %s".formatted(each, outputs.get(each).words()))
        .collect(Collectors.joining(", "));
  }

  private Chosen choose(Wanted wanted) throws ImportException {
    Meaning meaning = wanted.meaning() == null ? meaning(wanted.name()) : wanted.meaning();
    if (meaning == null) {
      return null;
    }
    if (meaning == Meaning.INSTANCES) {
      return instances(wanted);
    }
    Values values = outputs.get(wanted.name());
    List<MapShape> maps = maps(wanted.name());
    if (maps.isEmpty()) {
      throw new ImportException(
          "output '%s' of %s is %s for an image of %d wide and %d high: no map with a value for each pixel%s"
              .formatted(
                  wanted.name(),
                  file.path(),
                  values.words(),
                  input.width(),
                  input.height(),
                  values.shape().length <= 2 ? " (an image classifier?)" : ""));
    }
    if (meaning == Meaning.CLASSES) {
      return classes(wanted, values, maps);
    }
    MapShape shape =
        maps.stream()
            .filter(each -> each.channels() == 1)
            .findFirst()
            .orElseThrow(
                () ->
                    new ImportException(
                        "output '%s' of %s is %s, several values for each pixel, where %s is one"
                            .formatted(wanted.name(), file.path(), values.words(), meaning.id())));
    if (values.isWhole()) {
      if (meaning == Meaning.MASK) {
        return classes(wanted, values, List.of(shape));
      }
      throw new ImportException(
          "output '%s' of %s holds whole numbers, which are ids of classes and not %s"
              .formatted(wanted.name(), file.path(), meaning.id()));
    }
    return switch (meaning) {
      case MASK, MASK_LOGITS -> mask(wanted, meaning, shape);
      case METRIC -> {
        double most = told.maxMetres() != null ? told.maxMetres() : or(known.maxMetres());
        Head head = head(MetricMap.class, null, most);
        yield measure(wanted, shape, head.id(), head.kind());
      }
      case DISPARITY ->
          measure(wanted, shape, "inverse_depth", new RelativeMap(RelativeMap.Larger.NEARER));
      default ->
          measure(wanted, shape, "relative_depth", new RelativeMap(RelativeMap.Larger.FARTHER));
    };
  }

  private double or(Double metres) {
    if (metres == null) {
      notes.add(
          "nobody says how far it sees, so %.0f m is written down (--max-depth METRES)"
              .formatted(UNTOLD_METRES));
      return UNTOLD_METRES;
    }
    return metres;
  }

  private Chosen measure(Wanted wanted, MapShape shape, String id, HeadKind kind)
      throws ImportException {
    requireNumbers(wanted.name());
    return new Chosen(
        new Head(wanted.id() == null ? id : wanted.id(), kind),
        new Decoding.Measure(wanted.name(), shape, kind));
  }

  /** A network that gives no numbers on a plain picture is broken, or fed wrongly. */
  private void requireNumbers(String name) throws ImportException {
    requireNumbers(file.path(), name, outputs.get(name));
  }

  /** The same of another picture. */
  static void requireNumbers(Path file, String name, Values output) throws ImportException {
    float[] values = output.floats();
    int bad = 0;
    for (int i = 0; values != null && i < values.length; i++) {
      bad += Float.isNaN(values[i]) ? 1 : 0;
    }
    if (bad > 0) {
      throw new ImportException(
          "output '%s' of %s is no number (NaN) in %,d of %,d places on a picture; the network is damaged, or its pixels are scaled otherwise"
              .formatted(name, file, bad, values.length));
    }
  }

  /** What it must be; asks where it may be several things. */
  private Meaning meaning(String name) {
    Values values = outputs.get(name);
    List<MapShape> maps = maps(name);
    if (values.isWhole() || maps.isEmpty() || maps.stream().noneMatch(e -> e.channels() == 1)) {
      return Meaning.CLASSES;
    }
    if (known.depth().isPresent()) {
      return known.depth().get();
    }
    missing.add(
        "what its output '%s' %s is, which may be %s"
            .formatted(
                name,
                values.words(),
                Stream.concat(
                        values.areIds() ? Stream.of(Meaning.CLASSES) : Stream.empty(),
                        Stream.of(
                            Meaning.MASK,
                            Meaning.MASK_LOGITS,
                            Meaning.METRIC,
                            Meaning.RELATIVE,
                            Meaning.DISPARITY))
                    .map(each -> "%s (--output %s:%s)".formatted(each.words(), name, each.id()))
                    .collect(Collectors.joining(", or "))));
    return null;
  }

  private Chosen classes(Wanted wanted, Values values, List<MapShape> maps) throws ImportException {
    Optional<MapShape> single = maps.stream().filter(e -> e.channels() == 1).findFirst();
    ClassSet set = set();
    if (single.isPresent() && (values.isWhole() || values.areIds())) {
      if (set == null) {
        missing.add(
            "which classes the ids of its output '%s' %s are (--classes FILE with their names, or how many)"
                .formatted(wanted.name(), values.words()));
        return null;
      }
      Head head = named(wanted, head(ClassMap.class, set, 1));
      return new Chosen(
          head, new Decoding.Ids(wanted.name(), single.get(), (ClassMap) head.kind()));
    }
    if (single.isPresent()) {
      throw new ImportException(
          "output '%s' of %s is %s, one fraction for each pixel, which is neither ids nor scores of classes; a mask is --output %s:mask or %s:mask-logits"
              .formatted(wanted.name(), file.path(), values.words(), wanted.name(), wanted.name()));
    }
    List<MapShape> fits =
        set == null ? maps : maps.stream().filter(each -> each.channels() == set.size()).toList();
    if (fits.isEmpty()) {
      throw new ImportException(
          "output '%s' of %s is %s, with scores of %s classes, but %d classes are named%s"
              .formatted(
                  wanted.name(),
                  file.path(),
                  values.words(),
                  maps.stream()
                      .map(each -> Integer.toString(each.channels()))
                      .collect(Collectors.joining(" or ")),
                  set.size(),
                  told.classes() == null ? " (%s)".formatted(known.words()) : " by --classes"));
    }
    MapShape shape =
        fits.stream()
            .filter(each -> each.channelsLast() != input.channelsFirst())
            .findFirst()
            .orElse(fits.get(0));
    if (set == null) {
      missing.add(
          "the names of the %d classes of its output '%s' %s (--classes FILE, or --classes %d where they have none)"
              .formatted(shape.channels(), wanted.name(), values.words(), shape.channels()));
      return null;
    }
    requireNumbers(wanted.name());
    Head head = named(wanted, head(ClassMap.class, set, 1));
    return new Chosen(head, new Decoding.Scores(wanted.name(), shape, (ClassMap) head.kind()));
  }

  private Chosen mask(Wanted wanted, Meaning meaning, MapShape shape) throws ImportException {
    ClassSet set = set();
    if (set == null) {
      missing.add(
          "the names of its two classes, not masked and masked (--classes FILE, or --classes 2 where they have none)");
      return null;
    }
    if (set.size() == 1) {
      set = ClassNames.withBackground(set); // what is masked is named, what is not needs no name
    }
    if (set.size() != 2) {
      throw new ImportException(
          "output '%s' of %s is a mask, which has 2 classes, not masked and masked, but %d are named (%s); --classes names others"
              .formatted(
                  wanted.name(),
                  file.path(),
                  set.size(),
                  told.classes() == null ? known.words() : "--classes"));
    }
    requireNumbers(wanted.name());
    double threshold =
        told.threshold() != null ? told.threshold() : meaning == Meaning.MASK ? 0.5 : 0;
    Head head = named(wanted, head(ClassMap.class, set, 1));
    return new Chosen(
        head,
        new Decoding.Mask(
            wanted.name(),
            shape,
            threshold,
            meaning == Meaning.MASK_LOGITS,
            (ClassMap) head.kind()));
  }

  /** The output that holds rows of boxes with coefficients, where there are prototypes too. */
  private Optional<String> detections() {
    return outputs.keySet().stream().filter(each -> layout(each) != null).findFirst();
  }

  /** How rows of boxes lie in an output. */
  private record Rows(String prototypes, MapShape shape, int rows, boolean first, boolean done) {}

  private Rows layout(String name) {
    long[] shape = outputs.get(name).shape();
    if (shape.length != 3 || shape[0] != 1 || outputs.get(name).isWhole()) {
      return null;
    }
    for (String other : outputs.keySet()) {
      if (outputs.get(other).shape().length != 4) {
        continue;
      }
      for (MapShape each : maps(other)) {
        int p = each.channels();
        if (each.channelsLast() || p < 2 || p > MOST_PROTOTYPES) {
          continue;
        }
        if (shape[2] == Instances.BOX + Instances.FINISHED + p && shape[1] > 1) {
          return new Rows(other, each, (int) shape[1], true, true);
        }
        // One row for each place of three grids, with strides of 8, 16 and 32.
        long places = 0;
        for (int stride = 8; stride <= 32; stride *= 2) {
          places += (long) (input.height() / stride) * (input.width() / stride);
        }
        if (shape[2] == places && shape[1] > Instances.BOX + p) {
          return new Rows(other, each, (int) places, false, false);
        }
        if (shape[1] == places && shape[2] > Instances.BOX + p) {
          return new Rows(other, each, (int) places, true, false);
        }
      }
    }
    return null;
  }

  private Chosen instances(Wanted wanted) throws ImportException {
    Rows rows = layout(wanted.name());
    if (rows == null) {
      throw new ImportException(
          "%s gives %s: '%s' holds no rows of boxes whose coefficients fit prototypes in another output"
              .formatted(file.path(), listed(outputs.keySet()), wanted.name()));
    }
    if (opset < Instances.OPSET) {
      throw new ImportException(
          "%s is of opset %d, in which overlapping boxes cannot be left out; export it with opset %d or newer"
              .formatted(file.path(), opset, Instances.OPSET));
    }
    ClassSet set = set();
    long[] shape = outputs.get(wanted.name()).shape();
    long values = rows.first() ? shape[2] : shape[1];
    int classes =
        rows.done()
            ? set == null ? 0 : set.size()
            : (int) values - Instances.BOX - rows.shape().channels();
    if (set == null) {
      missing.add(
          "the names of its %sclasses (--classes FILE, or how many)"
              .formatted(rows.done() ? "" : classes + " "));
      return null;
    }
    if (set.size() != classes) {
      throw new ImportException(
          "output '%s' of %s has scores of %d classes, but %d are named; the background is added and needs no name"
              .formatted(wanted.name(), file.path(), classes, set.size()));
    }
    requireNumbers(wanted.name());
    Head head = named(wanted, head(ClassMap.class, ClassNames.withBackground(set), 1));
    return new Chosen(
        head,
        new Instances(
            wanted.name(),
            rows.prototypes(),
            classes,
            rows.rows(),
            rows.first(),
            rows.done(),
            rows.shape(),
            told.score(),
            told.overlap(),
            (ClassMap) head.kind()));
  }

  /** The classes; null where nobody names any. */
  private ClassSet set() throws ImportException {
    return told.classes() != null
        ? ClassNames.read(told.classes())
        : known.classes().isEmpty() ? null : ClassNames.of(known.classes(), file.path().toString());
  }

  private static Head named(Wanted wanted, Head head) {
    return wanted.id() == null ? head : new Head(wanted.id(), head.kind());
  }

  /** What the product's own task of that kind is called, so that topics and truth are the same. */
  private static Head head(Class<? extends HeadKind> kind, ClassSet classes, double maxMetres) {
    TaskType type =
        Tasks.all().stream()
            .filter(each -> kind.isInstance(each.any().head().kind()))
            .findFirst()
            .orElseThrow();
    ClassSet set = classes == null ? ClassSet.NYU_13 : classes;
    return type.create(new TaskType.Settings(set, maxMetres)).head();
  }

  /** Ids that are no class make a bundle that refuses itself; said before. */
  static void requireNamed(Path file, Chosen chosen, Map<String, Values> outputs)
      throws ImportException {
    if (chosen.decoding() instanceof Decoding.Ids ids) {
      Values values = outputs.get(ids.tensor());
      Set<Integer> named =
          ids.kind().classes().stream().map(ClassLabel::id).collect(Collectors.toSet());
      for (long id : values.asIds()) {
        if (id < 0 || id > Integer.MAX_VALUE || !named.contains((int) id)) {
          throw new ImportException(
              "output '%s' of %s gave the id %d, but %d classes are named, 0 to %d; give --classes with all of them"
                  .formatted(ids.tensor(), file, id, named.size(), ids.kind().idLimit() - 1));
        }
      }
    }
  }
}
