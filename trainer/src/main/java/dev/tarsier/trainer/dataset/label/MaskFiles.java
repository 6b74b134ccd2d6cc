package dev.tarsier.trainer.dataset.label;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.StoredImage;
import dev.tarsier.trainer.task.ClassSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An image of labels for each frame: ids in one channel, indices of a palette, or colours. What
 * they mean says the label map, or else the classes themselves. Black that means nothing is
 * background; 255 and VOC's colour of the void are no class.
 */
final class MaskFiles implements Labels {
  private static final int NONE = -1;

  /** In the names of Cityscapes' files that store ids of training, which are the classes' own. */
  private static final String TRAIN_IDS = "_labelTrainIds.";

  private static final ClassSet CITYSCAPES = ClassSet.of("cityscapes19");

  private final List<NamedFile> files;
  private final LabelMap map;
  private final LabelNames names;

  /** The classes by the numbers in files. */
  private final ClassSet numbered;

  private final AtomicBoolean holdsOnly0And255 = new AtomicBoolean(true);
  private final AtomicBoolean holds255 = new AtomicBoolean();

  /**
   * Masks.
   *
   * @param files one for each labelled frame. Not modified.
   * @param map what they mean; null where the classes say it
   */
  MaskFiles(List<NamedFile> files, LabelMap map, LabelNames names) {
    this.files = List.copyOf(files);
    this.map = map;
    this.names = names;
    boolean trainIds =
        names.classes().equals(CITYSCAPES)
            && files.stream()
                .allMatch(each -> each.path().getFileName().toString().contains(TRAIN_IDS));
    numbered = trainIds ? names.classes().storedByOwnIds() : names.classes();
  }

  /** Remembers whether all masks are of 0 and 255 alone, as masks of one thing are. */
  private void note(StoredImage mask) {
    if (map != null || mask.numbers() == null || mask.colors() != null) {
      holdsOnly0And255.set(false);
      return;
    }
    for (int value : mask.numbers()) {
      if (value == ClassMap.USUAL_IGNORE_ID) {
        holds255.set(true);
      } else if (value != 0) {
        holdsOnly0And255.set(false);
        return;
      }
    }
  }

  @Override
  public List<String> remarks() {
    boolean ignored = numbered.ofStored(ClassMap.USUAL_IGNORE_ID) == ClassMap.USUAL_IGNORE_ID;
    return ignored && numbered.ofStored(0) >= 0 && holdsOnly0And255.get() && holds255.get()
        ? List.of(
            "all masks hold 0 and 255 alone: 0 is %s, and 255 is no class; where 255 is what was labelled, say so with merges: {255: CLASS}"
                .formatted(
                    numbered.ofStored(0) == ClassMap.USUAL_IGNORE_ID
                        ? "ignored"
                        : "'" + numbered.names().get(numbered.ofStored(0)) + "'"))
        : List.of();
  }

  @Override
  public String format() {
    return map == null
        ? "masks of the classes' ids or colours"
        : "masks with " + map.file().getFileName();
  }

  @Override
  public List<String> frames() {
    return files.stream().map(NamedFile::name).toList();
  }

  /** Something stored that is no class. */
  private static final class Strange {
    private final int first;
    private long pixels;

    Strange(int first) {
      this.first = first;
    }
  }

  @Override
  public byte[] read(int frame, int width, int height) {
    Path file = files.get(frame).path();
    StoredImage mask = readable(StoredImage.of(file.toString(), DataFile.bytes(file)));
    LabelFiles.requireSize(file.toString(), mask.width(), mask.height(), width, height);
    boolean colored = isColored(mask);
    int[] stored = colored ? mask.colors() : mask.numbers();
    note(mask);
    byte[] ids = new byte[stored.length];
    Map<Integer, Strange> strange = new LinkedHashMap<>();
    int last = stored[0] + 1;
    int id = NONE;
    for (int i = 0; i < ids.length; i++) {
      if (mask.opacity() != null && mask.opacity()[i] == 0) {
        ids[i] = (byte) names.background();
        continue;
      }
      if (stored[i] != last) {
        last = stored[i];
        id = colored ? ofColor(last) : ofNumber(last);
      }
      if (id < 0) {
        int at = i;
        strange.computeIfAbsent(last, each -> new Strange(at)).pixels++;
      }
      ids[i] = (byte) id;
    }
    if (!strange.isEmpty()) {
      throw unknown(file, strange, colored, width);
    }
    return ids;
  }

