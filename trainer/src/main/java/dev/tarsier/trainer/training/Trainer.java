package dev.tarsier.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.network.ConvolutionCheck;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.MovingAverage;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.State;
import dev.tarsier.trainer.objective.Auxiliary;
import dev.tarsier.trainer.objective.Balancer;
import dev.tarsier.trainer.objective.BatchTensors;
import dev.tarsier.trainer.objective.NamedLosses;
import dev.tarsier.trainer.objective.Objective;
import dev.tarsier.trainer.objective.Objectives;
import dev.tarsier.trainer.optimiser.Adam;
import dev.tarsier.trainer.run.RunFolder;
import dev.tarsier.trainer.run.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Trains a network whose inputs are an image and what {@link dev.tarsier.trainer.dataset.Contents}
 * says besides, and whose outputs are {@code classes}, {@code depth} or both; outputs {@code
 * classes.*} and {@code depth.*} are trained like these.
 *
 * <p>Its folder holds {@code last.safetensors} and {@code best.safetensors} (checkpoints), {@code
 * steps.jsonl} (losses by name and learning-rate factor of every step) and {@code epochs.jsonl}
 * (validation of every epoch), and both once more as TensorBoard reads them. A run killed at any
 * moment continues from {@code last.safetensors} to the same bits, on the same machine with the
 * same number of threads.
 *
 * <p>One thread.
 */
public final class Trainer {
  /** How much a task counts stands in {@code steps.jsonl} under this and its name. */
  static final String WEIGHT = "weight.";

  /**
   * What a line of {@code steps.jsonl} says besides {@code loss}, the losses by their names and
   * {@link #WEIGHT}.
   */
  static final Set<String> NO_LOSSES = Set.of("step", "epoch", "factor", "gradient_norm", "millis");

  private static final String AVERAGE = "average";
  private static final String BALANCER = "balancer";

  /** Judges the network after an epoch. */
  public interface Validator {
    /**
     * Measures.
     *
     * @param module the network. Not modified.
     * @return what was measured, and which is better
     */
    Verdict validate(GraphModule module);

    /** How it runs the network, so that this is checked beforehand too. */
    default List<ConvolutionCheck.Use> uses() {
      return List.of();
    }
  }

  /**
   * A validation's result.
   *
   * @param score the higher the better; decides which checkpoint is best
   * @param metrics figures by data set, then by name
   */
  public record Verdict(double score, Map<String, Map<String, Double>> metrics) {}

  /** Hears how a run goes; called on the training thread. */
  public interface Listener {
    /** So many of the network's convolutions are checked; before {@link #started}. */
    default void checked(int done, int total) {}

    /** The run begins or continues after so many steps. */
    default void started(long stepsDone, long totalSteps, int stepsPerEpoch) {}

    /** A step is done. */
    default void stepped(long stepsDone, double loss) {}

    /** An epoch is done and was validated. */
    default void validated(int epoch, Verdict verdict, boolean best) {}
  }

  /**
   * How a run ended.
   *
   * @param finished false when it was stopped before its end
   * @param stepsDone steps done in all
   * @param bestEpoch counted from 1; 0 when none was validated
   * @param bestScore of that epoch; NaN when none was validated
   */
  public record Outcome(boolean finished, long stepsDone, int bestEpoch, double bestScore) {}

  private record StepResult(double loss, Map<String, Double> named, double norm) {}

  private final GraphModule module;
  private final NDManager base;
  private final TrainingPlan plan;
  private final Path folder;
  private final Validator validator;
  private final Listener listener;

  /** From {@link #run} on. */
  private EventFile events;

  private final ConvolutionCheck check;
  private final Objectives objectives;
  private final Balancer balancer;

  /** A moving average of the network; null where there is none. */
  private final GraphModule averaged;

