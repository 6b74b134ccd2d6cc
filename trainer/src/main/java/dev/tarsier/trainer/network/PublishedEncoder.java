package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.Layer.Normalise;
import dev.tarsier.trainer.network.MobileNetV2.Origin;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The encoders that {@link Edge} can have, each as the weights were made that are published for it:
 * names, normalisation and padding are theirs. All of them read an image at strides 4, 8, 16 and
 * 32.
 */
public enum PublishedEncoder {
  /** MobileNetV2 as in torchvision and the ONNX model zoo. */
  TORCHVISION,
  /** MobileNetV2 as in TensorFlow. */
  TENSORFLOW,
  /** EfficientNet-Lite 0, as timm's {@code tf_efficientnet_lite0}. */
  EFFICIENTNET_LITE0,
  /** EfficientNet-Lite 1, as timm's {@code tf_efficientnet_lite1}. */
  EFFICIENTNET_LITE1,
  /** EfficientNet-Lite 2, as timm's {@code tf_efficientnet_lite2}. */
  EFFICIENTNET_LITE2,
  /** MobileNetV3-Large as in torchvision. */
  MOBILENET_V3_LARGE,
  /** ResNet of 18 layers as in torchvision. */
  RESNET18,
  /** ResNet of 34 layers as in torchvision. */
  RESNET34;

  /** The normalisation these weights expect, for RGB of 0..255. */
  public Normalise normalisation() {
    return switch (this) {
      case TENSORFLOW -> Origin.TENSORFLOW.normalisation();
      case EFFICIENTNET_LITE0, EFFICIENTNET_LITE1, EFFICIENTNET_LITE2 ->
          new Normalise(List.of(127.0, 127.0, 127.0), List.of(128.0, 128.0, 128.0));
      case TORCHVISION, MOBILENET_V3_LARGE, RESNET18, RESNET34 ->
          Origin.TORCHVISION.normalisation();
    };
  }

  /**
   * Adds its layers.
   *
   * @param graph to add to. Modified.
   * @param prefix before each name, such as {@code "encoder."}
   * @param from the normalised input; published weights are for 3 channels
   * @param width multiplier of all channels; published weights are for 1
   * @return the feature maps at strides 4, 8, 16 and 32, in this order, by the encoder's own number
   */
  Map<Integer, String> addTo(LayerGraph.Builder graph, String prefix, String from, double width) {
    return switch (this) {
      case TORCHVISION -> mobileNetV2(graph, prefix, from, Origin.TORCHVISION, width);
      case TENSORFLOW -> mobileNetV2(graph, prefix, from, Origin.TENSORFLOW, width);
      case EFFICIENTNET_LITE0 -> efficientNetLite(graph, prefix, from, 0, width);
      case EFFICIENTNET_LITE1 -> efficientNetLite(graph, prefix, from, 1, width);
      case EFFICIENTNET_LITE2 -> efficientNetLite(graph, prefix, from, 2, width);
      case MOBILENET_V3_LARGE ->
          only(MobileNetV3.addTo(graph, prefix, from, width, 15), 3, 6, 12, 15);
      case RESNET18 -> resNet(graph, prefix, from, 18, width);
      case RESNET34 -> resNet(graph, prefix, from, 34, width);
    };
  }

  private static Map<Integer, String> mobileNetV2(
      LayerGraph.Builder graph, String prefix, String from, Origin origin, double width) {
    return only(MobileNetV2.addTo(graph, prefix, from, origin, width, 17), 3, 6, 13, 17);
  }

  private static Map<Integer, String> efficientNetLite(
      LayerGraph.Builder graph, String prefix, String from, int variant, double width) {
    return only(EfficientNetLite.addTo(graph, prefix, from, variant, width), 1, 2, 4, 6);
  }

  private static Map<Integer, String> resNet(
      LayerGraph.Builder graph, String prefix, String from, int depth, double width) {
    return only(ResNet.addTo(graph, prefix, from, depth, new WidthFactor(width)), 4, 8, 16, 32);
  }

  private static Map<Integer, String> only(Map<Integer, String> all, int... wanted) {
    Map<Integer, String> taps = new LinkedHashMap<>();
    for (int number : wanted) {
      taps.put(number, all.get(number));
    }
    return taps;
  }

  /**
   * How the names of published tensors map to an encoder: what stands behind the last tap, the
   * classifier and torch's batch counters are left out.
   *
   * @param prefix of the encoder's names
   */
  WeightNames published(String prefix) {
    WeightNames counted = WeightNames.prefix("", prefix).ignoring(".*\\.num_batches_tracked");
    return switch (this) {
      case TORCHVISION, TENSORFLOW ->
          counted.ignoring("features\\.18\\..*").ignoring("classifier\\..*");
      case EFFICIENTNET_LITE0, EFFICIENTNET_LITE1, EFFICIENTNET_LITE2 ->
          counted.ignoring("(conv_head|bn2|classifier)\\..*");
      case MOBILENET_V3_LARGE -> counted.ignoring("features\\.16\\..*").ignoring("classifier\\..*");
      case RESNET18, RESNET34 -> counted.ignoring("fc\\..*");
    };
  }

  /** The convolution that sees the input, without the encoder's prefix. */
  String firstConvolution() {
    return switch (this) {
      case TORCHVISION, TENSORFLOW, MOBILENET_V3_LARGE -> "features.0.0";
      case EFFICIENTNET_LITE0, EFFICIENTNET_LITE1, EFFICIENTNET_LITE2 ->
          EfficientNetLite.FIRST_CONVOLUTION;
      case RESNET18, RESNET34 -> ResNet.FIRST_CONVOLUTION;
    };
  }
}