  private boolean isColored(StoredImage mask) {
    if (mask.numbers() == null) {
      return true;
    }
    if (mask.colors() == null) {
      return false;
    }
    return map != null ? !map.paletted() : isPaintedInClassColors(mask);
  }

  /**
   * Whether a palette's colours are those of the classes and its indices mean other ones: a program
   * that saved colours anew numbered them as they came.
   */
  private boolean isPaintedInClassColors(StoredImage mask) {
    Map<Integer, Integer> used = new HashMap<>();
    for (int i = 0; i < mask.numbers().length; i++) {
      used.put(mask.numbers()[i], mask.colors()[i]);
    }
    boolean otherwise = false;
    for (Map.Entry<Integer, Integer> each : used.entrySet()) {
      int color = each.getValue();
      if (color == 0 || color == LabelMap.VOID) {
        continue;
      }
      int id = names.classes().ofColor(color);
      if (id < 0) {
        return false;
      }
      otherwise |= id != ofNumber(each.getKey());
    }
    return otherwise;
  }

  /** A mask of one channel whose values are greys of a map that gives colours, as those colours. */
  private StoredImage readable(StoredImage mask) {
    if (mask.colors() != null || map == null || map.paletted()) {
      return mask;
    }
    boolean greys =
        Arrays.stream(mask.numbers())
            .distinct()
            .allMatch(value -> value < 256 && map.colors().containsKey(value * 0x010101));
    return greys ? mask.asColors() : mask;
  }

  /** Goes through all masks once: pixels of each class of the map, and of what has no name. */
  LabelSurvey survey() {
    Map<Integer, Long> ofColors = new TreeMap<>();
    Map<Integer, Long> ofNumbers = new TreeMap<>();
    Map<Integer, String> firstColored = new HashMap<>();
    Map<Integer, String> firstNumbered = new HashMap<>();
    for (NamedFile each : files) {
      String file = each.path().toString();
      StoredImage mask = readable(StoredImage.of(file, DataFile.bytes(each.path())));
      boolean colored = isColored(mask);
      int[] stored = colored ? mask.colors() : mask.numbers();
      Map<Integer, Long> counts = colored ? ofColors : ofNumbers;
      Map<Integer, String> first = colored ? firstColored : firstNumbered;
      for (int i = 0, run = 1; i < stored.length; i++, run++) {
        if (i + 1 == stored.length || stored[i + 1] != stored[i]) {
          counts.merge(stored[i], (long) run, Long::sum);
          first.putIfAbsent(stored[i], file);
          run = 0;
        }
      }
    }
    List<LabelSurvey.Entry> entries = new ArrayList<>();
    for (int id = 0; map != null && id < map.names().size(); id++) {
      String name = map.names().get(id);
      Integer color = map.colorOf(name);
      Long painted = color == null ? null : ofColors.remove(color);
      Long numbered = ofNumbers.remove(id);
      long pixels = (painted == null ? 0 : painted) + (numbered == null ? 0 : numbered);
      String first = painted == null ? firstNumbered.get(id) : firstColored.get(color);
      entries.add(new LabelSurvey.Entry(name, color, null, pixels, true, first));
    }
    if (map != null) {
      ofColors.keySet().removeAll(List.of(0, LabelMap.VOID));
      ofNumbers.remove(ClassMap.USUAL_IGNORE_ID);
    }
    ofColors.forEach(
        (color, pixels) ->
            entries.add(
                new LabelSurvey.Entry(null, color, null, pixels, true, firstColored.get(color))));
    ofNumbers.forEach(
        (id, pixels) ->
            entries.add(
                new LabelSurvey.Entry(null, null, id, pixels, true, firstNumbered.get(id))));
    return new LabelSurvey(format(), files.size(), entries);
  }

