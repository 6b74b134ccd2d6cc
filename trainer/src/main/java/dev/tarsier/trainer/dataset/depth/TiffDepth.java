package dev.tarsier.trainer.dataset.depth;

import dev.tarsier.runtime.tensor.OpenCv;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntToDoubleFunction;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * The first image of a TIFF file, in numbers of one channel. OpenCV's libtiff decodes it (strips
 * and tiles, both orders of bytes, all usual compressions and predictors); its {@link TiffHeader}
 * is read before, since the decoder says neither what is missing nor which value means unknown.
 */
final class TiffDepth {
  private TiffDepth() {}

  static boolean is(byte[] file) {
    return TiffHeader.is(file);
  }

  static StoredDepth read(byte[] encoded) throws UnreadableDepthException {
    TiffHeader header = TiffHeader.read(encoded);
    String type = header.type();
    OpenCv.load();
    try (BytePointer bytes = new BytePointer(TiffHeader.bare(encoded));
        Mat file = new Mat(1, encoded.length, opencv_core.CV_8UC1, bytes);
        Mat image = decode(file)) {
      int width = image.cols();
      int height = image.rows();
      if (image.empty() || width != header.width() || height != header.height()) {
        throw new UnreadableDepthException(
            "cannot be decoded (%s); store float32 or uint16, with deflate, LZW or uncompressed"
                .formatted(header));
      }
      if (image.channels() != 1 || !image.isContinuous()) {
        throw new UnreadableDepthException(
            "was decoded to %d channels (%s)".formatted(image.channels(), header));
      }
      byte[] pixels = new byte[Math.toIntExact(image.total() * image.elemSize())];
      image.data().get(pixels);
      ByteBuffer data = ByteBuffer.wrap(pixels).order(ByteOrder.nativeOrder());
      IntToDoubleFunction values = values(type, image, data);
      if (values == null) {
        throw new UnreadableDepthException(
            "holds %s, which is not read; store float32 or uint16".formatted(type));
      }
      return new StoredDepth(
          width, height, type, !type.startsWith("float"), header.nodata(), values);
    }
  }

  private static Mat decode(Mat file) throws UnreadableDepthException {
    try {
      return opencv_imgcodecs.imdecode(
          file, opencv_imgcodecs.IMREAD_UNCHANGED | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION);
    } catch (RuntimeException e) {
      // JavaCPP has no narrower type for what OpenCV throws.
      throw new UnreadableDepthException(
          "cannot be decoded: " + String.valueOf(e.getMessage()).strip());
    }
  }

  /** Null where the decoder gives something else than the file holds. */
  private static IntToDoubleFunction values(String type, Mat image, ByteBuffer data) {
    int depth = image.depth();
    return switch (type) {
      case StoredDepth.UINT16 ->
          depth == opencv_core.CV_16U ? i -> Short.toUnsignedInt(data.getShort(2 * i)) : null;
      case "int16" ->
          depth == opencv_core.CV_16S || depth == opencv_core.CV_16U
              ? i -> data.getShort(2 * i)
              : null;
      case "float16" ->
          depth == opencv_core.CV_16U || depth == opencv_core.CV_16F
              ? i -> StoredDepth.half(data.getShort(2 * i))
              : null;
      case "int32" -> depth == opencv_core.CV_32S ? i -> data.getInt(4 * i) : null;
      case "uint32" ->
          depth == opencv_core.CV_32S ? i -> Integer.toUnsignedLong(data.getInt(4 * i)) : null;
      case "float32" -> depth == opencv_core.CV_32F ? i -> data.getFloat(4 * i) : null;
      case "float64" -> depth == opencv_core.CV_64F ? i -> data.getDouble(8 * i) : null;
      default -> null;
    };
  }
}
