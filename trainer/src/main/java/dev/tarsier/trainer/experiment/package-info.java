/**
 * Experiments: the method measured over seeds, beside what its paper says.
 *
 * <pre>
 *   study.yaml ─(Study)→ rows ─(Plan)→ a Recipe for each row and seed ─(TableRun: recipe.RecipeRun)→ CellRecord
 *                                              CellRecords ─(TableFiles)→ table.html, .md, .png, .json
 * </pre>
 *
 * <p>Rows are data: what a row trains is said in the study's file, not here. A table is drawn from
 * records alone, so drawing needs no training.
 */
package dev.tarsier.trainer.experiment;
