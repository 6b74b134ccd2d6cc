package dev.tarsier.trainer.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.experiment.ToyResult.Way;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Scalars;
import dev.tarsier.trainer.optimiser.Adam;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongConsumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The paper's toy example (Erkent; methods §1.3): two functions that have something to do with each
 * other, one known at 640 places and the other at 160 of them. {@link Way} says what is compared.
 *
 * <p>All networks have four hidden layers of 128 with tanh, and take the same number of Adam's
 * steps with the same number of f2's values in each. One thread.
 */
public final class ToyExperiment {
  /** Places where f1 is known, uniformly drawn from 0 to 1. */
  public static final int SAMPLES = 640;

  /** Places where f2 is known too: the first of them. */
  public static final int LABELLED = 160;

  /** Places where errors are measured, evenly spaced from 0 to 1. */
  public static final int TEST_PLACES = 1001;

  /**
   * How it is run.
   *
   * @param seeds how many independent trials, ≥ 2
   * @param steps of each network
   * @param batch values of f2 in a step, and as many of f1 where it is learnt; at most 160
   * @param learningRate of Adam
   */
  public record Protocol(int seeds, int steps, int batch, double learningRate) {
    /** What is run when nothing else is asked for. */
    public static final Protocol STANDARD = new Protocol(20, 400, 32, 1e-3);

    /** Checks the ranges. */
    public Protocol {
      if (seeds < 2 || steps < 1 || batch < 1 || batch > LABELLED || !(learningRate > 0)) {
        throw new IllegalArgumentException(
            ("seeds must be >= 2, steps >= 1, batch 1 to %d and learning_rate > 0,"
                    + " got %d, %d, %d and %s")
                .formatted(LABELLED, seeds, steps, batch, learningRate));
      }
    }

    /** Steps of all networks: one for each of the ways. */
    public long allSteps() {
      return (long) Way.values().length * steps;
    }
  }

  /** Places and what is known there, one array for each trial. */
  private record Known(double[][] places, double[][] values) {
    Known {
      if (places.length != values.length) {
        throw new IllegalArgumentException("places and values must be of the same trials");
      }
    }
  }

  private final Protocol protocol;
  private final NDManager base;
  private final LongConsumer progress;
  private long steps;

  private ToyExperiment(Protocol protocol, NDManager base, LongConsumer progress) {
    this.protocol = protocol;
    this.base = base;
    this.progress = progress;
  }

  /** Runs all trials. The same protocol gives the same result on the same machine. */
  public static ToyResult run(Protocol protocol) {
    return run(protocol, steps -> {});
  }

  /**
   * The same, and tells how far it is.
   *
   * @param progress takes how many of {@link Protocol#allSteps} steps are done
   */
  public static ToyResult run(Protocol protocol, LongConsumer progress) {
    long began = System.nanoTime();
    try (NDManager base = PyTorch.newBaseManager()) {
      Map<Way, double[][]> predictions = new ToyExperiment(protocol, base, progress).predictions();
      return ToyResult.of(protocol, predictions, (System.nanoTime() - began) / 1e9);
    }
  }

  /** f2 at the test places, by way, then by trial. */
  private Map<Way, double[][]> predictions() {
    int trials = protocol.seeds();
    double[][] places = new double[trials][];
    double[][] labelledPlaces = new double[trials][];
    double[][] test = new double[trials][];
    for (int trial = 0; trial < trials; trial++) {
      places[trial] = new Random(1000L + trial).doubles(SAMPLES).toArray();
      labelledPlaces[trial] = DoubleStream.of(places[trial]).limit(LABELLED).toArray();
      test[trial] = ToyResult.testPlaces();
    }
    Known first = new Known(places, map(places, ToyFunctions::f1));
    Known second = new Known(labelledPlaces, map(labelledPlaces, ToyFunctions::f2));

    Map<Way, double[][]> predictions = new EnumMap<>(Way.class);
    predictions.put(Way.SINGLE_TASK, train(null, second, false).at(test));
    predictions.put(Way.MULTI_TASK, train(first, second, false).at(test));
    Asked teacher = train(null, second, true);
    predictions.put(Way.TEACHER, teacher.at(test));
    double[][] taught = teacher.at(places);
    for (int trial = 0; trial < trials; trial++) {
      System.arraycopy(second.values()[trial], 0, taught[trial], 0, LABELLED);
    }
    predictions.put(Way.STUDENT, train(first, new Known(places, taught), false).at(test));
    return predictions;
  }

