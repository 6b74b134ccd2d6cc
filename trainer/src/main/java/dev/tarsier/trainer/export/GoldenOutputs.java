package dev.tarsier.trainer.export;

import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.task.Plane;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes what a network gave for a golden frame, as a bundle holds it. */
public final class GoldenOutputs {
  private GoldenOutputs() {}

  /**
   * Writes the outputs of the last run: ids as PNG, values as raw float32, little endian.
   *
   * @param folder the bundle's
   * @param name what the files' names begin with, inside the folder
   * @param tensors by the head's id. Not modified.
   * @param session that ran the frame
   * @return the files by the head's id, as in {@code GoldenFrame.outputs}
   */
  public static Map<String, String> write(
      Path folder, String name, Map<String, String> tensors, InferenceSession session)
      throws IOException {
    return write(folder, name, tensors, session.planes());
  }

  /**
   * Writes what was given for each head: ids as PNG, values as raw float32, little endian.
   *
   * @param folder the bundle's
   * @param name what the files' names begin with, inside the folder
   * @param tensors by the head's id. Not modified.
   * @param planes by the head's id. Not modified.
   * @return the files by the head's id, as in {@code GoldenFrame.outputs}
   */
  public static Map<String, String> write(
      Path folder, String name, Map<String, String> tensors, Map<String, Plane> planes)
      throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    for (Map.Entry<String, String> each : tensors.entrySet()) {
      Plane plane = planes.get(each.getKey());
      String file = name + "." + each.getValue() + (plane.isIds() ? ".png" : ".bin");
      files.put(each.getKey(), file);
      if (plane.isIds()) {
        byte[] ids = new byte[plane.ids().limit()];
        plane.ids().get(ids);
        BufferedImage gray = EncodedImage.gray(plane.width(), plane.height(), ids);
        WholeFile.write(folder.resolve(file), EncodedImage.png(gray));
      } else {
        ByteBuffer bytes =
            ByteBuffer.allocate(Float.BYTES * plane.values().limit())
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(plane.values());
        WholeFile.write(folder.resolve(file), bytes.array());
      }
    }
    return files;
  }
}
