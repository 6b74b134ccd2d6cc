package dev.tarsier.trainer.dataset.depth;

import dev.tarsier.runtime.natives.NativeLibraries;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lwjgl.PointerBuffer;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.system.MemoryUtil;
import org.lwjgl.util.tinyexr.EXRBox2i;
import org.lwjgl.util.tinyexr.EXRChannelInfo;
import org.lwjgl.util.tinyexr.EXRHeader;
import org.lwjgl.util.tinyexr.EXRImage;
import org.lwjgl.util.tinyexr.EXRTile;
import org.lwjgl.util.tinyexr.EXRVersion;
import org.lwjgl.util.tinyexr.TinyEXR;

/**
 * One channel of an OpenEXR file of one part, by scan lines or tiles, in all compressions but DWA.
 * OpenCV's own reader is OpenEXR 2.3 of 2018, which is switched off for its known holes (decision
 * 0072).
 */
final class ExrDepth {
  private static final int MAGIC = 0x762f3101;

  /** What writers call depth, in the order in which it is looked for. */
  private static final List<String> USUAL = List.of("z", "depth", "v", "y");

  /** Where the library's files lie unpacked; what is wrong where they cannot be. */
  private static final String FAILURE = unpack();

  private ExrDepth() {}

  static boolean is(byte[] file) {
    return file.length >= 8 && ByteBuffer.wrap(file).getInt(0) == MAGIC;
  }

