package dev.tarsier.trainer.network;

import java.util.List;

/**
 * One kind of layer with its settings. A layer holds no weights: {@link #parameters()} and {@link
 * #buffers()} say which tensors it needs, and {@link GraphModule} holds them.
 *
 * <p>Feature maps are float32 {@code [N, channels, height, width]}.
 */
public sealed interface Layer {
  /**
   * Channels of the output; those of the one input where a layer says nothing else.
   *
   * @param inputs channels of each input. Not modified.
   * @throws IllegalArgumentException if the layer cannot take these inputs; the message says why
   */
  default int channels(List<Integer> inputs) {
    if (inputs.size() != 1) {
      throw new IllegalArgumentException("takes one input, got " + inputs.size());
    }
    return inputs.get(0);
  }

  /**
   * Height and width of the output.
   *
   * @param inputs size of each input. Not modified.
   * @throws IllegalArgumentException if the layer cannot take these inputs; the message says why
   */
  default Size size(List<Size> inputs) {
    return inputs.get(0);
  }

  /** What is learned, by gradient; names are relative to the layer. */
  default List<TensorSpec> parameters() {
    return List.of();
  }

  /** What is learned, but not by gradient: running statistics; names are relative to the layer. */
  default List<TensorSpec> buffers() {
    return List.of();
  }

  /** Multiply-adds for one image with an output of this size; only convolutions count. */
  default long multiplyAdds(Size output) {
    return 0;
  }

  /** Does what a visitor does with this kind of layer. */
  <R> R accept(Visitor<R> visitor);

  /**
   * Something that is done with layers, such as running or writing them. It has a rule for each
   * kind: a layer that PyTorch or ONNX lacks does not compile.
   *
   * @param <R> what comes out
   */
  interface Visitor<R> {
    /** A convolution. */
    R conv(Conv layer);

    /** Batch normalisation. */
    R batchNorm(BatchNorm layer);

    /** Normalisation by constants. */
    R normalise(Normalise layer);

    /** A function of each value. */
    R activation(Activation layer);

    /** Factor and offset. */
    R affine(Affine layer);

    /** A sum. */
    R add(Add layer);

    /** A product. */
    R multiply(Multiply layer);

    /** Channels one after the other. */
    R concat(Concat layer);

    /** Enlarging by a factor. */
    R upsample(Upsample layer);

    /** Enlarging to the size of another. */
    R resizeLike(ResizeLike layer);

    /** The mean over all pixels. */
    R globalAveragePool(GlobalAveragePool layer);

    /** The largest value of each window. */
    R maxPool(MaxPool layer);

    /** Values to where the largest ones were. */
    R unpool(Unpool layer);

    /** Softmax over channels. */
    R softmax(Softmax layer);

    /** Softmax over tasks. */
    R taskSoftmax(TaskSoftmax layer);
  }

  /** What is put around a feature map before a convolution looks at it. */
  sealed interface Padding {
    /** The same number of zeros on all sides. */
    static Padding of(int pixels) {
      return new Zeros(pixels, pixels, pixels, pixels);
    }

    /**
     * The zeros around a map of this size.
     *
     * @param input size of the map
     * @param reach pixels that a window covers in a row
     * @param stride of the windows
     */
    Zeros around(Size input, int reach, int stride);
  }

  /**
   * Zeros around a feature map, in pixels.
   *
   * @param top rows above
   * @param left columns to the left
   * @param bottom rows below
   * @param right columns to the right
   */
  record Zeros(int top, int left, int bottom, int right) implements Padding {
    /** Checks that none is negative. */
    public Zeros {
      if (top < 0 || left < 0 || bottom < 0 || right < 0) {
        throw new IllegalArgumentException(
            "padding must be 0 or more, got %d %d %d %d".formatted(top, left, bottom, right));
      }
    }

    /** Whether opposite sides are equal. */
    public boolean symmetric() {
      return top == bottom && left == right;
    }

    @Override
    public Zeros around(Size input, int reach, int stride) {
      return this;
    }
  }

  /**
   * TensorFlow's {@code SAME}: as many zeros as let an output of ⌈n / stride⌉ be computed, the
   * smaller half of them above and to the left. At stride 2 an even and an odd size differ.
   */
  record Same() implements Padding {
    @Override
    public Zeros around(Size input, int reach, int stride) {
      int rows = zeros(input.height(), reach, stride);
      int columns = zeros(input.width(), reach, stride);
      return new Zeros(rows / 2, columns / 2, rows - rows / 2, columns - columns / 2);
    }

    private static int zeros(int extent, int reach, int stride) {
      int windows = (extent + stride - 1) / stride;
      return Math.max(0, (windows - 1) * stride + reach - extent);
    }
  }

