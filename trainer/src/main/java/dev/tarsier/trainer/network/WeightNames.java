package dev.tarsier.trainer.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which tensor of a weight file goes where in a network.
 *
 * @param filePrefix tensors whose names start with this are wanted; may be empty for all
 * @param networkPrefix what replaces it in the network's names; all tensors of the network whose
 *     names start with it must be in the file
 * @param ignored regular expressions for whole names in the file that are knowingly left out
 */
public record WeightNames(String filePrefix, String networkPrefix, List<Pattern> ignored) {
  /** Copies the list. */
  public WeightNames {
    ignored = List.copyOf(ignored);
  }

  /** Every tensor under the same name. */
  public static WeightNames same() {
    return new WeightNames("", "", List.of());
  }

  /** Replaces one prefix by another. */
  public static WeightNames prefix(String filePrefix, String networkPrefix) {
    return new WeightNames(filePrefix, networkPrefix, List.of());
  }

  /** The same, leaving out names in the file that match this regular expression as a whole. */
  public WeightNames ignoring(String regex) {
    List<Pattern> more = new ArrayList<>(ignored);
    more.add(Pattern.compile(regex));
    return new WeightNames(filePrefix, networkPrefix, more);
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
