package dev.tarsier.ros.bag;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Thrown behind the last whole message of a bag that is damaged or cut off. */
public final class BagDamageException extends BagException {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 5;

  private final transient List<BagDamage> damages;
  private final long messagesRead;

  BagDamageException(Path file, List<BagDamage> damages, long messagesRead) {
    super(describe(file, damages, messagesRead));
    this.damages = List.copyOf(damages);
    this.messagesRead = messagesRead;
  }

  private static String describe(Path file, List<BagDamage> damages, long messagesRead) {
    String places =
        damages.stream().limit(SHOWN).map(BagDamage::toString).collect(Collectors.joining("; "));
    String more = damages.size() > SHOWN ? "; and " + (damages.size() - SHOWN) + " more" : "";
    return "%s is damaged: %s%s. %d whole messages were read; `rosbag reindex` writes a bag of what is whole"
        .formatted(file, places, more, messagesRead);
  }

  /** Every damaged place that was met, in the order of meeting; at least one. */
  public List<BagDamage> damages() {
    return damages;
  }

  /** How many whole messages were delivered before this. */
  public long messagesRead() {
    return messagesRead;
  }
}
