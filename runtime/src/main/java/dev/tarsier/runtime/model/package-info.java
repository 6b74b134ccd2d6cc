/**
 * The perception bundle: a folder with the ONNX model and all that is needed to use it rightly
 * ({@code model.json}, {@code model.onnx}, {@code golden/}, {@code CARD.md}), hashed. The trainer
 * writes it, the runtime refuses what does not match.
 */
package dev.tarsier.runtime.model;
