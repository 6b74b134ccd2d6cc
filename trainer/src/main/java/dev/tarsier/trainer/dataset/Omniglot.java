package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Omniglot (Lake et al., <i>Human-level concept learning through probabilistic program
 * induction</i>, Science 2015): 1,623 characters of 50 alphabets, each drawn by 20 people, as its
 * authors publish it: {@code images_background.zip} with 30 alphabets and {@code
 * images_evaluation.zip} with the other 20, where {@code Greek/character01/0394_01.png} is what the
 * first person drew. Classes are named {@code Greek/character01}.
 *
 * <p>Pictures are small enough to be kept as they are stored. Any thread.
 */
public final class Omniglot implements SampleSource {
  private static final String NAME = "omniglot";
  private static final List<String> ZIPS =
      List.of("images_background.zip", "images_evaluation.zip");
  private static final int DRAWERS = 20;

  private static final Pattern PICTURE =
      Pattern.compile("(?:images_[a-z]+/)?([^/]+/character\\d\\d)/\\d+_(\\d\\d)\\.png");

  /** Alphabets and how many characters each has, of the first file and then of the second. */
  private static final String ALPHABETS =
      """
      Alphabet_of_the_Magi 20, Anglo-Saxon_Futhorc 29, Arcadian 26, Armenian 41,
      Asomtavruli_(Georgian) 40, Balinese 24, Bengali 46,
      Blackfoot_(Canadian_Aboriginal_Syllabics) 14, Braille 26, Burmese_(Myanmar) 34,
      Cyrillic 33, Early_Aramaic 22, Futurama 26, Grantha 43, Greek 24, Gujarati 48, Hebrew 22,
      Inuktitut_(Canadian_Aboriginal_Syllabics) 16, Japanese_(hiragana) 52,
      Japanese_(katakana) 47, Korean 40, Latin 26, Malay_(Jawi_-_Arabic) 40,
      Mkhedruli_(Georgian) 41, N_Ko 33, Ojibwe_(Canadian_Aboriginal_Syllabics) 14, Sanskrit 42,
      Syriac_(Estrangelo) 23, Tagalog 17, Tifinagh 55,
      Angelic 20, Atemayar_Qelisayer 26, Atlantean 26, Aurek-Besh 26, Avesta 26, Ge_ez 26,
      Glagolitic 45, Gurmukhi 45, Kannada 41, Keble 26, Malayalam 47, Manipuri 40, Mongolian 30,
      Old_Church_Slavonic_(Cyrillic) 45, Oriya 46, Sylheti 28, Syriac_(Serto) 23, Tengwar 25,
      Tibetan 42, ULOG 26
      """;

  /** Names of the characters by class id. */
  static final List<String> CHARACTERS = characters();

  private static List<String> characters() {
    List<String> names = new ArrayList<>();
    for (String alphabet : ALPHABETS.strip().split(",\\s+")) {
      int space = alphabet.lastIndexOf(' ');
      int count = Integer.parseInt(alphabet.substring(space + 1));
      for (int k = 1; k <= count; k++) {
        names.add("%s/character%02d".formatted(alphabet.substring(0, space), k));
      }
    }
    return List.copyOf(names);
  }

  /**
   * Characters of many alphabets.
   *
   * @param root folder with the two zip files
   * @param task whose classes the characters are; {@code character_class} when absent
   * @param firstDrawer of the people whose drawings are used, 1 to 20; 1 when absent
   * @param drawers how many of them; 0, all from the first on, when absent
   * @param perEpoch pictures an epoch takes; 0 when absent
   * @param depthProtocol of no consequence
   * @param optional false when absent
   */
  public record Options(
      String root,
      String task,
      Integer firstDrawer,
      Integer drawers,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("root", root);
      task = task == null ? "character_class" : task;
      firstDrawer = firstDrawer == null ? 1 : firstDrawer;
      drawers = drawers == null ? 0 : drawers;
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
      if (firstDrawer < 1 || drawers < 0 || firstDrawer + Math.max(1, drawers) - 1 > DRAWERS) {
        throw new IllegalArgumentException(
            "first_drawer and drawers must be some of the people 1 to %d, got %d and %d"
                .formatted(DRAWERS, firstDrawer, drawers));
      }
    }

