package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.port.PublisherState;
import java.util.List;

/** The receiving end of one topic. */
public interface Subscription extends AutoCloseable {
  /** The topic's full name. */
  String topic();

  /** How many publishers are connected now. */
  int publishers();

  /** Its publishers, connected or not. */
  List<PublisherState> publisherStates();

  /** Messages received so far, over all publishers. */
  long received();

  /** Ends the subscription; a handler that runs is let finish, and none starts afterwards. */
  @Override
  void close();
}