  /**
   * Convolution with a square kernel.
   *
   * @param in input channels
   * @param out output channels
   * @param kernel height and width of the kernel
   * @param stride in both directions
   * @param padding around the input
   * @param dilation in both directions
   * @param groups {@code in} for depthwise
   * @param bias whether a bias is added
   */
  record Conv(
      int in,
      int out,
      int kernel,
      int stride,
      Padding padding,
      int dilation,
      int groups,
      boolean bias)
      implements Layer {
    /** Checks the settings. */
    public Conv {
      if (in < 1 || out < 1 || kernel < 1 || stride < 1 || dilation < 1 || groups < 1) {
        throw new IllegalArgumentException(
            "a convolution's channels, kernel, stride, dilation and groups must be 1 or more, got"
                + " in %d, out %d, kernel %d, stride %d, dilation %d, groups %d"
                    .formatted(in, out, kernel, stride, dilation, groups));
      }
      if (in % groups != 0 || out % groups != 0) {
        throw new IllegalArgumentException(
            "groups must divide the channels, got in %d, out %d, groups %d"
                .formatted(in, out, groups));
      }
    }

    /** 1×1, stride 1. */
    public static Conv pointwise(int in, int out, boolean bias) {
      return new Conv(in, out, 1, 1, Padding.of(0), 1, 1, bias);
    }

    /** 3×3, stride 1, padded to keep the size, with a bias. */
    public static Conv same(int in, int out) {
      return new Conv(in, out, 3, 1, Padding.of(1), 1, 1, true);
    }

    /** 3×3, one filter per channel, padded to keep the size at stride 1, without bias. */
    public static Conv depthwise(int channels, int dilation) {
      return new Conv(channels, channels, 3, 1, Padding.of(dilation), dilation, channels, false);
    }

    @Override
    public int channels(List<Integer> inputs) {
      requireChannels(Layer.super.channels(inputs), in);
      return out;
    }

    @Override
    public Size size(List<Size> inputs) {
      return windows(inputs.get(0), reach(), stride, zeros(inputs.get(0)));
    }

    /** Zeros around an input of this size. */
    public Zeros zeros(Size input) {
      return padding.around(input, reach(), stride);
    }

    private int reach() {
      return dilation * (kernel - 1) + 1;
    }

    @Override
    public List<TensorSpec> parameters() {
      TensorSpec weight =
          new TensorSpec(
              "weight", List.of((long) out, (long) (in / groups), (long) kernel, (long) kernel));
      return bias ? List.of(weight, new TensorSpec("bias", List.of((long) out))) : List.of(weight);
    }

    @Override
    public long multiplyAdds(Size output) {
      return (long) out * (in / groups) * kernel * kernel * output.height() * output.width();
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.conv(this);
    }
  }

  /**
   * Batch normalisation per channel.
   *
   * @param channels of input and output
   * @param epsilon added to the variance
   * @param momentum share of the new batch in the running statistics (torch's sense)
   */
  record BatchNorm(int channels, double epsilon, double momentum) implements Layer {
    /** Checks the settings. */
    public BatchNorm {
      if (channels < 1 || !(epsilon > 0) || !(momentum > 0 && momentum <= 1)) {
        throw new IllegalArgumentException(
            "batch normalisation must have channels >= 1, epsilon > 0, momentum in (0,1], got"
                + " %d, %g, %g".formatted(channels, epsilon, momentum));
      }
    }

    /** With torch's defaults: epsilon 1e-5, momentum 0.1. */
    public static BatchNorm of(int channels) {
      return new BatchNorm(channels, 1e-5, 0.1);
    }

    @Override
    public int channels(List<Integer> inputs) {
      return requireChannels(Layer.super.channels(inputs), channels);
    }

    @Override
    public List<TensorSpec> parameters() {
      return List.of(
          new TensorSpec("weight", List.of((long) channels)),
          new TensorSpec("bias", List.of((long) channels)));
    }

    @Override
    public List<TensorSpec> buffers() {
      return List.of(
          new TensorSpec("running_mean", List.of((long) channels)),
          new TensorSpec("running_var", List.of((long) channels)));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.batchNorm(this);
    }
  }

  /**
   * {@code (x − mean) / std} per channel, for images of 0..255.
   *
   * @param mean per channel, in units of 0..255
   * @param std per channel, in units of 0..255, greater than 0
   */
  record Normalise(List<Double> mean, List<Double> std) implements Layer {
    /** Checks the settings. */
    public Normalise {
      mean = List.copyOf(mean);
      std = List.copyOf(std);
      if (mean.isEmpty() || mean.size() != std.size() || std.stream().anyMatch(s -> !(s > 0))) {
        throw new IllegalArgumentException(
            "mean and std must have one value per channel and std must be > 0, got %s and %s"
                .formatted(mean, std));
      }
    }

