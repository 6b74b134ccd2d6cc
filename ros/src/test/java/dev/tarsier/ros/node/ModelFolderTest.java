package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
  @TempDir Path home;

  @BeforeEach
  void makeAModel() throws Exception {
    Files.createDirectories(home.resolve("models/edge"));
  }

  @Test
  void findsAModelByNameByRelativeAndByAbsolutePath() {
    Path edge = home.resolve("models/edge");
    assertThat(ModelFolder.find("edge", List.of(home))).isEqualTo(edge);
    assertThat(ModelFolder.find("models/edge", List.of(home))).isEqualTo(edge);
    assertThat(ModelFolder.find(edge.toString(), List.of())).isEqualTo(edge);
  }

  @Test
  void saysWhereItLooked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelFolder.find("egde", List.of(home)))
        .withMessageContaining("'egde'")
        .withMessageContaining(home.resolve("models/egde").toString());
  }
}
