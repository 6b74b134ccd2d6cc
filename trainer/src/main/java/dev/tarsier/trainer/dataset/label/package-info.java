/**
 * Labels as annotation tools write them: which class each pixel of a frame has.
 *
 * <pre>
 *   files ─(LabelFiles.open)→ Labels: names of labelled frames
 *   Labels ─(read)→ class ids of one frame, uint8 [h,w], 255 = no label
 *   shapes of a frame ─(Canvas, later ones over earlier ones)→ class ids
 * </pre>
 *
 * <p>A tool's classes are found by their names, its masks' also by colour or id; {@link
 * dev.tarsier.trainer.task.ClassSet} says which class that is. What no shape covers is the class
 * {@code background} where the classes have one, otherwise it has no label. A frame without a
 * single shape was never labelled.
 */
package dev.tarsier.trainer.dataset.label;
