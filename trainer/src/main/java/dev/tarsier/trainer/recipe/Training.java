package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.trainer.dataset.Augmentation;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.Streams.Alternation;
import dev.tarsier.trainer.objective.Auxiliary;
import dev.tarsier.trainer.objective.Balancer;
import dev.tarsier.trainer.objective.CrossTaskConsistency;
import dev.tarsier.trainer.objective.Distillation;
import dev.tarsier.trainer.objective.EarlierSelf;
import dev.tarsier.trainer.objective.Losses;
import dev.tarsier.trainer.objective.Uniform;
import dev.tarsier.trainer.optimiser.Adam;
import dev.tarsier.trainer.optimiser.Schedule;
import dev.tarsier.trainer.task.FormerMetricNames;
import dev.tarsier.trainer.task.TaskName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The training of one network, or of several that differ in their seed.
 *
 * @param trained folders of teachers that are trained already, in place of training them here; the
 *     network is theirs; only for teachers
 * @param ensemble how many; more than one only for teachers
 * @param firstSeed of the first of them, the others have those after it; 0 for the recipe's; only
 *     for teachers
 * @param network what is trained
 * @param data what it is trained on; empty where there are {@code streams}
 * @param streams what it is trained on, where a batch comes from one of them alone; null for none
 * @param alternate when the next stream has its turn; null where there are none
 * @param validation what it is judged by
 * @param augmentation how training frames are varied
 * @param losses what is minimised
 * @param balance how much each task counts; null for the sum with the losses' weights
 * @param distill what is learned from networks of one task each, which are trained first; null for
 *     nothing
 * @param consistency how two tasks are made to agree; null for not at all
 * @param earlierSelf how the network is held to what it said earlier; null for not at all
 * @param classBalance 0 to 1: a class's weight is its share of pixels to the power of minus this,
 *     scaled so that the mean over pixels is 1
 * @param preciseBatchNorm once trained, batch normalisation's statistics are measured anew over so
 *     many batches; 0 for those that the training left; see {@link
 *     dev.tarsier.trainer.training.PreciseBatchNorm}
 * @param logitAdjustment 0 to 2, τ: once trained, the logit of a class is lowered by τ times the
 *     logarithm of its share of pixels; see {@link LogitAdjustment}
 * @param optimiser how weights move
 * @param schedule of the learning rates
 * @param ema the share that a moving average of the weights keeps of itself in each step; it is
 *     validated and kept in their place; null for none
 * @param batch frames in a step
 * @param cropHeight of training images; 0 for the network's height
 * @param cropWidth of training images; 0 for the network's width
 * @param epochs passes over the data
 * @param maxSteps at most so many steps; 0 for no limit
 * @param fineTuning trainings that come after these steps, in their order
 * @param checkpointEverySteps besides the one after each epoch
 * @param loaderThreads that prepare batches
 */
