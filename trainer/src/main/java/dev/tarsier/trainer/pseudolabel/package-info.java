/**
 * What a teacher that saw more says of frames that were not labelled, kept as files: class ids
 * where it is sure, or depth in the mirror direction, and if wanted the whole distribution (methods
 * §1).
 *
 * <pre>
 *   frames, teachers ─▶ PseudoLabeler ─▶ folder of PNGs + manifest.json ─▶ PseudoLabelSource ─▶ student
 *   somebody's ONNX ─(OnnxTeacher: the recipe's classes, or metres by DepthFit)─┘
 * </pre>
 */
package dev.tarsier.trainer.pseudolabel;
