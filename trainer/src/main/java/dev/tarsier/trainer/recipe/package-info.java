/**
 * One YAML file from data to bundle.
 *
 * <pre>
 *   recipe.yaml ─(StrictYaml)→ Recipe ─(RecipeRun)→ data sets ─(student: training.Trainer)→ best checkpoint
 *                                                                     ─(export)→ bundle + CARD.md
 * </pre>
 *
 * <p>Every stage is a section of the file and a folder of the run: {@code student}, {@code bundle}.
 * A stage that comes before the student, such as a teacher and its pseudo-labels, is one more
 * section and one more folder.
 */
package dev.tarsier.trainer.recipe;
