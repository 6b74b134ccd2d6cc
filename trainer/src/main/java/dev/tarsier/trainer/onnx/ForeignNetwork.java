package dev.tarsier.trainer.onnx;

import ai.onnxruntime.OrtException;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.onnx.OutputChoice.Chosen;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Someone else's network as it came, of which is known what it takes and what it says. It is run in
 * plain ONNX Runtime on the processor; its input is prepared and its outputs are read outside of
 * the graph, as an import compares by.
 *
 * <pre>
 *   uint8 [H,W,3] RGB ─(stretched, InputRule)─▶ network ─▶ Answer: probabilities [C,h,w], or values [h,w]
 * </pre>
 *
 * <p>A value; it holds no file open. Any thread.
 */
public final class ForeignNetwork {
  private static final String LOGITS = "logits";
  private static final String SOFTMAX = "softmax";

  private final OnnxFile.Identity identity;
  private final InputRule rule;
  private final List<Chosen> chosen;

  /** Ids of heads whose scores are logits. */
  private final Set<String> logits;

  private final List<String> notes;

  private ForeignNetwork(
      OnnxFile.Identity identity,
      InputRule rule,
      List<Chosen> chosen,
      Set<String> logits,
      List<String> notes) {
    this.identity = identity;
    this.rule = rule;
    this.chosen = List.copyOf(chosen);
    this.logits = Set.copyOf(logits);
    this.notes = List.copyOf(notes);
  }

  /**
   * Finds out what a network takes and says, by what stands in and beside its file, by what a
   * person says, and by a run.
   *
   * @param path of the ONNX file; weights beside it are read too. Not modified.
   * @param told what a person says of it; name, licence, intrinsics and pictures are of no use
   * @param decode what its outputs say that {@code told} names no meaning of: a meaning, or {@code
   *     logits} or {@code softmax} of classes; null where nothing is said
   * @throws ImportException if it cannot be used, or more must be told; options are called by their
   *     names on the command line
   * @throws IllegalArgumentException if what is told cannot be
   */
  public static ForeignNetwork read(Path path, ImportOptions told, String decode)
      throws IOException {
    Meaning meaning = decode == null ? null : meaning(decode);
    OnnxFile file = OnnxFile.read(path);
    Known known = Known.of(file, told.config());
    if (meaning != null) {
      known = known.saying(meaning);
    }
    try (Original original = Original.open(path)) {
      Missing missing = new Missing();
      InputChoice.Tried tried =
          InputChoice.of(file, known, told, original, missing, (w, h) -> picture(w, h, 0));
      OutputChoice.Choice choice = OutputChoice.of(file, known, told, tried, missing);
      missing.require(path);
      List<String> notes = new ArrayList<>(choice.notes());
      notes.add(0, known.words());
      Set<String> logits = new LinkedHashSet<>();
      for (Chosen each : choice.chosen()) {
        if (meaning != null) {
          requireKind(path, meaning, each, tried.outputs(), told.outputs());
        }
        if (each.decoding() instanceof Decoding.Scores scores) {
          boolean between = Probabilities.areThey(tried.outputs().get(scores.tensor()).asFloats());
          String said = String.valueOf(decode).toLowerCase(Locale.ROOT);
          if (said.equals(SOFTMAX) && !between) {
            throw new ImportException(
                "%s: decode is softmax, but '%s' has values outside of 0 to 1; they are logits"
                    .formatted(path, scores.tensor()));
          }
          if (said.equals(LOGITS) || (!between && !said.equals(SOFTMAX))) {
            logits.add(each.head().id());
          }
        }
      }
      return new ForeignNetwork(file.identity(), tried.rule(), choice.chosen(), logits, notes);
    }
  }

