package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.tensor.RgbImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Street View House Numbers (Netzer et al., <i>Reading Digits in Natural Images with Unsupervised
 * Feature Learning</i>, 2011) as its authors publish it, a digit at a time. In both formats a label
 * of 10 stands for the digit 0.
 *
 * <ul>
 *   <li>Cropped digits: {@code train_32x32.mat} with {@code X}, uint8 [32,32,3,N], and {@code y}.
 *   <li>Full numbers: a folder of PNGs with {@code digitStruct.mat}, where the digits are. Each is
 *       cut out as the authors did: a box is made a square about its middle; pixels beyond the
 *       picture repeat its edge.
 * </ul>
 *
 * <p>Any thread.
 */
public final class Svhn implements SampleSource {
  private static final String NAME = "svhn";
  private static final String PREFIX = NAME + "/";
  private static final String STRUCT = "digitStruct.mat";

  /** What the files call the digit 0. */
  private static final int LABEL_OF_ZERO = 10;

  /**
   * House numbers.
   *
   * @param path {@code train_32x32.mat}, or a folder such as {@code train} with {@code
   *     digitStruct.mat} in it
   * @param task whose classes the digits are; {@code digit_class} when absent
   * @param firstDigit the first one, in the files' order; 0 when absent
   * @param digits how many; 0, all after the first, when absent
   * @param perEpoch digits an epoch takes; 0 when absent
   * @param depthProtocol of no consequence
   * @param optional false when absent
   */
  public record Options(
      String path,
      String task,
      Integer firstDigit,
      Integer digits,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("path", path);
      task = task == null ? "digit_class" : task;
      firstDigit = firstDigit == null ? 0 : firstDigit;
      digits = digits == null ? 0 : digits;
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
      if (firstDigit < 0 || digits < 0) {
        throw new IllegalArgumentException(
            "first_digit and digits must be >= 0, got %d and %d".formatted(firstDigit, digits));
      }
    }

    @Override
    public Map<String, List<String>> imageClasses() {
      return Map.of(task, IntStream.range(0, LABEL_OF_ZERO).mapToObj(Integer::toString).toList());
    }