  /**
   * A training of one network.
   *
   * @param module the network. Modified by {@link #run}.
   * @param base what steps allocate lives in children of it
   * @param plan all that decides the result
   * @param folder for checkpoints and logs; made if need be; the caller holds its lock
   * @param validator judges after each epoch
   * @param listener hears how it goes
   */
  public Trainer(
      GraphModule module,
      NDManager base,
      TrainingPlan plan,
      Path folder,
      Validator validator,
      Listener listener) {
    this(module, base, plan, folder, validator, listener, new ConvolutionCheck());
  }

  Trainer(
      GraphModule module,
      NDManager base,
      TrainingPlan plan,
      Path folder,
      Validator validator,
      Listener listener,
      ConvolutionCheck check) {
    this.module = module;
    this.base = base;
    this.plan = plan;
    this.folder = folder;
    this.validator = validator;
    this.listener = listener;
    this.check = check;
    this.objectives =
        new Objectives(
            plan.auxiliaries(),
            new Auxiliary.Setup(
                module, plan.teachers(), plan.losses(), plan.batches(), plan.totalSteps(), base));
    this.balancer = objectives.balancer();
    averaged =
        plan.ema() > 0 ? GraphModule.create(module.graph(), base, plan.batches().seed()) : null;
    if (averaged != null) {
      averaged.freeze("");
      MovingAverage.follow(averaged, module, 0);
    }
  }

  /** The checkpoint a run continues from. */
  public static Path last(Path folder) {
    return folder.resolve("last.safetensors");
  }

  /** The checkpoint with the best validation score. */
  public static Path best(Path folder) {
    return folder.resolve("best.safetensors");
  }

  /** The log of steps. */
  public static Path steps(Path folder) {
    return folder.resolve("steps.jsonl");
  }

  /** The log of epochs. */
  public static Path epochs(Path folder) {
    return folder.resolve("epochs.jsonl");
  }

  /**
   * Trains to the end, or until asked to stop; continues where the folder's last checkpoint was
   * written, if there is one.
   *
   * @throws TrainingException if PyTorch computes the network's convolutions wrongly on this
   *     machine, the loss is no longer a number, a gradient overflows, the validator says so, or
   *     the checkpoint holds what is not finite
   * @throws IOException if a checkpoint or a log cannot be read or written
   */
  public Outcome run(StopSignal stop) throws IOException, InterruptedException {
    requireSoundArithmetic();
    module.freeze(plan.frozen().toArray(String[]::new));
    Shared shared = shared();
    try (objectives;
        averaged;
        Adam adam = new Adam(learned(), base, plan.adam())) {
      List<State> states = states(adam);
      long done = Files.exists(last(folder)) ? Checkpoint.read(last(folder), states) : 0;
      long kept = done;
      RunFolder.retain(steps(folder), line -> line.path("step").asLong() <= kept);
      RunFolder.retain(epochs(folder), line -> line.path("step").asLong() <= kept);
      events =
          EventFile.begin(folder, RunFolder.lines(steps(folder)), RunFolder.lines(epochs(folder)));
      Best best = best();
      long total = plan.totalSteps();
      int perEpoch = plan.batches().stepsPerEpoch();
      listener.started(done, total, perEpoch);
      boolean saved = true;
      try (BatchLoader loader = new BatchLoader(plan.batches(), done, plan.loaderThreads())) {
        while (done < total && !stop.asked()) {
          double factor = plan.schedule().factor(done, total, perEpoch);
          long began = System.nanoTime();
          StepResult result = step(loader, adam, shared, done, factor);
          done++;
          saved = false;
          log(done, perEpoch, factor, result, System.nanoTime() - began);
          listener.stepped(done, result.loss());
          if (done % perEpoch == 0 || done == total) {
            int epoch = Math.toIntExact((done + perEpoch - 1) / perEpoch);
            if (epoch % plan.validateEveryEpochs() == 0 || done == total) {
              best = validate(states, epoch, done, best);
            }
            write(last(folder), done, states);
            saved = true;
          } else if (done % plan.checkpointEverySteps() == 0) {
            write(last(folder), done, states);
            saved = true;
          }
        }
      }
      if (!saved) {
        write(last(folder), done, states);
      }
      return new Outcome(done >= total, done, best.epoch(), best.score());
    } finally {
      if (events != null) {
        events.close();
      }
    }
  }