  private static double[][] map(double[][] places, DoubleUnaryOperator function) {
    double[][] values = new double[places.length][];
    for (int trial = 0; trial < places.length; trial++) {
      values[trial] = DoubleStream.of(places[trial]).map(function).toArray();
    }
    return values;
  }

  /** Answers of trained networks. */
  private interface Asked {
    /** What they say of f2 at these places, by trial. */
    double[][] at(double[][] places);
  }

  /**
   * Trains one network for each trial.
   *
   * @param first what is known of f1; null where it is not learnt
   * @param second what is known of f2, or said of it by a teacher
   * @param sees whether the networks are given f1 besides the place
   */
  private Asked train(Known first, Known second, boolean sees) {
    int trials = protocol.seeds();
    int half = protocol.batch();
    int rows = first == null ? half : 2 * half;
    int inputs = sees ? 2 : 1;
    List<Random> random = new ArrayList<>();
    IntStream.range(0, trials).forEach(trial -> random.add(new Random(trial)));
    ToyNetworks networks = new ToyNetworks(base, random, inputs, first == null ? 1 : 2);
    Adam.Settings settings = Adam.Settings.of(protocol.learningRate());
    try (Adam adam = new Adam(networks.parameters(), base, settings)) {
      for (int step = 0; step < protocol.steps(); step++) {
        progress.accept(++steps);
        float[] input = new float[trials * rows * inputs];
        float[] firstTarget = new float[trials * half];
        float[] secondTarget = new float[trials * half];
        for (int trial = 0; trial < trials; trial++) {
          for (int b = 0; b < half; b++) {
            int i = random.get(trial).nextInt(second.places()[trial].length);
            give(input, trial * rows + b, second.places()[trial][i], sees);
            secondTarget[trial * half + b] = (float) second.values()[trial][i];
            if (first != null) {
              int j = random.get(trial).nextInt(first.places()[trial].length);
              give(input, trial * rows + half + b, first.places()[trial][j], sees);
              firstTarget[trial * half + b] = (float) first.values()[trial][j];
            }
          }
        }
        JniUtils.setGradMode(true);
        try (NDManager work = base.newSubManager()) {
          NDArray predicted = networks.forward(work.create(input, new Shape(trials, rows, inputs)));
          NDArray loss = meanSquare(work, predicted, 0, half, 0, secondTarget);
          if (first != null) {
            loss = loss.add(meanSquare(work, predicted, half, rows, 1, firstTarget));
          }
          // The mean over trials would make each trial's gradient that much smaller.
          loss = Scalars.times(loss, trials);
          JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
          adam.update(1);
        }
      }
    }
    return places -> ask(networks, places, sees);
  }

  private static NDArray meanSquare(
      NDManager work, NDArray predicted, int from, int to, int output, float[] target) {
    NDArray of = predicted.get(":, %d:%d, %d:%d".formatted(from, to, output, output + 1));
    return of.sub(work.create(target, of.getShape())).square().mean();
  }

  private static void give(float[] input, int row, double place, boolean sees) {
    if (sees) {
      input[2 * row] = (float) place;
      input[2 * row + 1] = (float) ToyFunctions.f1(place);
    } else {
      input[row] = (float) place;
    }
  }

  private double[][] ask(ToyNetworks networks, double[][] places, boolean sees) {
    int trials = places.length;
    int count = places[0].length;
    int inputs = sees ? 2 : 1;
    float[] input = new float[trials * count * inputs];
    for (int trial = 0; trial < trials; trial++) {
      for (int i = 0; i < count; i++) {
        give(input, trial * count + i, places[trial][i], sees);
      }
    }
    try (NDManager work = base.newSubManager()) {
      NDArray predicted =
          Gradients.without(
              () -> networks.forward(work.create(input, new Shape(trials, count, inputs))));
      int outputs = (int) predicted.getShape().get(2);
      float[] values = predicted.toFloatArray();
      double[][] answers = new double[trials][count];
      for (int trial = 0; trial < trials; trial++) {
        for (int i = 0; i < count; i++) {
          answers[trial][i] = values[(trial * count + i) * outputs];
        }
      }
      return answers;
    }
  }
}