public record Training(
    List<String> trained,
    int ensemble,
    long firstSeed,
    Network network,
    List<DataSet> data,
    // Only where they are given: recipes that say nothing of them keep their hashes.
    @JsonInclude(JsonInclude.Include.NON_NULL) List<Stream> streams,
    @JsonInclude(JsonInclude.Include.NON_NULL) Alternation alternate,
    Validation validation,
    Augmentation augmentation,
    Losses losses,
    // Only where it is another: recipes that say nothing of it keep their hashes.
    @JsonInclude(JsonInclude.Include.NON_NULL) Balancer.Options balance,
    @JsonInclude(JsonInclude.Include.NON_NULL) Distillation distill,
    @JsonInclude(JsonInclude.Include.NON_NULL) CrossTaskConsistency.Options consistency,
    @JsonInclude(JsonInclude.Include.NON_NULL) EarlierSelf.Options earlierSelf,
    double classBalance,
    int preciseBatchNorm,
    double logitAdjustment,
    Adam.Settings optimiser,
    Schedule schedule,
    @JsonInclude(JsonInclude.Include.NON_NULL) Double ema,
    int batch,
    int cropHeight,
    int cropWidth,
    int epochs,
    long maxSteps,
    List<FineTuning> fineTuning,
    int checkpointEverySteps,
    int loaderThreads) {
  /** What a section says of more than the steps of one training. */
  static final Set<String> AROUND =
      Set.of(
          "trained",
          "ensemble",
          "first_seed",
          "precise_batch_norm",
          "logit_adjustment",
          "fine_tuning");

  /** Checks the ranges. */
  public Training {
    trained = List.copyOf(trained);
    data = List.copyOf(data);
    streams = streams == null ? null : List.copyOf(streams);
    alternate = alternate == null && streams != null ? Alternation.ITERATION : alternate;
    RecipeChecks.streams(data, streams, alternate);
    fineTuning = List.copyOf(fineTuning);
    if (ensemble < 1 || ensemble > 16) {
      throw new IllegalArgumentException("ensemble must be 1 to 16, got " + ensemble);
    }
    if (ema != null && !(ema > 0 && ema < 1)) {
      throw new IllegalArgumentException("ema must be above 0 and below 1, got " + ema);
    }
    if (firstSeed < 0) {
      throw new IllegalArgumentException("first_seed must be >= 0, got " + firstSeed);
    }
    balance = new Uniform.Options().equals(balance) ? null : balance;
    if (balance != null && network.heads().size() < 2) {
      throw new IllegalArgumentException(
          "balance is %s, which weighs tasks against each other, but network.heads has only %s; add"
                  .formatted(balance.kind(), network.heads())
              + " a head, or leave balance out");
    }
    if (distill != null && network.heads().size() < 2) {
      throw new IllegalArgumentException(
          "distill teaches a network of several tasks by networks of one task each, but network.heads has only %s; add a head, or leave distill out"
              .formatted(network.heads()));
    }
    if (distill != null) {
      RecipeChecks.taughtAlone(network.heads(), losses);
    }
    for (Auxiliary each : auxiliaries(distill, consistency, earlierSelf)) {
      each.check(network.heads());
    }
    if (earlierSelf != null
        && earlierSelf.everyPhases() != null
        && alternate != Alternation.EPOCH) {
      throw new IllegalArgumentException(
          "earlier_self.every_phases counts passes over one stream; write streams and alternate: epoch, or every_epochs");
    }
    if (!(classBalance >= 0 && classBalance <= 1)) {
      throw new IllegalArgumentException("class_balance must be 0 to 1, got " + classBalance);
    }
    if (preciseBatchNorm < 0 || preciseBatchNorm > 100_000) {
      throw new IllegalArgumentException(
          "precise_batch_norm is a number of batches, 0 to 100000, got " + preciseBatchNorm);
    }
    if (!(logitAdjustment >= 0 && logitAdjustment <= 2)) {
      throw new IllegalArgumentException("logit_adjustment must be 0 to 2, got " + logitAdjustment);
    }
    if (logitAdjustment > 0 && network.heads().stream().noneMatch(TaskName::isOfClasses)) {
      throw new IllegalArgumentException(
          "logit_adjustment is for classes; add classes to network.heads, or leave it out");
    }
    RecipeChecks.atLeast("batch", 1, batch);
    RecipeChecks.atLeast("epochs", 1, epochs);
    RecipeChecks.atLeast("checkpoint_every_steps", 1, checkpointEverySteps);
    RecipeChecks.atLeast("loader_threads", 1, loaderThreads);
    RecipeChecks.atLeast("max_steps", 0, maxSteps);
    RecipeChecks.scale(all(data, streams), augmentation);
    RecipeChecks.crop("crop_height", cropHeight, network.height());
    RecipeChecks.crop("crop_width", cropWidth, network.width());
    FineTuning.after(network, fineTuning);
    for (FineTuning each : fineTuning) {
      RecipeChecks.scale(all(data, streams), each.varied(augmentation));
    }
  }

  /** The same with a network that is trained already, to which nothing more is done. */
  Training withNetwork(Network other) {
    return with(other, augmentation, distill, 0, 0, optimiser, epochs, maxSteps);
  }

  /**
   * One of the trainings that go on after this one. Targets that went over to the labels stay
   * there.
   *
   * @param number in {@link #fineTuning}, from 0
   */
  Training fineTuned(int number) {
    FineTuning tuning = fineTuning.get(number);
    return with(
        FineTuning.after(network, fineTuning.subList(0, number + 1)),
        tuning.varied(augmentation),
        distill != null && distill.replacesLabels() ? null : distill,
        preciseBatchNorm,
        logitAdjustment,
        optimiser.times(tuning.rateFactor()),
        tuning.epochs(),
        0);
  }

  /** The same for a network of one of its tasks, which learns from labels alone. */
  Training alone(TaskName head) {
    return new Training(
        trained,
        ensemble,
        firstSeed,
        network.alone(head),
        // One task has nothing to take turns with.
        allData(),
        null,
        null,
        validation,
        augmentation,
        head.isOfClasses() ? losses : losses.withoutSoft(),
        null,
        null,
        null,
        null,
        classBalance,
        0,
        0,
        optimiser,
        schedule,
        ema,
        batch,
        cropHeight,
        cropWidth,
        epochs,
        maxSteps,
        List.of(),
        checkpointEverySteps,
        loaderThreads);
  }

  /** What is learned from besides labels. */
  public List<Auxiliary> auxiliaries() {
    return auxiliaries(distill, consistency, earlierSelf);
  }

  private static List<Auxiliary> auxiliaries(Auxiliary... sections) {
    List<Auxiliary> all = new ArrayList<>();
    for (Auxiliary each : sections) {
      if (each != null) {
        all.add(each);
      }
    }
    return all;
  }

  /** The network as it is in the end. */
  public Network finalNetwork() {
    return FineTuning.after(network, fineTuning);
  }

  /** The same frames and losses, and nothing after it; images are not cropped. */
  private Training with(
      Network network,
      Augmentation augmentation,
      Distillation distill,
      int preciseBatchNorm,
      double logitAdjustment,
      Adam.Settings optimiser,
      int epochs,
      long maxSteps) {
    return new Training(
        trained,
        ensemble,
        firstSeed,
        network,
        data,
        streams,
        alternate,
        validation,
        augmentation,
        losses,
        balance,
        distill,
        consistency,
        earlierSelf,
        classBalance,
        preciseBatchNorm,
        logitAdjustment,
        optimiser,
        schedule,
        ema,
        batch,
        0,
        0,
        epochs,
        maxSteps,
        List.of(),
        checkpointEverySteps,
        loaderThreads);
  }

  private static List<DataSet> all(List<DataSet> data, List<Stream> streams) {
    return streams == null ? data : streams.stream().flatMap(each -> each.data().stream()).toList();
  }

  /** All that it is trained on, stream after stream. */
  List<DataSet> allData() {
    return all(data, streams);
  }

  /** What it is trained on by stream; {@code data} is the only one where there are none. */
  List<List<DataSet>> dataByStream() {
    return streams == null ? List.of(data) : streams.stream().map(Stream::data).toList();
  }

  /** The key that says what it is trained on. */
  String dataKey() {
    return streams == null ? "data" : "streams";
  }

  /**
   * Data sets that share their batches with no others.
   *
   * @param name for people; it changes nothing of what is learned
   * @param data what it holds
   */
  public record Stream(String name, List<DataSet> data) {
    /** Checks that there is something in it. */
    public Stream {
      if (name == null || name.isBlank()) {
        throw new IllegalArgumentException(
            "a stream must have a name, such as {name: labels, data: […]}");
      }
      if (data == null || data.isEmpty()) {
        throw new IllegalArgumentException(
            "stream %s has no data; list its data sets".formatted(name));
      }
      data = List.copyOf(data);
    }
  }

  /**
   * How checkpoints are judged.
   *
   * @param data what they are judged on; none of it may be trained on
   * @param everyEpochs how often
   * @param score weights of figures, each of the first data set that is there and has it; the
   *     checkpoint with the highest sum is the best
   */
  public record Validation(List<DataSet> data, int everyEpochs, Map<String, Double> score) {
    /** Copies. */
    public Validation {
      data = List.copyOf(data);
      // As metrics were called first: the hashes of trainings stand over these names.
      // Where the defaults say one and a recipe the other of a metric's two names, the recipe
      // counts.
      Map<String, Double> former = new HashMap<>(score);
      former.keySet().removeIf(name -> !FormerMetricNames.former(name).equals(name));
      score.forEach(
          (name, weight) -> {
            if (!FormerMetricNames.former(name).equals(name)) {
              former.put(FormerMetricNames.former(name), weight);
            }
          });
      score = Map.copyOf(former);
      RecipeChecks.atLeast("every_epochs", 1, everyEpochs);
      RecipeChecks.score(current(score));
    }

    /** The weights by metric. */
    Map<String, Double> weights() {
      return current(score);
    }

    private static Map<String, Double> current(Map<String, Double> score) {
      return score.entrySet().stream()
          .collect(
              Collectors.toMap(
                  each -> FormerMetricNames.current(each.getKey()),
                  Map.Entry::getValue,
                  (one, other) -> one,
                  TreeMap::new)); // in one order: a sum in another has another last digit
    }
  }
}