  private void requireSoundArithmetic() {
    BatchLoader.Plan batches = plan.batches();
    List<ConvolutionCheck.Use> uses = new ArrayList<>();
    uses.add(
        new ConvolutionCheck.Use(
            batches.batchSize(), new Size(batches.cropHeight(), batches.cropWidth()), true));
    uses.addAll(validator.uses());
    requireSound(module.graph(), uses);
    objectives
        .networks()
        .forEach(
            (graph, size) ->
                requireSound(
                    graph, List.of(new ConvolutionCheck.Use(batches.batchSize(), size, true))));
  }

  private void requireSound(LayerGraph graph, List<ConvolutionCheck.Use> uses) {
    ConvolutionCheck.Result result = check.run(graph, uses, base, listener::checked);
    if (!result.sound()) {
      throw new TrainingException(
          "training was not begun: %s; %s"
              .formatted(result.fault(), ConvolutionCheck.Result.wayOut()));
    }
  }

  private record Best(int epoch, double score) {}

  private Best best() throws IOException {
    Best best = new Best(0, Double.NaN);
    for (JsonNode line : RunFolder.lines(epochs(folder))) {
      if (line.path("best").asBoolean()) {
        best = new Best(line.path("epoch").asInt(), line.path("score").asDouble());
      }
    }
    return best;
  }

  /** All that a run needs to go on; the checkpoint holds whatever is added here. */
  private List<State> states(Adam adam) {
    List<State> states = new ArrayList<>(List.of(Checkpoint.model(module), adam));
    if (averaged != null) {
      states.add(averaged.state(AVERAGE));
    }
    states.addAll(objectives.states());
    states.addAll(balancer.states());
    if (!balancer.parameters().isEmpty()) {
      states.add(State.of(BALANCER, balancer.parameters()));
    }
    return states;
  }

  /** What the optimiser moves: the parameters of the network, the objectives and the balancer. */
  private Map<String, NDArray> learned() {
    Map<String, NDArray> all = new LinkedHashMap<>(module.parameters());
    all.putAll(objectives.parameters());
    balancer.parameters().forEach((name, array) -> all.put(BALANCER + "." + name, array));
    return all;
  }

  /** What a checkpoint holds that is kept: the average in the network's place. */
  private List<State> kept(List<State> states) {
    if (averaged == null) {
      return states;
    }
    List<State> kept = new ArrayList<>(states);
    kept.set(0, Checkpoint.model(averaged));
    return kept;
  }

  private void write(Path file, long done, List<State> states) throws IOException {
    Checkpoint.write(file, module.graph().name(), done, states);
  }

  private Best validate(List<State> states, int epoch, long done, Best before) throws IOException {
    Verdict verdict;
    try {
      verdict = validator.validate(averaged == null ? module : averaged);
    } catch (TrainingException e) {
      // Before a checkpoint is written over the last good one.
      throw new TrainingException(
          "%s; validated after step %d; %s".formatted(e.getMessage(), done, lastGood()), e);
    }
    boolean better = before.epoch() == 0 || verdict.score() > before.score();
    if (better) {
      write(best(folder), done, kept(states));
    }
    ObjectNode line = Json.object();
    line.put("epoch", epoch).put("step", done).put("score", verdict.score()).put("best", better);
    ObjectNode metrics = line.putObject("metrics");
    verdict
        .metrics()
        .forEach(
            (data, values) -> {
              ObjectNode node = metrics.putObject(data);
              values.forEach(node::put);
            });
    // On the disk before a checkpoint that is later: the best epoch is read from here.
    RunFolder.appendDurably(epochs(folder), line);
    events.epoch(line);
    listener.validated(epoch, verdict, better);
    return better ? new Best(epoch, verdict.score()) : before;
  }