  private static Meaning meaning(String decode) {
    return Meaning.of(decode)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "decode must be %s, got '%s'%s"
                        .formatted(
                            Meaning.all(),
                            decode,
                            NearestName.question(
                                    decode,
                                    Arrays.stream(Meaning.values()).map(Meaning::id).toList())
                                .orElse(""))));
  }

  /** What a person says of an output must be what it can be. */
  private static void requireKind(
      Path path, Meaning meaning, Chosen chosen, Map<String, Values> outputs, List<String> told)
      throws ImportException {
    String tensor = chosen.decoding().tensors().get(0);
    boolean saidOfItself = told.stream().anyMatch(each -> each.startsWith(tensor + ":"));
    HeadKind kind = chosen.head().kind();
    boolean fits =
        switch (meaning) {
          case METRIC -> kind instanceof MetricMap;
          case RELATIVE ->
              kind instanceof RelativeMap map && map.larger() == RelativeMap.Larger.FARTHER;
          case DISPARITY ->
              kind instanceof RelativeMap map && map.larger() == RelativeMap.Larger.NEARER;
          default -> kind instanceof ClassMap;
        };
    if (!fits && !saidOfItself) {
      throw new ImportException(
          "output '%s' of %s is %s, which is %s and not %s, as decode says"
              .formatted(
                  tensor,
                  path,
                  outputs.get(tensor).words(),
                  chosen.decoding().words(),
                  meaning.words()));
    }
  }

  /** Something to see: colours that change slowly, with edges; each number is less bright. */
  private static RgbImage picture(int width, int height, int number) {
    byte[] rgb = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = 3 * (y * width + x);
        int tile = (x * 5 / width + y * 4 / height + number) % 3;
        rgb[at] = (byte) (255 * x / width / (1 + number));
        rgb[at + 1] = (byte) (255 * y / height / (1 + number));
        rgb[at + 2] = (byte) (60 + 90 * tile);
      }
    }
    return new RgbImage(width, height, rgb);
  }

  /** What it says, in the order of its outputs: classes, metres, or depth without a unit. */
  public List<Head> heads() {
    return chosen.stream().map(Chosen::head).toList();
  }

  /** The classes that a head tells apart, by their place. */
  public static List<String> classes(Head head) {
    return ((ClassMap) head.kind()).classes().stream().map(ClassLabel::name).toList();
  }

  /** The file. */
  public Path path() {
    return identity.path();
  }

  /** Of the file. */
  public String sha256() {
    return identity.sha256();
  }

  /** What was read and found out besides, for people. */
  public List<String> notes() {
    return notes;
  }

  /** What it takes, for people. */
  public String takes() {
    return rule.toString();
  }

  /** What it says in a head, for people. */
  public String says(Head head) {
    return of(head).decoding().words();
  }

  /** All that decides what it says in a head, but for ONNX Runtime, by name. */
  public Map<String, Object> describe(Head head) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("sha256", identity.sha256());
    all.put("data_files", identity.dataFiles());
    all.put("tensor", rule.tensor());
    all.put("axes", rule.axes());
    all.put("input", rule.toString());
    all.put("normalisation", rule.normalisation().toString());
    all.put("decoding", of(head).decoding().toString());
    all.put("logits", logits.contains(head.id()));
    return all;
  }

  private Chosen of(Head head) {
    return chosen.stream().filter(each -> each.head().equals(head)).findFirst().orElseThrow();
  }

  /**
   * What it gave for one image. The image was stretched to the input, so a head's map covers the
   * whole of it, whatever its size.
   */
  public final class Answer {
    private final Map<String, Values> outputs;

    private Answer(Map<String, Values> outputs) {
      this.outputs = outputs;
    }

    /**
     * How probable each class of a head is.
     *
     * @return float32 [C, height, width] by {@link #classes}; the sum at a pixel is 1 or less
     */
    public float[] probabilities(Head head, int height, int width) {
      return Probabilities.of(
          of(head).decoding(), outputs, logits.contains(head.id()), height, width);
    }

    /**
     * The values of a head that says depth.
     *
     * @return float32 [height, width]; may hold what is no number
     */
    public float[] values(Head head, int height, int width) {
      return of(head).decoding().decode(outputs, height, width).valueArray();
    }
  }

  /** Runs it. One thread; must be closed. */
  public final class Session implements AutoCloseable {
    private final Original original;
    private final int most;

    private Session(Original original, int most) {
      this.original = original;
      this.most = most;
    }

    /** How many images it takes at once. */
    public int batch() {
      return most;
    }

    /**
     * What it says of images.
     *
     * @param images of any size; they are stretched. Not modified.
     * @param names of the images, for messages
     * @throws ImportException names the image on which it fails or gives what is no number
     */
    public List<Answer> run(List<RgbImage> images, List<String> names) throws ImportException {
      List<RgbImage> stretched =
          images.stream().map(each -> each.stretch(rule.width(), rule.height())).toList();
      List<Answer> answers = new ArrayList<>();
      for (int first = 0; first < images.size(); first += most) {
        List<RgbImage> some = stretched.subList(first, Math.min(first + most, images.size()));
        List<Map<String, Values>> outputs;
        try {
          outputs = apart(original.run(rule, some), some.size());
        } catch (OrtException e) {
          throw new ImportException(
              "%s does not run on %s: %s".formatted(path(), names.get(first), Original.reason(e)),
              e);
        }
        for (int i = 0; i < some.size(); i++) {
          require(outputs.get(i), names.get(first + i));
          answers.add(new Answer(outputs.get(i)));
        }
      }
      return answers;
    }

    @Override
    public void close() {
      original.close();
    }
  }

  private static List<Map<String, Values>> apart(Map<String, Values> outputs, int images) {
    if (images == 1) {
      return List.of(outputs);
    }
    List<Map<String, Values>> all = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      int image = i;
      all.add(
          outputs.entrySet().stream()
              .filter(each -> holds(each.getValue(), images))
              .collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().of(image))));
    }
    return all;
  }

  private static boolean holds(Values values, int images) {
    return values.shape().length > 1 && values.shape()[0] == images;
  }

  /** Nothing is learned from what is no number, nor from ids that nobody named. */
  private void require(Map<String, Values> outputs, String image) throws ImportException {
    for (Chosen each : chosen) {
      for (String tensor : each.decoding().tensors()) {
        Values values = outputs.get(tensor);
        int bad = 0;
        for (int i = 0; !values.isWhole() && i < values.floats().length; i++) {
          bad += Float.isNaN(values.floats()[i]) ? 1 : 0;
        }
        if (bad > 0) {
          throw new ImportException(
              "output '%s' of %s is no number (NaN) in %,d of %,d places on %s; the network is damaged, or its pixels are scaled otherwise"
                  .formatted(tensor, path(), bad, values.floats().length, image));
        }
      }
      OutputChoice.requireNamed(path(), each, outputs);
    }
  }

  /**
   * Makes it ready to run.
   *
   * @param most how many images to give it at once, where it takes several and says of each what it
   *     says of it alone
   * @throws ImportException if the file is no longer what was read, or does not run
   */
  public Session open(int most) throws IOException {
    if (!OnnxFile.read(path()).identity().equals(identity)) {
      throw new ImportException(path() + " was changed while it was used; run it again");
    }
    Original original = Original.open(path());
    try {
      return new Session(original, most > 1 && takesSeveral(original) ? most : 1);
    } catch (OrtException e) {
      original.close();
      throw new ImportException("%s does not run: %s".formatted(path(), Original.reason(e)), e);
    }
  }

  /** Many files name a batch that their network does not take, or mixes up; so it is tried. */
  private boolean takesSeveral(Original original) throws OrtException {
    if (rule.axes() != 4) {
      return false;
    }
    List<RgbImage> two =
        List.of(picture(rule.width(), rule.height(), 0), picture(rule.width(), rule.height(), 1));
    Map<String, Values> together;
    try {
      together = original.run(rule, two);
    } catch (OrtException e) {
      return false;
    }
    for (int i = 0; i < two.size(); i++) {
      Map<String, Values> alone = original.run(rule, two.get(i));
      for (Chosen each : chosen) {
        for (String tensor : each.decoding().tensors()) {
          Values values = together.get(tensor);
          if (values == null || !holds(values, two.size())) {
            return false;
          }
          if (!same(values.of(i), alone.get(tensor))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Sums in another order differ in their last bits. */
  private static boolean same(Values a, Values b) {
    if (!Arrays.equals(a.shape(), b.shape()) || a.isWhole() != b.isWhole()) {
      return false;
    }
    if (a.isWhole()) {
      return Arrays.equals(a.ids(), b.ids());
    }
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    float off = 0;
    for (int i = 0; i < a.floats().length; i++) {
      least = Math.min(least, b.floats()[i]);
      most = Math.max(most, b.floats()[i]);
      off = Math.max(off, Math.abs(a.floats()[i] - b.floats()[i]));
    }
    return off <= Agreement.MOST_OFF * (most - least);
  }
}
