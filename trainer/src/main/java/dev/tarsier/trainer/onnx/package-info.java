/**
 * Networks that others trained and exported, made into bundles, or run as they are to teach.
 *
 * <pre>
 *   model.onnx ─(OnnxFile: sound, all weights inside)─┬─(InputChoice, OutputChoice: a run, Known, ImportOptions)
 *   config.json, metadata ─(Known)──────────────────────┘      │ InputRule, Decoding
 *      ┌───────────────────────────────────────────────────────┘
 *      ├─(Original + Java)─▶ golden frames ──┐
 *      └─(GraphEditor)─▶ bundle's model.onnx ─┴─(Agreement)─▶ bundle folder, or nothing at all
 *   InputRule, Decoding ─(ForeignNetwork)─▶ probabilities [C,h,w] or values [h,w] of any image
 * </pre>
 *
 * <p>Hints and traps: shapes that a file declares are often wrong, so outputs are known by a run
 * alone. Nodes are added in the file's own opset; nothing is converted. What is ambiguous is asked
 * for by the option's name and never guessed.
 */
package dev.tarsier.trainer.onnx;
