package dev.tarsier.trainer.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which tensor of a weight file goes where in a network.
 *
 * @param filePrefix tensors whose names start with this are wanted; may be empty for all
 * @param networkPrefix what replaces it in the network's names; all tensors of the network whose
 *     names start with it must be in the file
 * @param ignored regular expressions for whole names in the file that are knowingly left out
 * @param adapted tensors of the network, by name, whose input channels are not those of the file
 */
public record WeightNames(
    String filePrefix,
    String networkPrefix,
    List<Pattern> ignored,
    Map<String, InputChannels> adapted) {

  /** How a convolution over other channels starts from one over the three colours. */
  public enum InputChannels {
    /** One channel: the sum of the colours' filters, as if it were a grey image. */
    SUMMED,
    /** The colours first; every further channel starts from the mean of their filters. */
    MEAN_APPENDED,
    /** The colours first; further channels keep their fresh weights. */
    FIRST_ONES,
    /** All keep their fresh weights. */
    FRESH
  }

  /** Copies the collections. */
  public WeightNames {
    ignored = List.copyOf(ignored);
    adapted = Map.copyOf(adapted);
  }

  /** Every tensor under the same name. */
  public static WeightNames same() {
    return new WeightNames("", "", List.of(), Map.of());
  }

  /** Replaces one prefix by another. */
  public static WeightNames prefix(String filePrefix, String networkPrefix) {
    return new WeightNames(filePrefix, networkPrefix, List.of(), Map.of());
  }

  /** The same, leaving out names in the file that match this regular expression as a whole. */
  public WeightNames ignoring(String regex) {
    List<Pattern> more = new ArrayList<>(ignored);
    more.add(Pattern.compile(regex));
    return new WeightNames(filePrefix, networkPrefix, more, adapted);
  }

  /** The same, where this tensor of the network has other input channels than the file's. */
  public WeightNames adapting(String networkName, InputChannels rule) {
    Map<String, InputChannels> more = new HashMap<>(adapted);
    more.put(networkName, rule);
    return new WeightNames(filePrefix, networkPrefix, ignored, more);
  }

  boolean ignores(String fileName) {
    return ignored.stream().anyMatch(pattern -> pattern.matcher(fileName).matches());
  }

  /** The network's name for a tensor of the file, if its prefix is the one asked for. */
  Optional<String> toNetwork(String fileName) {
    return fileName.startsWith(filePrefix)
        ? Optional.of(networkPrefix + fileName.substring(filePrefix.length()))
        : Optional.empty();
  }

  String toFile(String networkName) {
    return filePrefix + networkName.substring(networkPrefix.length());
  }
}
