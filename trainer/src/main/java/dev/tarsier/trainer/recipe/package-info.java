/**
 * One YAML file from data to bundle.
 *
 * <pre>
 *   recipe.yaml ─(StrictYaml)→ Recipe ─(Chain.of)→ steps, each with its needs ─(ChainWalk)→ stages
 *                                                                    │ Pass: look, or make
 *     teacher ─→ pseudo-labels ─→ student ─→ evaluation ─→ bundle + CARD.md
 *                                                                    │
 *                StageStore: KIND-HASH/stage.json with the outcome's record + what the stage wrote
 * </pre>
 *
 * <p>A stage is named by the hash of all that decides its outcome: its part of the recipe, its
 * data, and what the stages before it came to. What is there is used, what was begun goes on, and
 * what a change touches is made anew beside the old. Several recipes and processes may share a
 * store.
 *
 * <p>Hints and traps:
 *
 * <ul>
 *   <li>Only what differs from the defaults is hashed, so a new setting whose default changes
 *       nothing leaves trained networks as they are. Whoever changes a default, or what a stage
 *       computes, raises that stage's SCHEMA.
 *   <li>A stage is one class: a {@link dev.tarsier.trainer.recipe.Step} with what it needs, what it
 *       hashes and a record of its outcome. It is declared in {@code Chain}, after what it needs.
 *   <li>Outcomes are hashed, not recipes: pseudo-labels that come out the same teach the same
 *       student.
 *   <li>A checkpoint may be deleted once nothing is to be made of it; who needs it says so.
 *   <li>The best epoch is chosen by validation data alone. Evaluation data is for the record.
 * </ul>
 */
package dev.tarsier.trainer.recipe;
