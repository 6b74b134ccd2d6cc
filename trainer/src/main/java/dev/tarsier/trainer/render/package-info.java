/**
 * Furnished rooms made of numbers: colour, exact depth and classes for training, tests and golden
 * frames, without anyone's data.
 *
 * <pre>
 * seed ─(RoomBuilder)→ Room ─┐
 * seed ─(CameraPath)→ pose ──┴(SceneRenderer)→ radiance, depth, labels ─(ColorCamera, DepthSensor)→ RenderedFrame
 * </pre>
 *
 * Hints and traps: the same seed gives the same bytes on every machine and with every number of
 * threads, so nothing here may use {@code Math.sin}, {@code pow} or {@code exp} (they differ by
 * processor; {@code StrictMath} does not), a shared random stream, or a sum whose order depends on
 * threads. Depth is z along the optical axis in metres, not the length of the ray. Labels follow
 * NYUDv2's habits: a door and a baseboard are wall, a rug is floor, curtains and blinds are window,
 * a desk is a table, pillows, lamps and mirrors are objects.
 */
package dev.tarsier.trainer.render;