  private int ofColor(int color) {
    String name = map == null ? null : map.colors().get(color);
    return name != null
        ? names.of(name)
        : map == null ? ofColor(color, names) : ofUnnamed(color, names);
  }

  /** The class of a colour where no map says what colours mean; −1 where it is none. */
  static int ofColor(int color, LabelNames names) {
    int id = names.classes().ofColor(color);
    return id >= 0 ? id : ofUnnamed(color, names);
  }

  private static int ofUnnamed(int color, LabelNames names) {
    return color == 0
        ? names.background()
        : color == LabelMap.VOID ? ClassMap.USUAL_IGNORE_ID : NONE;
  }

  private int ofNumber(int number) {
    if (map == null) {
      return numbered.ofStored(number);
    }
    if (number < map.names().size()) {
      return names.of(map.names().get(number));
    }
    return number == ClassMap.USUAL_IGNORE_ID ? number : NONE;
  }

  private DataException unknown(
      Path file, Map<Integer, Strange> strange, boolean colored, int width) {
    Map.Entry<Integer, Strange> first = strange.entrySet().iterator().next();
    int value = first.getKey();
    String name =
        map == null
            ? null
            : colored
                ? map.colors().get(value)
                : value < map.names().size() ? map.names().get(value) : null;
    String what =
        name != null
            ? "class '%s'".formatted(name)
            : colored ? "colour " + LabelMap.text(value) : "label " + value;
    String where =
        "%s has %d pixels of %s, the first at (%d, %d)%s"
            .formatted(
                file,
                first.getValue().pixels,
                what,
                first.getValue().first % width,
                first.getValue().first / width,
                strange.size() == 1 ? "" : ", and of %d others".formatted(strange.size() - 1));
    if (name != null) {
      return new DataException(
          "%s, which the classes of %s lack; add it, or say what it is with merges: {'%s': CLASS} or ignored: ['%s']"
              .formatted(where, names.classes().id(), name, name));
    }
    if (!colored) {
      return new DataException(
          "%s, which is none of %s; say what it is with ids, merges or ignored of classes"
              .formatted(where, map == null ? "the ids of " + names.classes().id() : map.file()));
    }
    return new DataException(
        "%s, which is none of %s; the nearest is %s"
            .formatted(
                where,
                map == null ? "the colours of " + names.classes().id() : map.file(),
                nearest(value, map == null ? colors(names.classes()) : map.colors())));
  }

  /** Names of classes by their colours. */
  static Map<Integer, String> colors(ClassSet classes) {
    Map<Integer, String> colors = new LinkedHashMap<>();
    for (int id = 0; id < classes.size(); id++) {
      colors.put(classes.colors().get(id), classes.names().get(id));
    }
    return colors;
  }

  /** Name and colour of the nearest of known colours. */
  static String nearest(int color, Map<Integer, String> known) {
    Map.Entry<Integer, String> best = null;
    for (Map.Entry<Integer, String> each : known.entrySet()) {
      if (best == null || distance(each.getKey(), color) < distance(best.getKey(), color)) {
        best = each;
      }
    }
    return "%s %s".formatted(best.getValue(), LabelMap.text(best.getKey()));
  }

  private static int distance(int a, int b) {
    int red = (a >> 16 & 255) - (b >> 16 & 255);
    int green = (a >> 8 & 255) - (b >> 8 & 255);
    int blue = (a & 255) - (b & 255);
    return red * red + green * green + blue * blue;
  }
}
