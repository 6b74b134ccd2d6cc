package dev.tarsier.runtime.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NamedClassesTest {
  /** Against the plain count, for runs of ids, gaps, high ids and odd lengths. */
  @Test
  void countsAsOneByOneDoes() {
    Random random = new Random(7);
    for (int round = 0; round < 400; round++) {
      TreeSet<Integer> ids = new TreeSet<>();
      int run = random.nextInt(4) == 0 ? 0 : random.nextInt(255);
      IntStream.range(0, run).forEach(ids::add);
      for (int i = random.nextInt(5) + 1; i > 0; i--) {
        ids.add(random.nextInt(255));
      }
      NamedClasses named = new NamedClasses(classes(List.copyOf(ids)));
      ByteBuffer pixels = ByteBuffer.allocateDirect(random.nextInt(70));
      int expected = 0;
      for (int i = 0; i < pixels.capacity(); i++) {
        int id = random.nextInt(3) == 0 ? random.nextInt(256) : ids.first();
        pixels.put(i, (byte) id);
        expected += ids.contains(id) ? 0 : 1;
      }
      assertThat(named.countOthers(pixels)).as("%s", ids).isEqualTo(expected);
    }
  }

  private static ClassMap classes(List<Integer> ids) {
    return new ClassMap(
        ids.stream().map(id -> new ClassLabel(id, "class " + id, "#000000")).toList(), 255);
  }
}
