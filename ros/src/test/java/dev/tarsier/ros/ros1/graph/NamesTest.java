package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.port.RosException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  /** The table of wiki.ros.org/Names, section 1.2. */
  @ParameterizedTest
  @CsvSource({
    "/, node1, bar, /bar",
    "/, node1, /bar, /bar",
    "/, node1, ~bar, /node1/bar",
    "/wg, node2, bar, /wg/bar",
    "/wg, node2, /bar, /bar",
    "/wg, node2, ~bar, /wg/node2/bar",
    "/wg, node3, foo/bar, /wg/foo/bar",
    "/wg, node3, /foo/bar, /foo/bar",
    "/wg, node3, ~foo/bar, /wg/node3/foo/bar"
  })
  void resolvesAsTheRosWikiSays(String namespace, String node, String name, String full) {
    assertThat(new Names(namespace, node, Map.of()).resolve(name)).isEqualTo(full);
  }

  @Test
  void remapsAfterResolvingBothSides() {
    Names names =
        new Names(
            "robot", "eye", Map.of("image", "/camera/rgb", "~depth", "depth", "/left", "~right"));
    assertThat(names.node()).isEqualTo("/robot/eye");
    assertThat(names.namespace()).isEqualTo("/robot");
    assertThat(names.resolve("image")).isEqualTo("/camera/rgb");
    assertThat(names.resolve("/robot/image")).isEqualTo("/camera/rgb");
    assertThat(names.resolve("/image")).isEqualTo("/image");
    assertThat(names.resolve("~depth")).isEqualTo("/robot/depth");
    assertThat(names.resolve("/left")).isEqualTo("/robot/eye/right");
  }

  @Test
  void takesSlashesTooMany() {
    Names names = new Names("/a//b/", "n", Map.of());
    assertThat(names.node()).isEqualTo("/a/b/n");
    assertThat(names.resolve("x//y/")).isEqualTo("/a/b/x/y");
    assertThat(names.resolve("/")).isEqualTo("/");
    assertThat(names.resolve("~")).isEqualTo("/a/b/n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "my topic", "7up", "a-b", "a:b", "\u00fcber"})
  void namesWhatIsIllegal(String name) {
    Names names = new Names("/", "n", Map.of());
    assertThatThrownBy(() -> names.resolve(name))
        .isInstanceOf(RosException.class)
        .hasMessageContaining("'" + name + "'");
  }

  @Test
  void refusesANodeNameWithASlash() {
    assertThatThrownBy(() -> new Names("/", "a/b", Map.of()))
        .isInstanceOf(RosException.class)
        .hasMessageContaining("'a/b'");
  }
}
