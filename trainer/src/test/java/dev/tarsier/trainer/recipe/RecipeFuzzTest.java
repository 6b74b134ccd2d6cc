package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tarsier.runtime.config.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages the shipped recipes in seeded ways. Each is read, or refused with one line that says what
 * is wrong; {@code -Dfuzz.rounds=N} does more rounds.
 */
class RecipeFuzzTest {
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 300);
  private static final String[] SCRAPS = {
    "",
    "-1",
    "0",
    "1e400",
    "NaN",
    ".inf",
    "9223372036854775808",
    "true",
    "null",
    "~",
    "[]",
    "{}",
    "[1, 2",
    "{a: ",
    "'",
    "\"",
    "\t",
    "- ",
    ": ",
    "&a",
    "*a",
    "!!java.lang.String x",
    "<<: *a",
    "\u0000",
    "\u202e",
    "\ud83d\ude00",
    "|",
    ">",
    "---\n",
    "...",
    "%YAML 9.9\n",
    "${HOME:-x}",
    "${"
  };

  @TempDir private Path folder;

  @Test
  void damagedRecipesAreReadOrRefusedInWords() throws IOException {
    Random random = new Random(20261128);
    List<String> recipes = shipped();
    Path file = folder.resolve("damaged.yaml");
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = damage(recipes.get(random.nextInt(recipes.size())), random);
      Files.write(file, bytes);
      try {
        Recipe.read(file);
      } catch (ConfigException e) {
        refused++;
        assertThat(e.getMessage()).as("round " + round).isNotBlank();
      } catch (RuntimeException | StackOverflowError e) {
        fail("round %d: %s%n%s".formatted(round, e, new String(bytes, StandardCharsets.UTF_8)), e);
      }
    }
    assertThat(refused).as("damage that was noticed").isPositive();
  }

  private static List<String> shipped() throws IOException {
    List<String> texts = new ArrayList<>();
    Path recipes = Path.of(System.getProperty("tarsier.root"), "trainer/recipes");
    try (Stream<Path> files = Files.list(recipes)) {
      for (Path each : files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList()) {
        texts.add(Files.readString(each));
      }
    }
    assertThat(texts).isNotEmpty();
    return texts;
  }

  private static byte[] damage(String text, Random random) {
    StringBuilder damaged = new StringBuilder(text);
    for (int n = 1 + random.nextInt(4); n > 0 && damaged.length() > 2; n--) {
      int at = random.nextInt(damaged.length() - 1);
      int length = Math.min(damaged.length() - at, 1 + random.nextInt(20));
      switch (random.nextInt(6)) {
        case 0 -> damaged.delete(at, at + length);
        case 1 -> damaged.insert(at, SCRAPS[random.nextInt(SCRAPS.length)]);
        case 2 -> damaged.insert(at, damaged.substring(at, at + length));
        case 3 -> damaged.setCharAt(at, (char) random.nextInt(256));
        case 4 -> replaceValue(damaged, random);
        default -> damaged.setLength(at);
      }
    }
    byte[] bytes = damaged.toString().getBytes(StandardCharsets.UTF_8);
    if (random.nextInt(20) == 0 && bytes.length > 0) {
      bytes[random.nextInt(bytes.length)] = (byte) 0xFF;
    }
    return bytes;
  }

  /** Puts something else behind a colon, where it does the most. */
  private static void replaceValue(StringBuilder text, Random random) {
    int colon = text.indexOf(": ", random.nextInt(text.length()));
    if (colon < 0) {
      return;
    }
    int end = colon + 2;
    while (end < text.length() && ",}]\n".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    text.replace(colon + 2, end, SCRAPS[random.nextInt(SCRAPS.length)]);
  }
}
