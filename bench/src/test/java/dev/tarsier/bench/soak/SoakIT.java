package dev.tarsier.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The soak of {@code ./tarsier bench soak}, as short as it can be. */
@Timeout(300)
@Tag("untimed")
class SoakIT {
  @Test
  void theNodeStaysAsItIsForTwoMinutes() throws Exception {
    Prerequisites.programs("mosquitto");
    List<String> said = new CopyOnWriteArrayList<>();
    Soak soak =
        new Soak(
            new Soak.Options(
                Prerequisites.root(),
                Schedule.LEAST_SECONDS,
                1,
                10,
                Optional.of(Prerequisites.shared("data/bags/kitchen_raw.bag")),
                Optional.empty()),
            new Soak.Listeners(said::add, second -> {}));
    SoakResult result = soak.run();
    // Two minutes are too short to judge memory: Java still compiles. Half an hour tells.
    assertThat(result.criteria())
        .filteredOn(each -> !each.name().equals("resident memory is flat"))
        .as(String.join("\n", said))
        .allSatisfy(each -> assertThat(each.met()).as(each.name() + ": " + each.found()).isTrue());
  }
}
