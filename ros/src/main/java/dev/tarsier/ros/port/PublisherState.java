package dev.tarsier.ros.port;

/**
 * One publisher of a subscribed topic, as the subscription sees it.
 *
 * @param publisher the node's name where it has said it, else its slave API
 * @param connected whether it is connected now
 * @param receivedBytes from it so far
 * @param failure why it is not connected; empty where it is, or was not tried yet
 */
public record PublisherState(
    String publisher, boolean connected, long receivedBytes, String failure) {}