  private static String unpack() {
    String folder = "linux/" + (System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64");
    ClassLoader loader = TinyEXR.class.getClassLoader();
    try {
      Path unpacked =
          NativeLibraries.unpacked(
              "tinyexr",
              new NativeLibraries.Source(loader, folder + "/org/lwjgl/", "liblwjgl.so"),
              new NativeLibraries.Source(
                  loader, folder + "/org/lwjgl/tinyexr/", "liblwjgl_tinyexr.so"));
      if (unpacked == null) {
        return "this build has no library for it";
      }
      System.setProperty("org.lwjgl.librarypath", unpacked.toString());
      return "";
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  static StoredDepth read(byte[] encoded, String key) throws UnreadableDepthException {
    if (!FAILURE.isEmpty()) {
      throw new UnreadableDepthException("is an EXR file, which cannot be read here: " + FAILURE);
    }
    ByteBuffer memory = MemoryUtil.memAlloc(encoded.length);
    try (MemoryStack stack = MemoryStack.stackPush()) {
      memory.put(encoded).flip();
      EXRVersion version = EXRVersion.malloc(stack);
      if (TinyEXR.ParseEXRVersionFromMemory(version, memory) != TinyEXR.TINYEXR_SUCCESS) {
        throw new UnreadableDepthException("is a damaged EXR file: it has no version");
      }
      if (version.multipart() || version.non_image()) {
        throw new UnreadableDepthException(
            "is an EXR file of several parts or of deep data; store one part with one value a pixel");
      }
      return read(stack, version, memory, key);
    } finally {
      MemoryUtil.memFree(memory);
    }
  }

  private static StoredDepth read(
      MemoryStack stack, EXRVersion version, ByteBuffer memory, String key)
      throws UnreadableDepthException {
    PointerBuffer error = stack.callocPointer(1);
    EXRHeader header = EXRHeader.calloc(stack);
    TinyEXR.InitEXRHeader(header);
    try {
      require(
          TinyEXR.ParseEXRHeaderFromMemory(header, version, memory, error), error, "its header");
      int channel = channel(header, key);
      IntBuffer wanted = header.requested_pixel_types();
      for (int i = 0; i < header.num_channels(); i++) {
        if (header.pixel_types().get(i) == TinyEXR.TINYEXR_PIXELTYPE_HALF) {
          wanted.put(i, TinyEXR.TINYEXR_PIXELTYPE_FLOAT);
        }
      }
      Window shown = Window.of(header.display_window());
      Window there = Window.of(header.data_window());
      EXRImage image = EXRImage.calloc(stack);
      TinyEXR.InitEXRImage(image);
      try {
        require(TinyEXR.LoadEXRImageFromMemory(image, header, memory, error), error, "its pixels");
        return depth(header, image, channel, shown, there);
      } finally {
        TinyEXR.FreeEXRImage(image);
      }
    } finally {
      TinyEXR.FreeEXRHeader(header);
    }
  }

  private static void require(int code, PointerBuffer error, String what)
      throws UnreadableDepthException {
    if (code == TinyEXR.TINYEXR_SUCCESS) {
      return;
    }
    String why = "error " + code;
    if (error.get(0) != 0) {
      why = MemoryUtil.memUTF8(error.get(0)).strip().replaceAll("\\s*\\R\\s*", " ");
      TinyEXR.nFreeEXRErrorMessage(error.get(0));
    }
    throw new UnreadableDepthException(
        "is an EXR file that cannot be read: %s: %s".formatted(what, why));
  }

  /** A rectangle of pixels, from one to behind another. */
  private record Window(int left, int top, int width, int height) {
    static Window of(EXRBox2i box) throws UnreadableDepthException {
      long width = (long) box.max_x() - box.min_x() + 1;
      long height = (long) box.max_y() - box.min_y() + 1;
      if (width < 1
          || height < 1
          || width > StoredDepth.MOST_PIXELS
          || height > StoredDepth.MOST_PIXELS
          || width * height > StoredDepth.MOST_PIXELS) {
        throw new UnreadableDepthException(
            "says that it has %dx%d pixels, which no camera has".formatted(width, height));
      }
      return new Window(box.min_x(), box.min_y(), (int) width, (int) height);
    }
  }

  private static int channel(EXRHeader header, String key) throws UnreadableDepthException {
    List<String> names = new ArrayList<>();
    for (EXRChannelInfo info : header.channels()) {
      if (info.x_sampling() != 1 || info.y_sampling() != 1) {
        throw new UnreadableDepthException(
            "is an EXR file whose channel %s has not a value for each pixel"
                .formatted(info.nameString()));
      }
      names.add(info.nameString());
    }
    if (key != null) {
      if (!names.contains(key)) {
        throw new UnreadableDepthException(
            "has no channel '%s'; name one of %s as key".formatted(key, String.join(", ", names)));
      }
      return names.indexOf(key);
    }
    int usual = usual(names);
    if (usual >= 0) {
      return usual;
    }
    throw new UnreadableDepthException(
        "has the channels %s; name the one of depth as key".formatted(String.join(", ", names)));
  }

  /**
   * Which channel is depth by its name.
   *
   * @param names such as {@code Z} or {@code ViewLayer.Depth.Z}. Not modified.
   * @return its place; −1 where none is, or several may be
   */
  static int usual(List<String> names) {
    if (names.size() == 1) {
      return 0;
    }
    // In a layer called depth; of no layer; in the only layer that has z alone.
    List<String> layered =
        names.stream().filter(name -> name.matches("(?i)(.*\\.)?depth\\.(z|depth|v|y)")).toList();
    if (layered.size() == 1) {
      return names.indexOf(layered.get(0));
    }
    if (layered.size() > 1) {
      return -1;
    }
    for (String usual : USUAL) {
      List<String> fitting = names.stream().filter(usual::equalsIgnoreCase).toList();
      if (fitting.size() == 1) {
        return names.indexOf(fitting.get(0));
      }
    }
    List<String> alone =
        names.stream()
            .filter(name -> name.matches("(?i).*\\.(z|depth)"))
            .filter(name -> !names.contains(name.substring(0, name.lastIndexOf('.')) + ".X"))
            .toList();
    return alone.size() == 1 ? names.indexOf(alone.get(0)) : -1;
  }

  private static StoredDepth depth(
      EXRHeader header, EXRImage image, int channel, Window shown, Window there)
      throws UnreadableDepthException {
    boolean whole = header.pixel_types().get(channel) == TinyEXR.TINYEXR_PIXELTYPE_UINT;
    float[] values = new float[shown.width() * shown.height()];
    Arrays.fill(values, Float.NaN);
    Copy copy = new Copy(values, shown, there, whole);
    if (header.tiled()) {
      EXRTile.Buffer tiles = image.tiles();
      if (tiles == null) {
        throw new UnreadableDepthException("is an EXR file without its tiles");
      }
      for (EXRTile tile : tiles) {
        copy.run(
            tile.images(header.num_channels()).get(channel),
            tile.offset_x() * header.tile_size_x(),
            tile.offset_y() * header.tile_size_y(),
            tile.width(),
            tile.height(),
            header.tile_size_x());
      }
    } else {
      PointerBuffer planes = image.images();
      if (planes == null) {
        throw new UnreadableDepthException("is an EXR file without its pixels");
      }
      copy.run(planes.get(channel), 0, 0, there.width(), there.height(), there.width());
    }
    return new StoredDepth(
        shown.width(),
        shown.height(),
        whole ? "uint32" : "float32",
        whole,
        Double.NaN,
        i -> values[i]);
  }

  /** Puts pieces of the data window where the display window shows them. */
  private record Copy(float[] to, Window shown, Window there, boolean whole) {
    void run(long from, int left, int top, int width, int height, int stride) {
      int values = stride * (height - 1) + width;
      FloatBuffer floats = MemoryUtil.memFloatBuffer(from, values);
      IntBuffer ints = MemoryUtil.memIntBuffer(from, values);
      for (int y = 0; y < height; y++) {
        int row = there.top() + top + y - shown.top();
        for (int x = 0; x < width; x++) {
          int column = there.left() + left + x - shown.left();
          if (row >= 0 && row < shown.height() && column >= 0 && column < shown.width()) {
            int i = y * stride + x;
            to[row * shown.width() + column] =
                whole ? (float) Integer.toUnsignedLong(ints.get(i)) : floats.get(i);
          }
        }
      }
    }
  }
}
