package dev.tarsier.ros.port;

import java.util.List;

/** The receiving end of one topic. Any thread may call. */
public interface Input extends AutoCloseable {
  /** The topic's full name. */
  String topic();

  /** How many publishers are connected now. */
  int publishers();

  /** Its publishers, connected or not. */
  List<PublisherState> publisherStates();

  /** Ends it; a handler that runs is let finish, and none starts afterwards. */
  @Override
  void close();
}
