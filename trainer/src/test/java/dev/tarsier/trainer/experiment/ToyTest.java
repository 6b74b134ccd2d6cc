package dev.tarsier.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.experiment.ToyResult.Way;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToyTest {
  @Test
  void hasThePapersFunctionsExactly() throws IOException {
    JsonNode golden =
        new ObjectMapper().readTree(Prerequisites.shared("golden/toy_functions.json").toFile());
    JsonNode places = golden.path("inputs").path("z").path("data");
    assertThat(places).isNotEmpty();
    for (int i = 0; i < places.size(); i++) {
      double z = places.get(i).asDouble();
      // both sides are double precision; only the order of the sum may differ
      assertThat(ToyFunctions.f1(z))
          .isCloseTo(golden.path("outputs").path("f1").get(i).asDouble(), within(1e-12));
      assertThat(ToyFunctions.f2(z))
          .isCloseTo(golden.path("outputs").path("f2").get(i).asDouble(), within(1e-12));
    }
  }

  @Test
  void measuresErrorAgainstTheFunctionItself() throws IOException {
    JsonNode golden =
        new ObjectMapper()
            .readTree(Prerequisites.shared("golden/toy_functions.json").toFile())
            .path("outputs");
    double mean = golden.path("f2_mean_on_0_1").asDouble();
    double[][] constant = {new double[ToyExperiment.TEST_PLACES]};
    Arrays.fill(constant[0], mean);
    ToyResult result =
        ToyResult.of(ToyExperiment.Protocol.STANDARD, Map.of(Way.SINGLE_TASK, constant), 0);
    // the sum at 1,001 places is the integral up to 1/1,001 of the function's range
    assertThat(result.errors().get(Way.SINGLE_TASK).get(0))
        .isCloseTo(
            golden.path("f2_variance_on_0_1 (MSE of the best constant)").asDouble(), within(1e-3));
  }

  @Test
  void learnsBetterWithTheOtherTaskAndTeachesItsStudent(@TempDir Path out) throws IOException {
    ToyResult result = ToyExperiment.run(new ToyExperiment.Protocol(3, 200, 32, 1e-3));
    double single = result.error(Way.SINGLE_TASK).mean();
    double teacher = result.error(Way.TEACHER).mean();
    double student = result.error(Way.STUDENT).mean();
    assertThat(result.wins(Way.MULTI_TASK, Way.SINGLE_TASK)).isEqualTo(3);
    assertThat(single).isLessThan(0.1737 / 2);
    // after 20 seeds and 200 steps their ratio is 1.6, after 500 it is 0.6
    assertThat(student / teacher).isBetween(0.4, 2.5);
    result.write(out);
    assertThat(Files.readString(out.resolve("toy.html"))).contains("3 independent trials");
    assertThat(result.text()).contains(".0072 ± .0062");
  }

  @Test
  void refusesASingleTrial() {
    assertThatThrownBy(() -> new ToyExperiment.Protocol(1, 10, 32, 1e-3))
        .hasMessageContaining("seeds must be >= 2");
  }
}
