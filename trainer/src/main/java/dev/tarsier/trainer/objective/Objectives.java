package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.dataset.Contents;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.State;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All that a training minimises. One thread, that of the forward pass. */
public final class Objectives implements AutoCloseable {
  private final Auxiliary.Setup setup;
  private final List<Objective> all = new ArrayList<>();

  /**
   * What labels say, and what is learned besides.
   *
   * @param auxiliaries in the order in which their losses are summed. Not modified.
   * @param setup what they are made of
   */
  public Objectives(List<Auxiliary> auxiliaries, Auxiliary.Setup setup) {
    this.setup = setup;
    Losses losses = setup.losses();
    Contents contents = setup.batches().contents();
    if (auxiliaries.stream().noneMatch(Auxiliary::replacesLabels)) {
      all.addAll(losses.supervised(contents));
    }
    all.addAll(losses.softTargets(contents));
    auxiliaries.forEach(each -> all.add(each.create(setup)));
  }

  /** What balances them, at the beginning of a training. */
  public Balancer balancer() {
    Contents contents = setup.batches().contents();
    Map<String, Double> weights = setup.losses().weights(contents);
    all.forEach(each -> each.weigh(weights));
    Balancer.Options options = setup.losses().balancer();
    options = options == null ? new Uniform.Options() : options;
    List<Task> learned = contents.targets().stream().filter(setup.losses()::learns).toList();
    return options.create(
        new Balancer.Setup(weights, learned, setup.base(), setup.batches().seed()));
  }

  /** The losses of a step. */
  public NamedLosses of(Objective.Step step) {
    NamedLosses losses = new NamedLosses();
    all.forEach(each -> each.add(step, losses));
    return losses;
  }

  /** The losses of a step are differentiated; the network has not moved yet. */
  public void differentiated(long step) {
    all.forEach(each -> each.differentiated(step));
  }

  /** Layers whose values they ask for besides the outputs. */
  public Set<String> taps() {
    Set<String> taps = new LinkedHashSet<>();
    all.forEach(each -> taps.addAll(each.taps()));
    return taps;
  }

  /** What they learn with the network, by the network's optimiser; by name. */
  public Map<String, NDArray> parameters() {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    all.forEach(each -> parameters.putAll(each.parameters()));
    return parameters;
  }

  /** Parameters of their own optimisers whose gradient overflowed, by name. */
  public List<String> stuck() {
    return all.stream().flatMap(each -> each.stuck().stream()).toList();
  }

  /** What they need to go on after a stop. */
  public List<State> states() {
    return all.stream().flatMap(each -> each.states().stream()).toList();
  }

  /** Networks of their own that they run in each step, with the size of their inputs. */
  public Map<LayerGraph, Size> networks() {
    Map<LayerGraph, Size> networks = new LinkedHashMap<>();
    all.forEach(each -> networks.putAll(each.networks()));
    return networks;
  }

  /** Frees what they made. */
  @Override
  public void close() {
    all.forEach(Objective::close);
  }
}
