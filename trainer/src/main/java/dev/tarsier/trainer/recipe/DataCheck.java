package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a training has what it learns from and is judged by. Refuses what cannot work and says
 * what is odd, before the first step. One thread.
 */
final class DataCheck {
  private final Recipe.Training training;
  private final ClassSet classes;
  private final RecipeListener listener;
  private final ChainWalk walk;

  /**
   * A check.
   *
   * @param training what the recipe says
   * @param walk counts what there is, and hears what is odd
   */
  DataCheck(Recipe.Training training, ChainWalk walk) {
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
    labels(statistics);
    if (data.stream().noneMatch(this::seen)) {
      throw unseen("training data");
    }
  }

  private void labels(DataStatistics statistics) {
    Recipe.Network network = training.network();
    if (network.has(Segmentation.ID)
        && weight(Segmentation.ID) + training.losses().softWeight() > 0) {
      if (statistics.labelled() + statistics.soft() == 0) {
        throw new DataException(
            "no frame of the training data has labels, but the network has a head for classes;"
                + " add labelled data, or set heads: [depth]");
      }
      if (statistics.soft() == 0 && statistics.absent().size() == classes.size()) {
        throw new DataException(
            "no pixel of the training data has any class of %s; check the data's labels"
                .formatted(classes.id()));
      }
      if (statistics.labelled() > 0 && !statistics.absent().isEmpty()) {
        listener.note(
            "no pixel of the training data is %s; the network %s"
                .formatted(
                    String.join(", ", statistics.absent()),
                    statistics.soft() == 0
                        ? "cannot learn what it never sees"
                        : "can know of it from the teacher's distribution alone"));
      }
      statistics
          .lacking()
          .forEach(
              (name, lacking) ->
                  listener.note(
                      "no pixel of %s is %s; the network learns of them from other training data"
                          .formatted(name, String.join(", ", lacking))));
    }
    if (network.has(Depth.ID) && weight(Depth.ID) > 0 && statistics.withDepth() == 0) {
      throw new DataException(
          "no frame of the training data has depth, but the network has a head for it;"
              + " add data with depth, or set heads: [classes]");
    }
    if (training.losses().softWeight() > 0 && statistics.soft() == 0) {
      throw new DataException(
          "losses.soft_weight is %s, but no frame has a teacher's distribution; write"
                  .formatted(training.losses().softWeight())
              + " pseudo_labels: {soft: true}, or leave soft_weight out");
    }
  }

  private Task task(String id) {
    return training.network().tasks(classes).outputs().stream()
        .filter(task -> task.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private double weight(String id) {
    return training.losses().weight(task(id));
  }

  private List<String> metrics(String id) {
    return Metrics.of(task(id).head()).stream().map(Metric::name).toList();
  }

  /** A network that is shown depth or labels sees nothing in them where they are in no frame. */
  private boolean seen(OpenedData data) {
    return NetworkFeed.fits(
        training.network().tasks(classes), data.source().size(), data.source()::get);
  }

  private DataException unseen(String where) {
    String extra = RecipeChecks.name(training.network().extra());
    return new DataException(
        "network.extra is %s, but no frame of the %s has %s; add data that has, or leave extra out"
            .formatted(extra, where, extra));
  }

  /**
   * What a training is judged by must have what it is scored by, and should show frames that the
   * training does not.
   *
   * @param data what is learned from, as far as it is there before the first training
   * @param validation what it is judged by; the first set decides which epoch is best
   * @throws DataException if nothing that counts in the score can be measured, or a network is
   *     shown what no validation frame has
   */
  void judged(List<OpenedData> data, List<OpenedData> validation) {
    for (OpenedData each : validation) {
      if (!seen(each)) {
        throw unseen("validation data " + each.source().name());
      }
    }
    boolean says = training.network().has(Segmentation.ID);
    DataStatistics learned = walk.statistics(data);
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
      if (i == 0) {
        scored(name, statistics);
      }
      List<String> unjudged = new ArrayList<>(statistics.absent());
      if (labelled(learned)) {
        unjudged.removeAll(learned.absent()); // nobody learns them
      }
      if (says && labelled(statistics) && !unjudged.isEmpty()) {
        listener.note(
            "no pixel of the validation data %s is %s; its score tells nothing of them"
                .formatted(name, String.join(", ", unjudged)));
      }
    }
  }

  /** The first validation set decides which epoch is best. */
  private void scored(String name, DataStatistics statistics) {
    Recipe.Network network = training.network();
    List<String> measured = new ArrayList<>();
    if (network.has(Depth.ID)) {
      if (statistics.withDepth() == 0) {
        unscored(metrics(Depth.ID), "the validation data %s has no depth".formatted(name));
      } else {
        measured.addAll(metrics(Depth.ID));
      }
    }
    if (network.has(Segmentation.ID)) {
      if (!labelled(statistics)) {
        unscored(metrics(Segmentation.ID), "the validation data %s has no labels".formatted(name));
      } else {
        measured.addAll(metrics(Segmentation.ID));
      }
    }
    for (Task task : training.network().tasks(classes).outputs()) {
      if (statistics.derived().contains(task.id())) {
        measured.addAll(metrics(task.id()));
      }
    }
    if (counted(measured).isEmpty()) {
      throw new DataException(
          ("validation.score counts %s, but of a network with the heads %s %s measures %s; count one"
                  + " of those, or give other validation data")
              .formatted(
                  training.validation().weights(),
                  network.heads(),
                  name,
                  measured.isEmpty() ? "nothing" : measured));
    }
  }

  /** Whether any pixel has a class; a frame whose labels are all ignored judges nothing. */
  private boolean labelled(DataStatistics statistics) {
    return statistics.labelled() > 0 && statistics.absent().size() < classes.size();
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
