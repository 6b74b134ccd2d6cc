package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.ExtraInput;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Whether a training has what it learns from and is judged by. Refuses what cannot work and says
 * what is odd, before the first step. One thread.
 */
final class DataCheck {
  private final Training training;
  private final ClassSet classes;
  private final RecipeListener listener;
  private final ChainWalk walk;

  /**
   * A check.
   *
   * @param training what the recipe says
   * @param walk counts what there is, and hears what is odd
   */
  DataCheck(Training training, ChainWalk walk) {
    this.training = training;
    this.walk = walk;
    classes = walk.classes();
    listener = walk.listener();
  }

  /**
   * A head that nothing teaches, and classes that never come, are worth knowing beforehand.
   *
   * @param data what is learned from, with a teacher's labels
   * @param statistics of that data
   * @throws DataException if a head has nothing to learn from
   */
  void learned(List<OpenedData> data, DataStatistics statistics) {
    taught(statistics);
    List<List<OpenedData>> streams = streams(training, data);
    for (int k = 0; k < streams.size(); k++) {
      teaches(training.streams().get(k), streams.get(k));
    }
    if (data.stream().noneMatch(this::seen)) {
      throw unseen("training data");
    }
    if (training.balance() != null
        && training.balance().comparesTasksOfABatch()
        && !streams.isEmpty()
        && streams.stream().allMatch(each -> tasksTaught(each) < 2)) {
      listener.note(
          "balance changes nothing here: %s compares the tasks of a batch, and no stream has labels of two tasks; uniform, uncertainty and dwa weigh them over the batches"
              .formatted(training.balance().kind()));
    }
    untaught(data);
    unused(data);
    weightsWithoutHead();
    if (training.earlierSelf() != null && allKnown(data, statistics)) {
      listener.note(
          "earlier_self changes nothing here: it teaches what a frame has no label of, and each"
              + " frame of the training data has all of %s"
                  .formatted(
                      outputs().stream().map(Task::truth).collect(Collectors.joining(", "))));
    }
  }

  /** Whether each frame has each task; what is made of others' truth is where they are. */
  private boolean allKnown(List<OpenedData> data, DataStatistics statistics) {
    int frames = data.stream().mapToInt(each -> each.source().size()).sum();
    return outputs().stream()
        .allMatch(
            task ->
                task.madeOf().isEmpty()
                    ? statistics.known(task).frames() == frames
                    : data.stream().allMatch(each -> teaches(each, task)));
  }

  private boolean teaches(OpenedData data, Task task) {
    return walk.statistics(List.of(data)).known(task).frames() > 0;
  }

  /** Frames that take part in batches and teach nothing; what is learned besides may need them. */
  private void unused(List<OpenedData> data) {
    if (!training.auxiliaries().isEmpty()) {
      return;
    }
    long all = data.stream().mapToLong(OpenedData::perEpoch).sum();
    for (OpenedData each : data) {
      if (tasksTaught(List.of(each)) == 0) {
        listener.note(
            "%s teaches no head of the network, and is %.0f %% of the frames that steps are spent on"
                .formatted(each.source().name(), 100.0 * each.perEpoch() / all));
      }
    }
  }

  /** Heads that nothing of the loss is of, and data of which no target can be made. */
  private void untaught(List<OpenedData> data) {
    for (Task task : outputs()) {
      if (!training.losses().learns(task)) {
        listener.note(
            "losses give %s no weight, so that head stays as it begins".formatted(task.tensor()));
      } else if (task.madeOf().isPresent()) {
        for (OpenedData each : data) {
          boolean metres =
              outputs().stream()
                  .anyMatch(
                      other -> other.head().kind() instanceof MetricMap && teaches(each, other));
          if (metres && !teaches(each, task)) {
            listener.note(
                "%s teaches no %s, which are made of %s"
                    .formatted(each.source().name(), task.truth(), task.madeOf().get()));
          }
        }
      }
    }
  }

  /**
   * Streams must have frames of their own, enough of them, and something to learn from.
   *
   * @param data what is learned from, before a teacher has labelled any of it
   * @throws DataException if a stream has too little, or frames of another one
   */
  void streams(List<OpenedData> data) {
    requireData(training, data);
    List<List<OpenedData>> streams = streams(training, data);
    for (int k = 0; k < streams.size(); k++) {
      Training.Stream stream = training.streams().get(k);
      List<OpenedData> own = streams.get(k);
      int frames = own.stream().mapToInt(OpenedData::perEpoch).sum();
      if (frames < training.batch()) {
        throw new DataException(
            "streams: an epoch of stream %s fills no batch of %d, it has %d of the frames; give it more data or a larger per_epoch, or the training a smaller batch"
                .formatted(stream.name(), training.batch(), frames));
      }
      if (stream.data().stream().noneMatch(PseudoLabelled.class::isInstance)) {
        teaches(stream, own);
      }
      for (int before = 0; before < k; before++) {
        List<String> shared = walk.statistics(own).alsoIn(walk.statistics(streams.get(before)));
        if (!shared.isEmpty()) {
          throw new DataException(
              "streams: %d frames of stream %s are in stream %s too, under whatever name; give each stream frames of its own, such as other rooms of rendered data, or choose: {part: 1/2} and choose: {part: 2/2} where the data set has it: %s"
                  .formatted(
                      shared.size(),
                      stream.name(),
                      training.streams().get(before).name(),
                      Listing.of(shared)));
        }
      }
    }
  }