    @Override
    public DepthScale depthScale() {
      return DepthScale.NONE;
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      return with.present(path, this).map(found -> new Svhn(found, this));
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
      return data.startsWith(PREFIX)
          ? Optional.of(
              "Street View House Numbers (Netzer et al., 2011) is for non-commercial use only.")
          : Optional.empty();
    }
  }

  /** Digits of one of the formats, in the files' order. */
  private interface Format {
    int size();

    int label(int digit);

    Sample image(int digit);

    /** Adds what decides an image. */
    void hash(int digit, ContentHash hash);
  }

  private final Path path;
  private final Options section;
  private final Format format;
  private final int size;
  private String sha256;

  /**
   * Opens the files and checks them.
   *
   * @throws DataException if a file is missing, damaged or of another format, or has fewer digits
   *     than are asked for
   */
  Svhn(Path path, Options section) {
    this.path = path;
    this.section = section;
    format = Files.isDirectory(path) ? new Full(path) : new Cropped(path);
    int left = format.size() - section.firstDigit();
    if (left < Math.max(1, section.digits())) {
      throw new DataException(
          "%s has %d digits; first_digit: %d with digits: %d asks for more"
              .formatted(path, format.size(), section.firstDigit(), section.digits()));
    }
    size = section.digits() == 0 ? left : section.digits();
    for (int i = 0; i < size; i++) {
      int label = format.label(section.firstDigit() + i);
      if (label < 1 || label > LABEL_OF_ZERO) {
        throw new DataException(
            "%s: digit %d has the label %d; labels are 1 to 10, 10 for the digit 0"
                .formatted(path, section.firstDigit() + i, label));
      }
    }
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Sample get(int index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException("digit must be 0 to " + (size - 1) + ", got " + index);
    }
    int digit = section.firstDigit() + index;
    return format
        .image(digit)
        .with(section.task(), Plane.ofImageId(format.label(digit) % LABEL_OF_ZERO));
  }

  @Override
  public String name() {
    boolean whole = section.firstDigit() == 0 && size == format.size();
    return PREFIX
        + path.getFileName()
        + (whole ? "" : " %d-%d".formatted(section.firstDigit(), section.firstDigit() + size - 1));
  }

  @Override
  public synchronized String sha256() {
    if (sha256 == null) {
      ContentHash hash = new ContentHash().add(section.task());
      for (int i = 0; i < size; i++) {
        format.hash(section.firstDigit() + i, hash);
      }
      sha256 = hash.hex();
    }
    return sha256;
  }

  /** One MATLAB file, of version 5 or 7.3. */
  private static final class Cropped implements Format {
    private final Path path;
    private final MatFile.WholeNumbers images;
    private final double[] labels;
    private final int height;
    private final int width;

    private Cropped(Path path) {
      this.path = path;
      images = MatFile.wholeNumbers(path, "X", 4);
      labels = MatFile.numbers(path, "y");
      height = images.axes().get(0);
      width = images.axes().get(1);
      if (images.axes().get(2) != 3 || images.axes().get(3) != labels.length) {
        throw new DataException(
            "%s: X must be height x width x 3 x digits and y have as many, got %s and %d"
                .formatted(path, images.axes(), labels.length));
      }
    }

    @Override
    public int size() {
      return labels.length;
    }

    @Override
    public int label(int digit) {
      return (int) labels[digit];
    }

    /** MATLAB has rows first, then columns, then colours. */
    private byte[] rgb(int digit) {
      short[] stored = images.frame().apply(digit);
      byte[] rgb = new byte[stored.length];
      for (int c = 0; c < 3; c++) {
        for (int x = 0; x < width; x++) {
          for (int y = 0; y < height; y++) {
            rgb[3 * (y * width + x) + c] = (byte) stored[(c * width + x) * height + y];
          }
        }
      }
      return rgb;
    }

    @Override
    public Sample image(int digit) {
      return Sample.of("%s#%d".formatted(path, digit), width, height, rgb(digit));
    }

    @Override
    public void hash(int digit, ContentHash hash) {
      hash.add(rgb(digit)).add(Integer.toString(label(digit)));
    }
  }

  /** A folder of pictures. */
  private static final class Full implements Format {
    /** A digit's box in a picture: pixels from the left and top edge, the first is 0. */
    private record Box(
        String picture, double left, double top, double width, double height, int label) {
      /** Side of the square. */
      int side() {
        return (int) Math.max(1, Math.round(Math.max(width, height)));
      }
    }

    private final Path folder;
    private final List<Box> boxes = new ArrayList<>();

    private Full(Path folder) {
      this.folder = folder;
      MatFile.StructArray structs = MatFile.open(folder.resolve(STRUCT)).structs("digitStruct");
      for (int i = 0; i < structs.size("bbox"); i++) {
        String picture = structs.text(i, "name");
        double[] label = structs.numbers(i, "bbox", "label");
        double[] left = numbers(structs, i, "left", label.length);
        double[] top = numbers(structs, i, "top", label.length);
        double[] width = numbers(structs, i, "width", label.length);
        double[] height = numbers(structs, i, "height", label.length);
        for (int k = 0; k < label.length; k++) {
          // MATLAB counts pixels from 1.
          boxes.add(new Box(picture, left[k] - 1, top[k] - 1, width[k], height[k], (int) label[k]));
        }
      }
    }

    private double[] numbers(MatFile.StructArray structs, int picture, String field, int count) {
      double[] values = structs.numbers(picture, "bbox", field);
      if (values.length != count) {
        throw new DataException(
            "%s: picture %d has %d labels, but %d values of %s"
                .formatted(folder.resolve(STRUCT), picture + 1, count, values.length, field));
      }
      return values;
    }

    @Override
    public int size() {
      return boxes.size();
    }

    @Override
    public int label(int digit) {
      return boxes.get(digit).label();
    }

    @Override
    public Sample image(int digit) {
      Box box = boxes.get(digit);
      Path file = folder.resolve(box.picture());
      RgbImage picture = DataFile.rgb(file, DataFile.bytes(file));
      byte[] all = picture.pixels();
      int side = box.side();
      int left = (int) Math.round(box.left() + (box.width() - side) / 2);
      int top = (int) Math.round(box.top() + (box.height() - side) / 2);
      byte[] rgb = new byte[3 * side * side];
      for (int y = 0; y < side; y++) {
        int row = Math.max(0, Math.min(picture.height() - 1, top + y)) * picture.width();
        for (int x = 0; x < side; x++) {
          int from = 3 * (row + Math.max(0, Math.min(picture.width() - 1, left + x)));
          System.arraycopy(all, from, rgb, 3 * (y * side + x), 3);
        }
      }
      return Sample.of("%s#%d".formatted(file, digit), side, side, rgb);
    }

    @Override
    public void hash(int digit, ContentHash hash) {
      Box box = boxes.get(digit);
      if (digit == 0 || !boxes.get(digit - 1).picture().equals(box.picture())) {
        hash.add(DataFile.bytes(folder.resolve(box.picture())));
      }
      hash.add(box.toString());
    }
  }
}
