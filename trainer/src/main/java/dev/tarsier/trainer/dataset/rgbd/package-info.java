/**
 * Colour, labels and depth as files of any layout: the kind of data set for one's own frames.
 *
 * <pre>
 *   folder, pattern or list ─(FrameFiles)→ named files of images, labels, depth
 *   names ─(FrameNames, or stamps)→ which labels and depth are of which image
 *   a frame's files ─(RgbdFiles.get)→ Sample: uint8 [h,w,3], class ids, metres
 * </pre>
 */
package dev.tarsier.trainer.dataset.rgbd;