  /**
   * Checks that no stream is without data, as one may be whose data is optional.
   *
   * @throws DataException if one is
   */
  static void requireData(Training training, List<OpenedData> data) {
    List<List<OpenedData>> streams = streams(training, data);
    for (int k = 0; k < streams.size(); k++) {
      if (streams.get(k).isEmpty()) {
        throw new DataException(
            "streams: stream %s has no data that is there; get it, or leave the stream out"
                .formatted(training.streams().get(k).name()));
      }
    }
  }

  /** The data of each stream, in their order; nothing where there are none. */
  static List<List<OpenedData>> streams(Training training, List<OpenedData> data) {
    List<List<OpenedData>> streams = new ArrayList<>();
    for (int k = 0; training.streams() != null && k < training.streams().size(); k++) {
      int number = k;
      streams.add(data.stream().filter(each -> each.stream() == number).toList());
    }
    return streams;
  }

  private long tasksTaught(List<OpenedData> data) {
    DataStatistics statistics = walk.statistics(data);
    return outputs().stream()
        .filter(training.losses()::learns)
        .map(statistics::known)
        .filter(known -> known.frames() + known.soft() > 0)
        .count();
  }

  private void teaches(Training.Stream stream, List<OpenedData> data) {
    if (tasksTaught(data) == 0) {
      throw new DataException(
          "streams: no frame of stream %s has %s, so no head of the network learns from it; add data that has, or leave the stream out"
              .formatted(
                  stream.name(),
                  outputs().stream()
                      .filter(training.losses()::learns)
                      .map(Task::truth)
                      .collect(Collectors.joining(" or "))));
    }
  }

  /**
   * Each head must have something to learn from.
   *
   * @param data what is learned from, all of it labelled
   * @throws DataException if one has nothing
   */
  void requireTaught(List<OpenedData> data) {
    DataStatistics statistics = walk.statistics(data);
    outputs().stream()
        .filter(training.losses()::learns)
        .forEach(task -> requireTaught(task, statistics.known(task)));
  }

  private void taught(DataStatistics statistics) {
    double softWeight = training.losses().softWeight();
    boolean soft = false;
    for (Task task : outputs()) {
      if (training.losses().learns(task)) {
        taught(task, statistics.known(task));
      }
      soft |= statistics.known(task).soft() > 0;
    }
    if (softWeight > 0 && !soft) {
      throw new DataException(
          "losses.soft_weight is %s, but no frame has a teacher's distribution; write"
                  .formatted(softWeight)
              + " pseudo_labels: {soft: true}, or leave soft_weight out");
    }
  }

  private void requireTaught(Task task, DataStatistics.Known known) {
    if (known.frames() + known.soft() == 0) {
      throw new DataException(
          "no frame of the training data has %s%s, but the network has a head for %s; add data that"
                  .formatted(
                      task.truth(),
                      task.madeOf().map(of -> ", which are made of " + of).orElse(""),
                      task.tensor())
              + " has, or leave %s out of network.heads".formatted(task.tensor()));
    }
    if (known.frames() > 0 && known.soft() == 0 && !known.judges()) {
      throw new DataException(
          "no %s of the training data has any class of %s; check the data's labels"
              .formatted(
                  unit(task), task.head().kind() instanceof ClassMap ? classes.id() : task.id()));
    }
  }

  private void taught(Task task, DataStatistics.Known known) {
    requireTaught(task, known);
    if (known.frames() > 0 && !known.absent().isEmpty()) {
      listener.note(
          "no %s of the training data is %s; the network %s"
              .formatted(
                  unit(task),
                  listed(task, known.absent()),
                  known.soft() == 0
                      ? "cannot learn what it never sees"
                      : "can know of it from the teacher's distribution alone"));
    }
    known
        .lacking()
        .forEach(
            (name, lacking) ->
                listener.note(
                    "no %s of %s is %s; the network learns of them from other training data"
                        .formatted(unit(task), name, listed(task, lacking))));
  }

  /** What has one class. */
  private static String unit(Task task) {
    return task.head().kind().isMap() ? "pixel" : "image";
  }

  /** Classes of pixels are few. */
  private static String listed(Task task, List<String> names) {
    return task.head().kind().isMap() ? String.join(", ", names) : Listing.of(names);
  }

  private List<Task> outputs() {
    return training.network().tasks(classes).outputs();
  }

  /** A network that is shown depth or labels sees nothing in them where they are in no frame. */
  private boolean seen(OpenedData data) {
    return NetworkFeed.fits(
        training.network().tasks(classes), data.source().size(), data.source()::get);
  }

