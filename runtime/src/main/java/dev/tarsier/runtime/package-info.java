/**
 * The data path: frames in, classes and metric depth out. Knows no ROS and no training.
 *
 * <pre>
 *   receiving thread             │  perception thread
 *                                │
 *   Frame ──────────(FrameSlot)──┼─→ Frame ──(ImageToTensor)─→ uint8[1,H,W,3] RGB
 *   leased from a FramePool,     │                                  │
 *   direct buffer, any           │                          (InferenceSession)
 *   PixelEncoding                │                                  ↓
 *                                │   a Plane for each head: ids, metres, directions
 *                                │                                  ↓
 *                                │   Scene ──(SceneSink)─→ topics, report, telemetry
 * </pre>
 *
 * <p>{@code frame → tensor → inference → pipeline}; beside it {@code model} (the bundle), {@code
 * task} (what its outputs are), {@code health} (how it is doing), {@code telemetry} (who is told),
 * {@code accuracy} (how good it is), {@code config}.
 *
 * <h2>Hints and traps</h2>
 *
 * <ul>
 *   <li>A {@code Scene} is valid only during {@code SceneSink.accept}: its buffers are the
 *       network's outputs, and the next frame overwrites them. Copy what you keep.
 *   <li>Offering gives a {@code Frame} away; close it only if you did not offer it.
 *   <li>{@code Perceiver} is for one frame at a time on your own thread (replay, evaluation);
 *       {@code PerceptionPipeline} is for a live camera, where the newest frame wins.
 *   <li>Do not scale or decode images for the network with anything but {@code RgbImage} and {@code
 *       ImageToTensor}: training and robot must see the same tensor for the same image.
 *   <li>Depth is NaN where it is unknown; compare with {@code Float.isNaN}.
 *   <li>Open sessions through {@code InferenceSession}: it starts ONNX Runtime 1.29 on a thread
 *       with stack enough. Started by hand it crashes when the command line is longer than 4 KB,
 *       unless the class path is in the environment variable CLASSPATH.
 * </ul>
 */
package dev.tarsier.runtime;
