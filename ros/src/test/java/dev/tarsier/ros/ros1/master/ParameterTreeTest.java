package dev.tarsier.ros.ros1.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.port.RosException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParameterTreeTest {
  private final ParameterTree tree = new ParameterTree();

  @Test
  void seesAMapAsABranchAndABranchAsAMap() {
    tree.set("/a/b", 1);
    tree.set("/a/c", Map.of("d", 2));
    assertThat(tree.get("/a")).contains(Map.of("b", 1, "c", Map.of("d", 2)));
    assertThat(tree.get("/a/c/d")).contains(2);
    assertThat(tree.get("/a/b/x")).isEmpty();
    assertThat(tree.names()).containsExactlyInAnyOrder("/a/b", "/a/c/d");
    tree.set("/a", 5);
    assertThat(tree.get("/a/b")).isEmpty();
    tree.set("/a/b", 6);
    assertThat(tree.get("/a")).contains(Map.of("b", 6));
  }

  @Test
  void deletesABranch() {
    tree.set("/a/b/c", 1);
    assertThat(tree.delete("/a/b")).isTrue();
    assertThat(tree.delete("/a/b")).isFalse();
    assertThat(tree.get("/a")).contains(Map.of());
  }

  /** The example of wiki.ros.org/ROS/Parameter Server API, searchParam. */
  @Test
  void searchesFromTheNamespaceUpwardsByTheFirstPart() {
    tree.set("/robot1/foo/bar", 1);
    tree.set("/top", 2);
    assertThat(tree.search("/robot1/node", "foo/bar")).contains("/robot1/foo/bar");
    // the first part is found, so the rest is not looked for above it
    assertThat(tree.search("/robot1/node", "foo/none")).contains("/robot1/foo/none");
    assertThat(tree.search("/robot1/node", "top")).contains("/top");
    assertThat(tree.search("/robot1/node", "/top")).contains("/top");
    assertThat(tree.search("/robot1/node", "none")).isEmpty();
  }

  @Test
  void givesCopiesSoThatNobodyHoldsAPartOfIt() {
    tree.set("/a", Map.of("b", 1));
    Object read = tree.get("/a").orElseThrow();
    tree.set("/a/b", 2);
    assertThat(read).isEqualTo(Map.of("b", 1));
  }

  @Test
  void refusesAScalarAsItsRoot() {
    assertThatThrownBy(() -> tree.set("/", 3)).isInstanceOf(RosException.class);
  }
}
