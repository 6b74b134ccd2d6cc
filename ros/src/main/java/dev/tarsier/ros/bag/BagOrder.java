package dev.tarsier.ros.bag;

/** The order in which a cursor gives the messages. */
public enum BagOrder {
  /** By receive time over the whole bag, as `rosbag play` does; ties as they lie in the file. */
  TIME,
  /** As they lie in the file. */
  RECORDED
}
