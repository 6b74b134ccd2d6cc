/**
 * Frames and what is known of them, from folders, bags and the scene renderer, and the batches that
 * trainings see.
 *
 * <pre>
 *   recipe's section ─(DataSet.open)→ SampleSource ─(get, any thread)→ Sample: uint8 [h,w,3], planes by task
 *   SampleSources ─(Mixture, one for each of the Streams)→ draws ─(BatchLoader, own threads: BatchFiller, PlaneWriter)→ Batch
 *   Batch: float32 [N,3,H,W], a Target for each task, what the network sees besides the image
 * </pre>
 *
 * <p>A further kind of data set is one file here and one line in {@code
 * META-INF/services/dev.tarsier.trainer.dataset.DataSet$Kind}.
 */
package dev.tarsier.trainer.dataset;