    private int lastDrawer() {
      return drawers == 0 ? DRAWERS : firstDrawer + drawers - 1;
    }

    @Override
    public Map<String, List<String>> imageClasses() {
      return Map.of(task, CHARACTERS);
    }

    @Override
    public DepthScale depthScale() {
      return DepthScale.NONE;
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      return with.present(root, this).map(found -> new Omniglot(found, this));
    }
  }

  /** Registers it. */
  public static final class Registered extends DataSet.Kind {
    /** For the service loader. */
    public Registered() {
      super(NAME, Options.class);
    }

    @Override
    public Optional<String> licence(String data) {
      return data.startsWith(NAME + "/")
          ? Optional.of("Omniglot (Lake et al., 2015) has the MIT licence.")
          : Optional.empty();
    }
  }

  /**
   * A picture.
   *
   * @param png as it is stored
   */
  private record Drawing(int character, int drawer, Path file, byte[] png) {}

  private final Options section;
  private final List<Drawing> drawings = new ArrayList<>();
  private String sha256;

  /**
   * Reads the files.
   *
   * @throws DataException if one is missing, damaged, or has other characters than the published
   *     ones; the message names it
   */
  Omniglot(Path root, Options section) {
    this.section = section;
    Map<String, Integer> ids = new HashMap<>();
    CHARACTERS.forEach(name -> ids.put(name, ids.size()));
    for (String zip : ZIPS) {
      read(root.resolve(zip), ids);
    }
    drawings.sort(Comparator.comparingInt(Drawing::character).thenComparingInt(Drawing::drawer));
  }

  private void read(Path path, Map<String, Integer> ids) {
    if (!Files.isRegularFile(path)) {
      throw new DataException(
          "%s is missing; both %s are needed, as they are published"
              .formatted(path, String.join(" and ", ZIPS)));
    }
    int before = drawings.size();
    try (ZipFile zip = new ZipFile(path.toFile())) {
      for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(ZipEntry.class::cast)::iterator) {
        Matcher picture = PICTURE.matcher(entry.getName());
        if (!picture.matches()) {
          continue; // folders, and what archivers of some systems add
        }
        Integer character = ids.get(picture.group(1));
        if (character == null) {
          throw new DataException(
              "%s: %s is none of the %,d published characters"
                  .formatted(path, picture.group(1), CHARACTERS.size()));
        }
        int drawer = Integer.parseInt(picture.group(2));
        if (drawer >= section.firstDrawer() && drawer <= section.lastDrawer()) {
          byte[] png = zip.getInputStream(entry).readAllBytes();
          drawings.add(new Drawing(character, drawer, path.resolve(entry.getName()), png));
        }
      }
    } catch (IOException e) {
      throw new DataException(
          "%s is no readable zip file: %s; an interrupted download looks like this"
              .formatted(path, e.getMessage()),
          e);
    }
    if (drawings.size() == before) {
      throw new DataException(
          "%s has no pictures such as images_background/Greek/character01/0394_01.png of the people %d to %d"
              .formatted(path, section.firstDrawer(), section.lastDrawer()));
    }
  }

  @Override
  public int size() {
    return drawings.size();
  }

  @Override
  public Sample get(int index) {
    Drawing drawing = drawings.get(index);
    RgbImage image = DataFile.rgb(drawing.file(), drawing.png());
    return Sample.of(drawing.file().toString(), image.width(), image.height(), image.pixels())
        .with(section.task(), Plane.ofImageId(drawing.character()));
  }

  /** Such as {@code omniglot/people-1-12}. */
  @Override
  public String name() {
    return "%s/people-%d-%d".formatted(NAME, section.firstDrawer(), section.lastDrawer());
  }

  @Override
  public synchronized String sha256() {
    if (sha256 == null) {
      ContentHash hash = new ContentHash().add(section.task());
      for (Drawing each : drawings) {
        hash.add(CHARACTERS.get(each.character())).add(each.png());
      }
      sha256 = hash.hex();
    }
    return sha256;
  }
}