  private DataException unseen(String where) {
    ExtraInput extra = training.network().extra();
    return new DataException(
        "network.extra is %s, but no frame of the %s has %s; add data that has, or leave extra out"
            .formatted(extra, where, extra));
  }

  /**
   * What a training is judged by must have what it is scored by, and should show frames that the
   * training does not.
   *
   * @param data what is learned from, as far as it is there before the first training
   * @param validation what it is judged by; the first set that has a figure decides by it which
   *     epoch is best
   * @throws DataException if nothing that counts in the score can be measured, or a network is
   *     shown what no validation frame has
   */
  void judged(List<OpenedData> data, List<OpenedData> validation) {
    for (OpenedData each : validation) {
      if (!seen(each)) {
        throw unseen("validation data " + each.source().name());
      }
    }
    DataStatistics learned = walk.statistics(data);
    scored(validation);
    for (int i = 0; i < validation.size(); i++) {
      String name = validation.get(i).source().name();
      DataStatistics statistics = walk.statistics(List.of(validation.get(i)));
      List<String> shared = statistics.alsoIn(learned);
      if (!shared.isEmpty()) {
        listener.note(
            "%d of the %d frames of the validation data %s are in the training data too, so its score is too good; take them out of one: %s"
                .formatted(
                    shared.size(), validation.get(i).source().size(), name, Listing.of(shared)));
      }
      for (Task task : outputs()) {
        List<String> unjudged = new ArrayList<>(statistics.known(task).absent());
        if (learned.known(task).judges()) {
          unjudged.removeAll(learned.known(task).absent()); // nobody learns them
        }
        if (statistics.known(task).judges() && !unjudged.isEmpty()) {
          listener.note(
              "no %s of the validation data %s is %s, of which its score tells nothing"
                  .formatted(unit(task), name, listed(task, unjudged)));
        }
      }
    }
  }

  /** Of each task the first validation set that knows it decides which epoch is best. */
  private void scored(List<OpenedData> validation) {
    String name = validation.get(0).source().name();
    List<String> measured = new ArrayList<>();
    for (Task task : outputs()) {
      List<String> metrics = Metrics.of(task.head()).stream().map(Metric::name).toList();
      if (validation.stream()
          .anyMatch(each -> walk.statistics(List.of(each)).known(task).judges())) {
        measured.addAll(metrics);
        if (counted(metrics).isEmpty()) {
          listener.note(
              "validation.score counts nothing of %s, so the best epoch is chosen without it"
                  .formatted(task.id()));
        }
      } else {
        unscored(metrics, "the validation data %s has no %s".formatted(name, task.truth()));
      }
    }
    absent();
    if (counted(measured).isEmpty()) {
      throw new DataException(
          ("validation.score counts %s, but of a network with the heads %s %s measures %s; count one"
                  + " of those, or give other validation data")
              .formatted(
                  training.validation().weights().entrySet().stream()
                      .filter(each -> each.getValue() != 0)
                      .map(Map.Entry::getKey)
                      .collect(Collectors.joining(", ")),
                  training.network().heads().stream()
                      .map(Object::toString)
                      .collect(Collectors.joining(", ")),
                  name,
                  measured.isEmpty() ? "nothing" : String.join(", ", measured)));
    }
  }

  private void weightsWithoutHead() {
    if (!ofSeveralTasks()) {
      return;
    }
    for (String key : training.losses().weightsWithoutHead(outputs())) {
      listener.note(
          "losses.%s changes nothing here: the network has no such head, only %s"
              .formatted(
                  key, outputs().stream().map(Task::tensor).collect(Collectors.joining(", "))));
    }
  }

  /** Networks of one task most often share a section with one of several. */
  private boolean ofSeveralTasks() {
    return training.network().heads().size() > 1;
  }

  /** Figures that a recipe counts of heads that the network lacks; the usual score may. */
  private void absent() {
    if (!ofSeveralTasks()) {
      return;
    }
    Map<String, Double> weights = new TreeMap<>(training.validation().weights());
    weights.entrySet().removeAll(Recipe.TRAINING.validation().weights().entrySet());
    outputs().forEach(task -> Metrics.of(task.head()).forEach(each -> weights.remove(each.name())));
    weights.values().removeIf(weight -> weight == 0);
    if (!weights.isEmpty()) {
      listener.note(
          "validation.score counts %s, of which the network has no head"
              .formatted(String.join(", ", weights.keySet())));
    }
  }

  /** Those of the figures that count in the score. */
  private List<String> counted(List<String> figures) {
    return figures.stream()
        .filter(each -> training.validation().weights().getOrDefault(each, 0.0) != 0)
        .toList();
  }

  /** Tells of figures that count in the score, but cannot be measured. */
  private void unscored(List<String> figures, String why) {
    List<String> counted = counted(figures);
    if (!counted.isEmpty()) {
      listener.note(
          "%s; the best epoch is chosen without %s".formatted(why, String.join(", ", counted)));
    }
  }
}