    @Override
    public int channels(List<Integer> inputs) {
      return requireChannels(Layer.super.channels(inputs), mean.size());
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.normalise(this);
    }
  }

  /** A function of each value by itself. */
  enum Activation implements Layer {
    /** {@code max(x, 0)}. */
    RELU,
    /** {@code min(max(x, 0), 6)}. */
    RELU6,
    /** {@code 1 / (1 + exp(−x))}. */
    SIGMOID,
    /** {@code log(1 + exp(x))}. */
    SOFTPLUS,
    /** {@code exp(x)}. */
    EXP,
    /** {@code min(max(x / 6 + 1/2, 0), 1)} (Howard et al., <i>MobileNetV3</i>, ICCV 2019). */
    HARD_SIGMOID,
    /** {@code x} times that. */
    HARD_SWISH;

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.activation(this);
    }
  }

  /**
   * {@code x · factor + offset}.
   *
   * @param factor finite
   * @param offset finite
   */
  record Affine(double factor, double offset) implements Layer {
    /** Checks the settings. */
    public Affine {
      if (!Double.isFinite(factor) || !Double.isFinite(offset)) {
        throw new IllegalArgumentException(
            "factor and offset must be finite, got %g and %g".formatted(factor, offset));
      }
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.affine(this);
    }
  }

  /** Joins two or more inputs of the same shape; an input of 1×1 pixels is spread out. */
  sealed interface ValueByValue extends Layer {
    @Override
    default int channels(List<Integer> inputs) {
      requireTwo(inputs);
      for (int channels : inputs) {
        if (channels != inputs.get(0)) {
          throw new IllegalArgumentException("inputs must have the same channels, got " + inputs);
        }
      }
      return inputs.get(0);
    }

    @Override
    default Size size(List<Size> inputs) {
      Size dot = new Size(1, 1);
      Size result = dot;
      for (Size size : inputs) {
        if (size.equals(dot)) {
          continue;
        }
        if (!result.equals(dot) && !result.equals(size)) {
          throw new IllegalArgumentException("inputs must have one size, or 1x1, got " + inputs);
        }
        result = size;
      }
      return result;
    }
  }

  /** The sum. */
  record Add() implements ValueByValue {
    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.add(this);
    }
  }

  /** The product. */
  record Multiply() implements ValueByValue {
    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.multiply(this);
    }
  }

  /** The channels of all inputs, one after the other. */
  record Concat() implements Layer {
    @Override
    public int channels(List<Integer> inputs) {
      requireTwo(inputs);
      return inputs.stream().mapToInt(Integer::intValue).sum();
    }

    @Override
    public Size size(List<Size> inputs) {
      for (Size size : inputs) {
        if (!size.equals(inputs.get(0))) {
          throw new IllegalArgumentException("inputs must have one size, got " + inputs);
        }
      }
      return inputs.get(0);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.concat(this);
    }
  }

  /** How {@link Upsample} and {@link ResizeLike} fill in pixels. */
  enum Interpolation {
    /** The nearest pixel, torch's {@code nearest}: floor of the scaled index. */
    NEAREST,
    /** Bilinear with half-pixel centres (torch's {@code align_corners=False}). */
    BILINEAR,
    /** Bilinear, the centres of the corner pixels in place ({@code align_corners=True}). */
    BILINEAR_ALIGNED
  }

  /**
   * Enlarges by a whole factor.
   *
   * @param interpolation how
   * @param factor 2 or more
   */
  record Upsample(Interpolation interpolation, int factor) implements Layer {
    /** Checks the factor. */
    public Upsample {
      if (factor < 2) {
        throw new IllegalArgumentException("factor must be 2 or more, got " + factor);
      }
    }

    @Override
    public Size size(List<Size> inputs) {
      return new Size(inputs.get(0).height() * factor, inputs.get(0).width() * factor);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.upsample(this);
    }
  }

  /**
   * Enlarges the first input to the height and width of the second, whose values are not used. What
   * a decoder needs where an odd size was halved (15 → 8 → 15). It does not shrink: DJL would
   * smooth a smaller image, ONNX of this opset would not.
   *
   * @param interpolation how
   */
  record ResizeLike(Interpolation interpolation) implements Layer {
    @Override
    public int channels(List<Integer> inputs) {
      if (inputs.size() != 2) {
        throw new IllegalArgumentException(
            "takes the map to resize and the one to be like, got " + inputs.size() + " inputs");
      }
      return inputs.get(0);
    }

    @Override
    public Size size(List<Size> inputs) {
      Size from = inputs.get(0);
      Size to = inputs.get(1);
      if (to.height() < from.height() || to.width() < from.width()) {
        throw new IllegalArgumentException("can only enlarge, got %s to %s".formatted(from, to));
      }
      return to;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.resizeLike(this);
    }
  }

  /** The mean over all pixels, 1×1. */
  record GlobalAveragePool() implements Layer {
    @Override
    public Size size(List<Size> inputs) {
      return new Size(1, 1);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.globalAveragePool(this);
    }
  }

  /**
   * The largest value of each square window. What is beyond the edge of the map is never the
   * largest; rows and columns that fill no window are left out.
   *
   * @param kernel height and width of the window
   * @param stride in both directions
   * @param padding pixels beyond each edge, half a window at most
   */
  record MaxPool(int kernel, int stride, int padding) implements Layer {
    /** Checks the settings. */
    public MaxPool {
      if (kernel < 1 || stride < 1 || padding < 0 || padding > kernel / 2) {
        throw new IllegalArgumentException(
            "a window and its stride must be 1 or more, its padding 0 to half of it, got %d, %d, %d"
                .formatted(kernel, stride, padding));
      }
    }

    /** Windows of 2×2 that do not overlap. */
    public static MaxPool halving() {
      return new MaxPool(2, 2, 0);
    }

    @Override
    public Size size(List<Size> inputs) {
      return windows(inputs.get(0), kernel, stride, new Zeros(padding, padding, padding, padding));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.maxPool(this);
    }
  }

  /**
   * Takes a small map and the map that {@link MaxPool#halving} made one of its size from: puts each
   * value where its window's largest one was, and 0 elsewhere (Badrinarayanan et al.,
   * <i>SegNet</i>, TPAMI 2017). What was pooled says where and no more: it gets no gradient.
   *
   * <p>Of values that are equal, or as good as equal, the first one counts, row by row: each of the
   * four is multiplied by its {@link #factor} before they are compared. In an even part of an
   * image, such as its border, values are equal but for rounding, which differs from engine to
   * engine; a feature would be put elsewhere by each.
   */
  record Unpool() implements Layer {
    private static final double AS_GOOD_AS_EQUAL = 0x1p-10;

    /**
     * What a value is multiplied by before it is compared with the others of its window.
     *
     * @param place in the window, row by row: 0 to 3
     */
    public static double factor(int place) {
      return 1 + (3 - place) * AS_GOOD_AS_EQUAL;
    }

    @Override
    public int channels(List<Integer> inputs) {
      if (inputs.size() != 2 || !inputs.get(0).equals(inputs.get(1))) {
        throw new IllegalArgumentException(
            "takes a map and the one that was pooled, of the same channels, got " + inputs);
      }
      return inputs.get(0);
    }

    @Override
    public Size size(List<Size> inputs) {
      Size pooled = MaxPool.halving().size(inputs.subList(1, 2));
      if (!inputs.get(0).equals(pooled)) {
        throw new IllegalArgumentException(
            "takes a map of the size that %s is pooled to, %s, got %s"
                .formatted(inputs.get(1), pooled, inputs.get(0)));
      }
      return inputs.get(1);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.unpool(this);
    }
  }

  /**
   * Softmax over the channels of each pixel.
   *
   * @param log whether its logarithm is given
   */
  record Softmax(boolean log) implements Layer {
    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.softmax(this);
    }
  }

  /**
   * Softmax over groups of channels: the channels are {@code tasks} groups of equal size, one after
   * the other, and channel k of a group competes with channel k of every other group. It is not a
   * softmax over neighbouring channels, which would let the channels of one task compete.
   *
   * @param tasks number of groups, 2 or more
   */
  record TaskSoftmax(int tasks) implements Layer {
    /** Checks the number. */
    public TaskSoftmax {
      if (tasks < 2) {
        throw new IllegalArgumentException("tasks must be 2 or more, got " + tasks);
      }
    }

    @Override
    public int channels(List<Integer> inputs) {
      int channels = Layer.super.channels(inputs);
      if (channels % tasks != 0) {
        throw new IllegalArgumentException(
            "takes channels that %d tasks can share, got %d".formatted(tasks, channels));
      }
      return channels;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.taskSoftmax(this);
    }
  }

  private static Size windows(Size size, int reach, int stride, Zeros padding) {
    int height = size.height() + padding.top() + padding.bottom() - reach;
    int width = size.width() + padding.left() + padding.right() - reach;
    if (height < 0 || width < 0) {
      throw new IllegalArgumentException(
          "a kernel that reaches over %d pixels does not fit into %s".formatted(reach, size));
    }
    return new Size(height / stride + 1, width / stride + 1);
  }

  private static int requireChannels(int channels, int wanted) {
    if (channels != wanted) {
      throw new IllegalArgumentException("takes %d channels, got %d".formatted(wanted, channels));
    }
    return channels;
  }

  private static void requireTwo(List<Integer> inputs) {
    if (inputs.size() < 2) {
      throw new IllegalArgumentException("takes two or more inputs, got " + inputs.size());
    }
  }
}
