package dev.tarsier.trainer.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import dev.tarsier.runtime.task.ClassMap;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;

/**
 * What a network gave in one output.
 *
 * @param shape as the run had it, whatever the file declares
 * @param floats the numbers, row by row; null where their type is whole
 * @param ids the numbers where they are whole (truth is 1); null where they are fractions
 */
record Values(long[] shape, float[] floats, long[] ids) {
  /** Copies a tensor; null for what holds no numbers, such as text. */
  static Values of(OnnxTensor tensor) {
    long[] shape = tensor.getInfo().getShape();
    OnnxJavaType type = tensor.getInfo().type;
    return switch (type) {
      case FLOAT, FLOAT16, BFLOAT16 -> {
        FloatBuffer floats = tensor.getFloatBuffer();
        float[] values = new float[floats.remaining()];
        floats.get(values);
        yield new Values(shape, values, null);
      }
      case DOUBLE -> {
        DoubleBuffer doubles = tensor.getDoubleBuffer();
        float[] values = new float[doubles.remaining()];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) doubles.get();
        }
        yield new Values(shape, values, null);
      }
      case INT64 -> {
        LongBuffer longs = tensor.getLongBuffer();
        long[] ids = new long[longs.remaining()];
        longs.get(ids);
        yield new Values(shape, null, ids);
      }
      case INT32 -> {
        IntBuffer ints = tensor.getIntBuffer();
        long[] ids = new long[ints.remaining()];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = ints.get();
        }
        yield new Values(shape, null, ids);
      }
      case INT16 -> {
        ShortBuffer shorts = tensor.getShortBuffer();
        long[] ids = new long[shorts.remaining()];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = shorts.get();
        }
        yield new Values(shape, null, ids);
      }
      case UINT8, INT8, BOOL -> {
        ByteBuffer bytes = tensor.getByteBuffer();
        long[] ids = new long[bytes.remaining()];
        for (int i = 0; i < ids.length; i++) {
          byte value = bytes.get();
          ids[i] = type == OnnxJavaType.INT8 ? value : Byte.toUnsignedLong(value);
        }
        yield new Values(shape, null, ids);
      }
      default -> null;
    };
  }

  /** What one image of several gave; the first axis is theirs. */
  Values of(int image) {
    int images = Math.toIntExact(shape[0]);
    long[] one = shape.clone();
    one[0] = 1;
    int length = (isWhole() ? ids.length : floats.length) / images;
    int from = image * length;
    return isWhole()
        ? new Values(one, null, Arrays.copyOfRange(ids, from, from + length))
        : new Values(one, Arrays.copyOfRange(floats, from, from + length), null);
  }

  /** Whether the numbers are of a whole type. */
  boolean isWhole() {
    return ids != null;
  }

  /** The numbers as fractions, whatever they came as. Not to be modified. */
  float[] asFloats() {
    if (floats != null) {
      return floats;
    }
    float[] values = new float[ids.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = ids[i];
    }
    return values;
  }

  /** The numbers as whole ones, whatever they came as; fractions are cut. Not to be modified. */
  long[] asIds() {
    if (ids != null) {
      return ids;
    }
    long[] values = new long[floats.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (long) floats[i];
    }
    return values;
  }

  /**
   * Whether all numbers are ids of classes as a byte holds them, also where their type is float.
   */
  boolean areIds() {
    for (float each : asFloats()) {
      if (each != Math.rint(each) || each < 0 || each > ClassMap.USUAL_IGNORE_ID) {
        return false;
      }
    }
    return true;
  }

  /** As people write a shape, such as {@code [1,21,240,320]}. */
  String words() {
    return Arrays.toString(shape).replace(" ", "");
  }
}
