package dev.tarsier.trainer.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Looks at the numbers of a tensor as a file holds them. */
final class TensorNumbers {
  private TensorNumbers() {}

  /** Bytes that its shape and type need; -1 where that cannot be said. */
  static long byteLength(TensorProto.Builder tensor) {
    long count = 1;
    for (long dimension : tensor.getDimsList()) {
      if (dimension < 0 || (dimension > 0 && count > Integer.MAX_VALUE / dimension)) {
        return -1;
      }
      count *= dimension;
    }
    DataType type = DataType.forNumber(tensor.getDataType());
    if (type == null) {
      return -1;
    }
    return switch (type) {
      case FLOAT, INT32, UINT32 -> 4 * count;
      case DOUBLE, INT64, UINT64, COMPLEX64 -> 8 * count;
      case FLOAT16, BFLOAT16, INT16, UINT16 -> 2 * count;
      case UINT8, INT8, BOOL -> count;
      default -> -1;
    };
  }

  /** Whether one of its numbers is NaN; infinity may be meant, as in masks of attention. */
  static boolean hasNaN(TensorProto.Builder tensor) {
    DataType type = DataType.forNumber(tensor.getDataType());
    if (type == null) {
      return false;
    }
    return switch (type) {
      case FLOAT ->
          tensor.getFloatDataList().stream().anyMatch(each -> each.isNaN())
              || rawNaN(tensor.getRawData(), Float.BYTES, 0x7F800000, 0x7FFFFF);
      case DOUBLE ->
          tensor.getDoubleDataList().stream().anyMatch(each -> each.isNaN())
              || rawNaN(tensor.getRawData());
      case FLOAT16 -> halfNaN(tensor, 0x7C00, 0x3FF);
      case BFLOAT16 -> halfNaN(tensor, 0x7F80, 0x7F);
      default -> false;
    };
  }

  private static boolean rawNaN(ByteString raw) {
    ByteBuffer doubles = numbers(raw);
    while (doubles.remaining() >= Double.BYTES) {
      if (Double.isNaN(doubles.getDouble())) {
        return true;
      }
    }
    return false;
  }

  private static boolean halfNaN(TensorProto.Builder tensor, int exponent, int fraction) {
    for (int i = 0; i < tensor.getInt32DataCount(); i++) {
      if (isNaN(tensor.getInt32Data(i), exponent, fraction)) {
        return true;
      }
    }
    return rawNaN(tensor.getRawData(), Short.BYTES, exponent, fraction);
  }

  private static boolean rawNaN(ByteString raw, int size, int exponent, int fraction) {
    ByteBuffer bytes = numbers(raw);
    while (bytes.remaining() >= size) {
      if (isNaN(size == Float.BYTES ? bytes.getInt() : bytes.getShort(), exponent, fraction)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNaN(int bits, int exponent, int fraction) {
    return (bits & exponent) == exponent && (bits & fraction) != 0;
  }

  private static ByteBuffer numbers(ByteString raw) {
    return raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
