package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.MtiNet;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.run.Canonical;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkSectionTest {
  private static Network network(String section) {
    return Recipe.parse("name: a\nstudent:\n  network:\n" + section.indent(4), "recipe.yaml")
        .student()
        .network();
  }

  @Test
  void hasTheArchitecturesKeysBesideThoseOfAll() {
    Network edge = network("encoder: tensorflow\nheight: 96\ndecoder_width: 64");
    assertThat(edge.architecture()).isEqualTo(new Edge(PublishedEncoder.TENSORFLOW, 1, 64));
    assertThat(edge.height()).isEqualTo(96);
    assertThat(edge.width()).isEqualTo(320);
    Network mti = network("kind: MTI_HRNET18\noutput_stride: 2\nwidth: 640");
    assertThat(mti.architecture()).isEqualTo(new MtiNet(2));
    assertThat(mti.width()).isEqualTo(640);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kind: edge",
        "kind: mti_hrnet18",
        "encoder_width: 0.5",
        "kind: segnet, width_factor: 0.25",
        "kind: mtan",
        "kind: xtasc, resnet: 18",
        "kind: lenet, heads: [depth]"
      })
  void isReadAsItIsWritten(String section) {
    Recipe recipe = Recipe.parse("name: a\nstudent: {network: {%s}}".formatted(section), "a");
    assertThat(Recipe.parse(recipe.yaml(), "written")).isEqualTo(recipe);
    Network network = recipe.student().network();
    assertThat(Canonical.value(Canonical.tree(network), Network.class)).isEqualTo(network);
  }

  /** By these stages' keys were made when one record had the keys of all kinds. */
  @Test
  void differsFromTheDefaultsByWhatARecipeSays() {
    assertThat(differing("encoder_width: 0.5")).isEqualTo("{\"encoder_width\":0.5}");
    assertThat(differing("kind: mti_hrnet18")).isEqualTo("{\"kind\":\"MTI_HRNET18\"}");
    assertThat(differing("kind: mti_hrnet18\noutput_stride: 4\nheads: [depth]"))
        .isEqualTo("{\"kind\":\"MTI_HRNET18\",\"output_stride\":4,\"heads\":[\"DEPTH\"]}");
  }

  private static String differing(String section) {
    return Canonical.differing(
            (ObjectNode) Canonical.tree(network(section)),
            Canonical.tree(Recipe.TRAINING.network()))
        .toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "encoder_widht: 0.5 | recipe.yaml:4: student.network.encoder_widht: unknown key; did you mean 'encoder_width'?",
        "heihgt: 96 | did you mean 'height'? Known here: decoder_width,",
        "architecture: edge | student.network.architecture: unknown key",
        "kind: egde | edge, mti_hrnet18",
        "kind: egde | got 'egde'; did you mean 'edge'?",
        "encoder_width: 5 | student.network: encoder_width must be 0.1 to 4, got 5.0",
        "channels: 4 | channels is for kind: tiny; leave it out of edge",
        "{kind: segnet, width_factor: 9} | student.network: width_factor must be 0.01 to 4, got 9.0",
        "{kind: xtasc, resnet: 101} | student.network: resnet must be one of [18, 34, 50], got 101",
        "{kind: mtan, resnet: 18} | resnet is for kind: xtasc; leave it out of mtan",
        "width_factor: 0.5 | width_factor is for kind: segnet, mtan, xtasc, lenet; leave it out of edge",
        "decoder_width: wide | recipe.yaml:4: student.network.decoder_width: must be a whole number",
        "height: 8 | student.network: height and width must be >= 32, got 8 and 320",
        "heads: [clases] | did you mean 'classes'?",
      })
  void saysWhereAndWhatIsWrong(String section, String message) {
    assertThatThrownBy(() -> network(section))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void isASection() {
    assertThatThrownBy(() -> Recipe.parse("name: a\nstudent: {network: edge}", "recipe.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("recipe.yaml:2: student.network: must be a section with keys");
  }
}
