package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.State;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Yu et al., "Gradient surgery for multi-task learning", NeurIPS 2020, algorithm 1: of the shared
 * parameters' gradients, each loss's is freed of what goes against another's, in random order. It
 * holds whether a balancer that changes gradients, and draws, fits behind the interface.
 */
final class PcGrad implements Balancer {
  public record Options() implements Balancer.Options {
    @Override
    public String kind() {
      return "pc_grad";
    }

    @Override
    public Balancer create(Map<String, Double> weights, NDManager base, long seed) {
      return new PcGrad(seed);
    }
  }

  private long draws;

  private PcGrad(long seed) {
    draws = seed;
  }

  @Override
  public NDArray backward(NamedLosses losses, Map<String, NDArray> shared) {
    List<NDArray> all = new ArrayList<>(losses.all().values());
    List<Map<String, NDArray>> gradients = new ArrayList<>();
    for (NDArray loss : all) {
      Gradients.backward(loss, true);
      gradients.add(take(shared, loss.getManager()));
    }
    return Gradients.without(
        () -> {
          for (Map<String, NDArray> own : gradients) {
            Map<String, NDArray> projected = project(own, gradients);
            projected.forEach(
                (name, gradient) -> {
                  try (NDArray handle = shared.get(name).getGradient()) {
                    handle.addi(gradient);
                  }
                });
          }
          return all.stream().reduce(NDArray::add).orElseThrow();
        });
  }

  private static Map<String, NDArray> take(Map<String, NDArray> shared, NDManager work) {
    Map<String, NDArray> taken = new LinkedHashMap<>();
    shared.forEach(
        (name, parameter) -> {
          try (NDArray handle = parameter.getGradient()) {
            NDArray copy = handle.duplicate();
            copy.attach(work);
            taken.put(name, copy);
          }
          JniUtils.zeroGrad((PtNDArray) parameter);
        });
    return taken;
  }

  private Map<String, NDArray> project(
      Map<String, NDArray> own, List<Map<String, NDArray>> gradients) {
    List<Map<String, NDArray>> others = new ArrayList<>(gradients);
    others.remove(own);
    Collections.shuffle(others, new Random(draws++));
    Map<String, NDArray> projected = new LinkedHashMap<>(own);
    for (Map<String, NDArray> other : others) {
      float against = dot(projected, other);
      if (against < 0) {
        float share = against / dot(other, other);
        projected.replaceAll((name, gradient) -> gradient.sub(other.get(name).mul(share)));
      }
    }
    return projected;
  }

  private static float dot(Map<String, NDArray> a, Map<String, NDArray> b) {
    float sum = 0;
    for (Map.Entry<String, NDArray> each : a.entrySet()) {
      sum += each.getValue().mul(b.get(each.getKey())).sum().getFloat();
    }
    return sum;
  }

  @Override
  public List<State> states() {
    return List.of(
        new State() {
          @Override
          public String name() {
            return "pc_grad";
          }

          @Override
          public Map<String, NDArray> tensors() {
            return Map.of();
          }

          @Override
          public Map<String, Long> numbers() {
            return Map.of("draws", draws);
          }

          @Override
          public void resume(long steps, Map<String, Long> numbers) {
            draws = numbers.get("draws");
          }
        });
  }
}