  private void log(long done, int perEpoch, double factor, StepResult result, long nanos)
      throws IOException {
    ObjectNode line = Json.object();
    line.put("step", done)
        .put("epoch", (done - 1) / perEpoch + 1)
        .put("factor", factor)
        .put("loss", result.loss());
    result.named().forEach(line::put);
    balancer.weights().forEach((task, weight) -> line.put(WEIGHT + task, weight));
    if (!Double.isNaN(result.norm())) {
      line.put("gradient_norm", result.norm());
    }
    line.put("millis", nanos / 1e6);
    RunFolder.append(steps(folder), line);
    events.step(line);
  }

  /**
   * What steps ask of the network, found once.
   *
   * @param parameters that two or more tasks use
   * @param lastNodes the last layers that they use
   * @param taps these, and what objectives look at
   */
  private record Shared(Map<String, NDArray> parameters, Set<String> lastNodes, Set<String> taps) {}

  private Shared shared() {
    Set<String> lastNodes = module.lastSharedNodes();
    Set<String> taps = new LinkedHashSet<>(lastNodes);
    taps.addAll(objectives.taps());
    return new Shared(module.sharedParameters(), lastNodes, taps);
  }

  private StepResult step(BatchLoader loader, Adam adam, Shared shared, long done, double factor)
      throws InterruptedException {
    JniUtils.setGradMode(true);
    // The tensors lie over the batch's buffers, so they are closed first.
    try (Batch batch = loader.next();
        NDManager work = base.newSubManager()) {
      Map<String, NDArray> inputs = BatchTensors.inputs(work, batch);
      GraphModule.Forward forward = module.forward(inputs, true, shared.taps());
      NamedLosses losses = objectives.of(new Objective.Step(batch, inputs, forward, work, done));
      if (losses.all().isEmpty()) {
        throw new TrainingException(
            "there is nothing to learn: the network's outputs have loss weight 0");
      }
      Balancer.Shared used =
          new Balancer.Shared(
              shared.parameters(), shared.lastNodes().stream().map(forward.taps()::get).toList());
      long epoch = done / plan.batches().stepsPerEpoch();
      double value = balancer.backward(new Balancer.Step(losses, used, epoch)).getFloat();
      if (!Double.isFinite(value)) {
        throw new TrainingException(
            "the loss is %s at step %d (%s), on the frames %s; %s"
                .formatted(value, done + 1, losses, String.join(", ", batch.names()), lastGood()));
      }
      objectives.differentiated(done);
      double norm = adam.update(factor);
      List<String> stuck = new ArrayList<>(adam.stuck());
      stuck.addAll(objectives.stuck());
      if (!stuck.isEmpty()) {
        throw new TrainingException(
            "the gradient overflowed at step %d (loss %s) in %d of the parameters, %s first, on the frames %s; %s"
                .formatted(
                    done + 1,
                    value,
                    stuck.size(),
                    stuck.get(0),
                    String.join(", ", batch.names()),
                    lastGood()));
      }
      if (averaged != null) {
        MovingAverage.follow(averaged, module, MovingAverage.keep(plan.ema(), done));
      }
      balancer.updated(
          () ->
              Gradients.without(
                  () ->
                      objectives.of(
                          new Objective.Step(
                              batch,
                              inputs,
                              module.forward(inputs, true, shared.taps()),
                              work,
                              done))));
      return new StepResult(value, losses.values(), norm);
    }
  }

  private String lastGood() {
    return Files.exists(last(folder))
        ? "a lower learning rate or optimiser.clip_norm may help; the last good checkpoint is "
            + last(folder)
        : "a lower learning rate or optimiser.clip_norm may help; there is no checkpoint yet";
  }
}
