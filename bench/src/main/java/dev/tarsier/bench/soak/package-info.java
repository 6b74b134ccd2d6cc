/**
 * The soak: the product's node as a process of its own, between a camera, subscribers, a broker and
 * a master that come, go, stall and break, for as long as one likes.
 *
 * <p>{@code CameraProcess → node (launch/perception_node) → Listener}, with {@link
 * dev.tarsier.bench.soak.Schedule} saying what happens when, {@link
 * dev.tarsier.bench.soak.Disturbances} doing it and {@link dev.tarsier.bench.soak.Judgement} saying
 * what came of it. All that is judged is seen from outside: {@code /proc}, {@code /diagnostics},
 * telemetry, what subscribers get. {@link dev.tarsier.bench.soak.SteadyRun} has the same parts with
 * nothing going wrong.
 */
package dev.tarsier.bench.soak;
