/**
 * Networks that others trained and exported, made into bundles.
 *
 * <pre>
 *   model.onnx ─(OnnxFile: sound, all weights inside)─┬─(InputChoice, OutputChoice: a run, Known, ImportOptions)
 *   config.json, metadata ─(Known)──────────────────────┘      │ InputRule, Decoding
 *      ┌───────────────────────────────────────────────────────┘
 *      ├─(Original + Java)─▶ golden frames ──┐
 *      └─(GraphEditor)─▶ bundle's model.onnx ─┴─(Agreement)─▶ bundle folder, or nothing at all
 * </pre>
 *
 * <p>Hints and traps: shapes that a file declares are often wrong, so outputs are known by a run
 * alone. Nodes are added in the file's own opset; nothing is converted. What is ambiguous is asked
 * for by the option's name and never guessed.
 */
package dev.tarsier.trainer.onnx;
