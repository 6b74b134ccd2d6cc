package dev.tarsier.ros.bag;

/**
 * What a bag holds of one topic.
 *
 * @param name such as {@code /camera/rgb/image_color}
 * @param type such as {@code sensor_msgs/Image}
 * @param md5 of the definition
 * @param messages how many
 * @param connections from how many publishers
 */
public record BagTopic(String name, String type, String md5, long messages, int connections) {}
