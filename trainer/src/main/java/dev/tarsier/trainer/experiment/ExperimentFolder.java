package dev.tarsier.trainer.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.Json;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * An experiment's folder.
 *
 * <pre>
 *   table.html, table.md, table.json                  frames/   validation frames and their truth
 *   table-classes.png, table-depth.png                what each row says of these frames
 *   figure.png                                        a metric against another, if asked for
 *   cells/ROW-seedN/cell.json   the record            cells/ROW-seedN/run/   the recipe's run
 *   cells/ROW-seedN/frame-K-….png   what the network says of frame K
 * </pre>
 */
final class ExperimentFolder {
  private final Path root;

  ExperimentFolder(Path root) {
    this.root = root;
  }

  Path root() {
    return root;
  }

  Path frames() {
    return root.resolve("frames");
  }

  Path cell(String row, long seed) {
    return root.resolve("cells").resolve("%s-seed%d".formatted(row, seed));
  }

  void write(CellRecord record) throws IOException {
    Json.write(
        cell(record.row(), record.seed()).resolve("cell.json"), Json.SNAKE_CASE.tree(record));
  }

  /** All records there are, by row and seed. */
  List<CellRecord> records() throws IOException {
    List<CellRecord> records = new ArrayList<>();
    Path cells = root.resolve("cells");
    if (Files.isDirectory(cells)) {
      try (DirectoryStream<Path> folders = Files.newDirectoryStream(cells)) {
        for (Path folder : folders) {
          Path file = folder.resolve("cell.json");
          if (Files.exists(file)) {
            read(file).ifPresent(records::add);
          }
        }
      }
    }
    records.sort(Comparator.comparing(CellRecord::row).thenComparing(CellRecord::seed));
    return records;
  }

  /** None where another version wrote it: the cell is told anew from the store when it is run. */
  private static Optional<CellRecord> read(Path file) throws IOException {
    try {
      JsonNode tree = Json.read(file);
      return tree.path("schema").asText().equals(CellRecord.SCHEMA)
          ? Optional.of(Json.SNAKE_CASE.value(tree, CellRecord.class))
          : Optional.empty();
    } catch (IOException e) {
      throw new IOException(
          "%s cannot be read (%s); delete it, and the experiment writes it anew"
              .formatted(file, e.getMessage()),
          e);
    }
  }
}
