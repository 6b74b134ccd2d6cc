package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.State;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Lin et al., "Reasonable effectiveness of random weighting", TMLR 2022, RLW: the weights of each
 * step are drawn. It holds whether a balancer that the product does not have fits in one file.
 */
final class RandomWeights implements Balancer {
  public record Options(Double spread) implements Balancer.Options {
    public Options() {
      this(null);
    }

    public Options {
      spread = spread == null ? 1 : spread;
    }

    @Override
    public String kind() {
      return "random_weights";
    }

    @Override
    public Balancer create(Setup setup) {
      return new RandomWeights(setup, spread);
    }
  }

  private final Map<String, Double> lossWeights;
  private final double spread;
  private long draws;

  private RandomWeights(Setup setup, double spread) {
    lossWeights = setup.weights();
    this.spread = spread;
    draws = setup.seed();
  }

  @Override
  public NDArray backward(Step step) {
    Random random = new Random(draws++);
    Map<String, Double> drawn = new LinkedHashMap<>();
    step.losses()
        .all()
        .forEach(
            (loss, value) ->
                drawn.put(loss, lossWeights.get(loss) * Math.exp(spread * random.nextGaussian())));
    NDArray sum = step.losses().sum(drawn);
    Gradients.backward(sum, false);
    return sum;
  }

  @Override
  public List<State> states() {
    return List.of(
        new Numbers("random_weights") {
          @Override
          void visit(Visitor visitor) {
            draws = visitor.count("draws", draws);
          }
        });
  }
}
