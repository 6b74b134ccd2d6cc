package dev.tarsier.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Manifests that are damaged or made up: each is taken whole or refused in one line. {@code
 * -Dfuzz.rounds=N} tries more, {@code -Dfuzz.seed=N} others.
 */
class ManifestFuzzTest {
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 400);
  private static final long SEED = Long.getLong("fuzz.seed", 20261128);

  /** What stands in place of a value: other types, ends of ranges, and what should not be shown. */
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1e999",
          "-0.0",
          "24.7",
          "2147483648",
          "1e-400",
          "NaN",
          "\"\"",
          "\"a\\nb\"",
          "\"\\u001b[31m\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"../../etc/passwd\"",
          "\"/etc/passwd\"",
          "\".\"",
          "\"" + "x".repeat(5000) + "\"",
          "[]",
          "{}",
          "[null]",
          "[[]]",
          "{\"id\":1}",
          "[" + "[".repeat(2000) + "]",
          "{\"a\":".repeat(3000),
          "9".repeat(2000));

  @TempDir Path folder;

  @Test
  void isTakenOrRefusedInOneLine() throws Exception {
    TestBundles.addGolden(TestBundles.brightness(folder), 0xC80A10);
    List<byte[]> seeds =
        List.of(
            Files.readAllBytes(folder.resolve(BundleManifest.FILE)),
            Files.readAllBytes(Prerequisites.shippedBundle().resolve(BundleManifest.FILE)));
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(SEED + round);
      byte[] bytes = seeds.get(random.nextInt(seeds.size()));
      for (int i = 0; i <= random.nextInt(3); i++) {
        bytes = random.nextBoolean() ? damaged(bytes, random) : replaced(bytes, random);
      }
      Files.write(folder.resolve(BundleManifest.FILE), bytes);
      try {
        Bundle.load(folder);
      } catch (BundleException e) {
        refused++;
        assertThat(e.getMessage())
            .as("seed %d", SEED + round)
            .contains(folder.toString())
            .hasSizeLessThan(1500)
            .doesNotContain("null;");
        assertThat(e.getMessage().chars().noneMatch(Character::isISOControl))
            .as("seed %d: %s", SEED + round, e.getMessage())
            .isTrue();
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + (SEED + round), e);
      }
    }
    assertThat(refused).isGreaterThan(ROUNDS / 3);
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    if (bytes.length == 0) {
      return bytes;
    }
    byte[] copy = bytes.clone();
    return switch (random.nextInt(4)) {
      case 0 -> Arrays.copyOf(copy, random.nextInt(copy.length));
      case 1 -> {
        copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
        yield copy;
      }
      case 2 -> {
        int from = random.nextInt(copy.length);
        int to = Math.min(copy.length, from + random.nextInt(40));
        byte[] cut = Arrays.copyOf(copy, copy.length - (to - from));
        System.arraycopy(copy, to, cut, from, copy.length - to);
        yield cut;
      }
      default -> {
        byte[] some = new byte[random.nextInt(20)];
        random.nextBytes(some);
        int at = random.nextInt(copy.length);
        System.arraycopy(some, 0, copy, at, Math.min(some.length, copy.length - at));
        yield copy;
      }
    };
  }

  /** Puts another value behind a key, or takes the key out. */
  private static byte[] replaced(byte[] bytes, Random random) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    int[] colons = IntStream.range(0, text.length()).filter(i -> text.charAt(i) == ':').toArray();
    if (colons.length == 0) {
      return bytes;
    }
    int colon = colons[random.nextInt(colons.length)];
    int end = colon + 1;
    int depth = 0;
    boolean quoted = false;
    for (; end < text.length(); end++) {
      char c = text.charAt(end);
      if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == '{' || c == '[')) {
        depth++;
      } else if (!quoted && (c == '}' || c == ']') && --depth < 0) {
        break;
      } else if (!quoted && depth == 0 && c == ',') {
        break;
      }
    }
    String value = VALUES.get(random.nextInt(VALUES.size()));
    return (text.substring(0, colon + 1) + value + text.substring(end))
        .getBytes(StandardCharsets.UTF_8);
  }
}
