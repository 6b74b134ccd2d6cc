package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A function of PyTorch that DJL has no call for, by way of a TorchScript program of one line. It
 * is differentiated like any other.
 *
 * <p>The program is an archive as {@code torch.jit.save} writes it: the source, a pickled object of
 * its class without tensors, an empty table of constants and the format's version.
 *
 * <p>One thread at a time.
 */
final class ScriptedFunction {
  // A pickle (protocol 2) of an object of class __torch__.F with training = true.
  private static final String OBJECT =
      "\u0080\u0002c__torch__\nF\n)\u0081}X\b\0\0\0training\u0088sb.";
  private static final String NO_CONSTANTS = "\u0080\u0002).";

  private final PtSymbolBlock block;

  /**
   * Compiles a function.
   *
   * @param manager the program lives until it is closed
   * @param expression of the tensor {@code x}, such as {@code torch.relu(x)}
   */
  ScriptedFunction(NDManager manager, String expression) {
    this(manager, List.of("x"), "Tensor", expression);
  }

  /**
   * Compiles a function of several tensors.
   *
   * @param manager the program lives until it is closed
   * @param names of the tensors
   * @param result its type, such as {@code Tensor}
   * @param expression of the tensors
   */
  ScriptedFunction(NDManager manager, List<String> names, String result, String expression) {
    String source =
        """
        class F(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          def forward(self: __torch__.F,
            %s) -> %s:
            return %s
        """
            .formatted(
                names.stream()
                    .map(each -> each + ": Tensor")
                    .collect(Collectors.joining(",\n    ")),
                result,
                expression);
    try {
      block =
          JniUtils.loadModule(
              (PtNDManager) manager, new ByteArrayInputStream(archive(source)), false, false);
    } catch (IOException e) {
      throw new UncheckedIOException("an array in memory cannot be read", e);
    }
  }

  /**
   * The function's value.
   *
   * @param x any. Not modified, not closed.
   * @return of the manager of {@code x}
   */
  NDArray apply(NDArray x) {
    return apply(new NDList(x)).singletonOrThrow();
  }

  /**
   * The function's values.
   *
   * @param tensors in the order of the names. Not modified, not closed.
   * @return of the manager of the first
   */
  NDList apply(NDList tensors) {
    return IValueUtils.forward(block, tensors, true);
  }

  private static byte[] archive(String source) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "f/data.pkl", OBJECT.getBytes(StandardCharsets.ISO_8859_1));
      store(zip, "f/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
      store(zip, "f/constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
      store(zip, "f/version", "3\n".getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
  }
}
