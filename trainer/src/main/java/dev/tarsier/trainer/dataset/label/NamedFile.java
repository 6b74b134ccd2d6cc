package dev.tarsier.trainer.dataset.label;

import java.nio.file.Path;

/**
 * A file of a data set.
 *
 * @param name of the frame that it is of, by which it is matched
 * @param path where it lies
 */
public record NamedFile(String name, Path path) {}
