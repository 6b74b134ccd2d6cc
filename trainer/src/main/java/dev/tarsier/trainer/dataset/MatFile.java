package dev.tarsier.trainer.dataset;

import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.exceptions.HdfException;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.Matrix;

/**
 * Variables of MATLAB's files: version 7.3, which is HDF5 after a block of 512 bytes, and for small
 * numeric ones version 5 too. MATLAB stores columns first and HDF5 rows first, so in HDF5 the axes
 * come in reverse.
 */
final class MatFile {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private final Path path;
  private final HdfFile file;

  private MatFile(Path path, HdfFile file) {
    this.path = path;
    this.file = file;
  }

  /**
   * Opens a file of version 7.3. It stays open as long as this object is in use.
   *
   * @throws DataException if it is missing or of another format
   */
  static MatFile open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new DataException("%s is missing".formatted(path));
    }
    if (!isHdf5(path)) {
      throw new DataException(
          "%s is no MATLAB 7.3 file (HDF5); an interrupted download looks like this too"
              .formatted(path));
    }
    try {
      return new MatFile(path, new HdfFile(new FileBytes(path), path.toUri()));
    } catch (HdfException e) {
      throw unreadable(path, e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  private static boolean isHdf5(Path path) {
    byte[] signature = new byte[SIGNATURE.length];
    try (FileBytes bytes = new FileBytes(path)) {
      for (int at : new int[] {0, 512}) {
        ByteBuffer buffer = ByteBuffer.wrap(signature);
        bytes.position(at).read(buffer);
        if (!buffer.hasRemaining() && Arrays.equals(signature, SIGNATURE)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  /**
   * All values of a numeric variable, in a file of version 5 or 7.3, in MATLAB's order.
   *
   * @throws DataException if the file or the variable is missing or of another kind
   */
  static double[] numbers(Path path, String variable) {
    if (!Files.isRegularFile(path)) {
      throw new DataException("%s is missing".formatted(path));
    }
    if (isHdf5(path)) {
      return open(path).numbers(variable);
    }
    Matrix matrix = matrix(path, variable);
    double[] values = new double[matrix.getNumElements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = matrix.getDouble(i);
    }
    return values;
  }

  /**
   * Frames of whole numbers below 65536.
   *
   * @param axes their lengths in MATLAB's order, the number of frames last
   * @param frame the values of the nth, first axis fastest; shared, must not be modified
   */
  record WholeNumbers(List<Integer> axes, IntFunction<short[]> frame) {
    WholeNumbers {
      axes = List.copyOf(axes);
    }
  }

  /**
   * A numeric variable whose last axis in MATLAB counts frames, in a file of version 5 or 7.3.
   *
   * @param axes how many axes there are, that of the frames included
   * @throws DataException if the file or the variable is missing or of another kind
   */
  static WholeNumbers wholeNumbers(Path path, String variable, int axes) {
    if (!Files.isRegularFile(path)) {
      throw new DataException("%s is missing".formatted(path));
    }
    if (isHdf5(path)) {
      MatFrames frames = open(path).frames(variable, axes);
      List<Integer> reversed = new ArrayList<>();
      for (int axis = axes - 1; axis > 0; axis--) {
        reversed.add(frames.axis(axis));
      }
      reversed.add(frames.frames());
      return new WholeNumbers(reversed, frames::shorts);
    }
    Matrix matrix = matrix(path, variable);
    int[] dimensions = matrix.getDimensions();
    if (dimensions.length != axes) {
      throw new DataException(
          "%s: %s must have %d axes, has %d".formatted(path, variable, axes, dimensions.length));
    }
    int values = matrix.getNumElements() / Math.max(1, dimensions[axes - 1]);
    return new WholeNumbers(
        Arrays.stream(dimensions).boxed().toList(),
        n -> {
          short[] frame = new short[values];
          for (int i = 0; i < values; i++) {
            frame[i] = (short) matrix.getInt(n * values + i);
          }
          return frame;
        });
  }

  private static Matrix matrix(Path path, String variable) {
    try {
      us.hebi.matlab.mat.types.Array array = Mat5.readFromFile(path.toFile()).getArray(variable);
      if (array instanceof Matrix matrix) {
        return matrix;
      }
      throw new DataException("%s: %s is no matrix of numbers".formatted(path, variable));
    } catch (IllegalArgumentException e) {
      throw new DataException("%s has no variable %s".formatted(path, variable), e);
    } catch (IOException | RuntimeException e) {
      if (e instanceof DataException data) {
        throw data;
      }
      throw new DataException(
          "%s is no MATLAB file, or not a whole one; an interrupted download looks like this too"
              .formatted(path),
          e);
    }
  }

  /**
   * A struct array of two elements or more.
   *
   * @throws DataException if there is none
   */
  StructArray structs(String variable) {
    try {
      if (file.getChild(variable) instanceof Group group) {
        return new StructArray(variable, group);
      }
    } catch (HdfException e) {
      throw unreadable(path, e);
    }
    throw new DataException("%s has no struct array %s".formatted(path, variable));
  }

  /** Structs with the same fields. HDF5 has a list of references for each field. */
  final class StructArray {
    private final String variable;
    private final Group group;
    private final Map<String, long[]> fields = new HashMap<>();

    private StructArray(String variable, Group group) {
      this.variable = variable;
      this.group = group;
    }

    /** How many there are. */
    int size(String field) {
      return addresses(field).length;
    }

    /** A field that holds a text. */
    String text(int element, String field) {
      return MatFile.this.text(node(element, field), variable + "." + field);
    }

    /** A field of a struct that a field holds: one number, or a list of them. */
    double[] numbers(int element, String field, String inner) {
      String name = "%s(%d).%s.%s".formatted(variable, element + 1, field, inner);
      try {
        if (node(element, field) instanceof Group struct
            && struct.getChild(inner) instanceof Dataset dataset) {
          Object flat = flat(dataset);
          double[] values = new double[Array.getLength(flat)];
          for (int i = 0; i < values.length; i++) {
            values[i] =
                flat instanceof long[] addresses
                    ? ((Number) Array.get(flat((Dataset) node(addresses[i], name)), 0))
                        .doubleValue()
                    : ((Number) Array.get(flat, i)).doubleValue();
          }
          return values;
        }
      } catch (HdfException e) {
        throw unreadable(path, e);
      }
      throw new DataException("%s has no numbers %s".formatted(path, name));
    }

    private Node node(int element, String field) {
      long address = addresses(field)[element];
      try {
        return file.getNodeByAddress(address);
      } catch (HdfException e) {
        throw unreadable(path, e);
      }
    }

    private Node node(long address, String name) {
      if (file.getNodeByAddress(address) instanceof Dataset dataset) {
        return dataset;
      }
      throw new DataException("%s: %s is no number".formatted(path, name));
    }

    private long[] addresses(String field) {
      return fields.computeIfAbsent(
          field,
          name -> {
            try {
              if (group.getChild(name) instanceof Dataset dataset
                  && flat(dataset) instanceof long[] addresses) {
                return addresses;
              }
            } catch (HdfException e) {
              throw unreadable(path, e);
            }
            throw new DataException("%s: %s has no field %s".formatted(path, variable, name));
          });
    }
  }

  private double[] numbers(String variable) {
    Object flat = flat(dataset(variable));
    double[] values = new double[Array.getLength(flat)];
    for (int i = 0; i < values.length; i++) {
      values[i] = ((Number) Array.get(flat, i)).doubleValue();
    }
    return values;
  }

  /**
   * A variable whose last axis in MATLAB counts frames.
   *
   * @param axes how many axes there are, that of the frames included
   * @throws DataException if there is none, or it has another number of axes
   */
  MatFrames frames(String variable, int axes) {
    Dataset dataset = dataset(variable);
    if (dataset.getDimensions().length != axes) {
      throw new DataException(
          "%s: %s must have %d axes, has %d"
              .formatted(path, variable, axes, dataset.getDimensions().length));
    }
    return new MatFrames(path, variable, dataset);
  }

  /**
   * A cell array of texts.
   *
   * @throws DataException if there is none
   */
  List<String> texts(String variable) {
    Dataset cells = dataset(variable);
    Object flat = flat(cells);
    if (!(flat instanceof long[] addresses)) {
      throw new DataException("%s: %s is no cell array of texts".formatted(path, variable));
    }
    List<String> texts = new ArrayList<>(addresses.length);
    try {
      for (long address : addresses) {
        texts.add(text(file.getNodeByAddress(address), variable));
      }
    } catch (HdfException e) {
      throw unreadable(path, e);
    }
    return texts;
  }

  private String text(Node node, String name) {
    if (!(node instanceof Dataset text)) {
      throw new DataException("%s: %s is no text".formatted(path, name));
    }
    Object letters = flat(text);
    StringBuilder builder = new StringBuilder();
    for (int i = 0; i < Array.getLength(letters); i++) {
      builder.append((char) ((Number) Array.get(letters, i)).intValue());
    }
    return builder.toString();
  }

  private Object flat(Dataset dataset) {
    try {
      Object flat = dataset.getDataFlat();
      if (flat == null || !flat.getClass().isArray()) {
        throw new DataException("%s: %s is empty".formatted(path, dataset.getName()));
      }
      return flat;
    } catch (HdfException e) {
      throw unreadable(path, e);
    }
  }

  private Dataset dataset(String variable) {
    try {
      if (file.getChild(variable) instanceof Dataset dataset) {
        return dataset;
      }
      String there =
          file.getChildren().values().stream()
              .filter(Dataset.class::isInstance)
              .map(Node::getName)
              .sorted()
              .collect(Collectors.joining(", "));
      throw new DataException("%s has no variable %s; it has %s".formatted(path, variable, there));
    } catch (HdfException e) {
      throw unreadable(path, e);
    }
  }

  static DataException unreadable(Path path, HdfException e) {
    return new DataException(
        "%s is damaged: %s; compare its size with the publisher's".formatted(path, e.getMessage()),
        e);
  }
}
