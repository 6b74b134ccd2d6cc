/**
 * What a recording itself knows of a scene: depth and class ids beside the images, to judge by and
 * to learn from.
 *
 * <pre>
 * Recording ─(ImageStream)→ what a topic's first messages show
 *                 └─(DepthSource, LabelSource)→ taken, with unit, place and pairing; or refused, with the reason
 * message body ─(TruthReader)→ Truth: metres or ids, in the image's camera
 * </pre>
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>16UC1 and mono16 are what infrared and thermal cameras send too; the topic's name and the
 *       values tell them from depth, nothing else does.
 *   <li>Depth of another camera shows another picture. It is registered where both calibrations and
 *       the transform are in the recording, and refused otherwise.
 *   <li>The unit of 16-bit depth is a millimetre by convention (REP 118), not by nature.
 * </ul>
 */
package dev.tarsier.ros.truth;
