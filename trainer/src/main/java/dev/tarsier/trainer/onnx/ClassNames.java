package dev.tarsier.trainer.onnx;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Names of classes as a person gives them: a text with one name on a line, a file with classes as
 * recipes have it, a YAML or JSON file with {@code names} (a list, or ids and names) and perhaps
 * {@code colors}, the name of a set that the product knows, or no names but a number.
 */
final class ClassNames {
  private static final String OWN = "own-classes";
  private static final String BACKGROUND = "background";

  private static final int MOST = 254;

  private ClassNames() {}

  /** Reads what {@code --classes} says. */
  static ClassSet read(String said) throws ImportException {
    if (said.matches("[0-9]{1,4}")) {
      int count = Integer.parseInt(said);
      if (count < 1 || count > MOST) {
        throw new IllegalArgumentException(
            "--classes must be 1 to %d classes, got %d".formatted(MOST, count));
      }
      return of(IntStream.range(0, count).mapToObj(id -> "class_" + id).toList(), "--classes");
    }
    Path file = Path.of(said);
    if (!Files.exists(file) && ClassSet.all().stream().anyMatch(e -> e.id().equals(said))) {
      return ClassSet.of(said);
    }
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new ImportException(
          "--classes %s: no such file, known set (%s) or number; give a text with one name on a line, or a YAML file with names"
              .formatted(
                  said, String.join(", ", ClassSet.all().stream().map(ClassSet::id).toList())),
          e);
    }
    String name = file.getFileName().toString();
    if (name.endsWith(".txt") || name.endsWith(".names")) {
      return of(text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList(), said);
    }
    JsonNode tree = StrictYaml.parse(text, said, JsonNode.class);
    boolean own = tree.path("name").isTextual() && !tree.path("names").isObject();
    return own ? StrictYaml.parse(text, said, ClassSet.class) : parsed(tree, said);
  }

  private static ClassSet parsed(JsonNode tree, String source) throws ImportException {
    JsonNode names =
        tree.has("names") ? tree.get("names") : tree.has("id2label") ? tree.get("id2label") : tree;
    List<String> list = new ArrayList<>();
    if (names.isObject()) {
      for (int id = 0; id < names.size(); id++) {
        if (!names.has(Integer.toString(id))) {
          throw new ImportException(
              "%s: names must have the ids 0 to %d, and %d is missing"
                  .formatted(source, names.size() - 1, id));
        }
        list.add(names.get(Integer.toString(id)).asText());
      }
    } else if (names.isArray()) {
      names.forEach(each -> list.add(each.asText()));
    } else {
      throw new ImportException(
          source + ": there are no names; write 'names: [floor, wall, …]', by id from 0");
    }
    return made(list, tree.path("colors"), source);
  }

  /** Classes of these names, with a known set's colours where they are its names, or others. */
  static ClassSet of(List<String> names, String source) throws ImportException {
    for (ClassSet each : ClassSet.all()) {
      if (each.names().equals(names)) {
        return each;
      }
    }
    return made(names, null, source);
  }

  private static ClassSet made(List<String> names, JsonNode colors, String source)
      throws ImportException {
    ObjectNode own = Json.object().put("name", OWN);
    ArrayNode list = own.putArray("names");
    names.forEach(list::add);
    if (colors != null && colors.isArray()) {
      own.set("colors", colors);
    }
    try {
      return Json.SNAKE_CASE.value(own, ClassSet.class);
    } catch (JsonProcessingException e) {
      throw new ImportException("%s: %s".formatted(source, e.getOriginalMessage()), e);
    }
  }

  /** The same with what is none of them in front. */
  static ClassSet withBackground(ClassSet set) throws ImportException {
    List<String> names = new ArrayList<>();
    names.add(set.names().contains(BACKGROUND) ? "no_instance" : BACKGROUND);
    names.addAll(set.names());
    ArrayNode colors = Json.array().add("#000000");
    IntStream.range(0, set.size()).mapToObj(set::color).forEach(colors::add);
    return made(names, colors, "the classes");
  }
}
