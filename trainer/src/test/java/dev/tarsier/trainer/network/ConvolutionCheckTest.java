package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConvolutionCheckTest {
  private static final Size SIZE = new Size(24, 32);
  private static final ConvolutionCheck.Use TRAINING = new ConvolutionCheck.Use(4, SIZE, true);
  private static final ConvolutionCheck.Use SCORING = new ConvolutionCheck.Use(3, SIZE, false);

  private NDManager base;
  private int threads;

  @BeforeEach
  void useTwoThreads() {
    base = PyTorch.newBaseManager();
    threads = JniUtils.getNumThreads();
    JniUtils.setNumThreads(2);
  }

  @AfterEach
  void restore() {
    JniUtils.setNumThreads(threads);
    base.close();
  }

  /** Three equal convolutions, one of another kind, and one that only training computes. */
  private static LayerGraph graph() {
    LayerGraph.Builder graph = LayerGraph.named("few");
    String image = graph.input(Ports.IMAGE, 3);
    String in =
        graph.add("in", new Layer.Conv(3, 8, 3, 2, Layer.Padding.of(1), 1, 1, false), image);
    String a = graph.add("a", Layer.Conv.pointwise(8, 8, true), in);
    String b = graph.add("b", Layer.Conv.pointwise(8, 8, true), a);
    String c = graph.add("c", Layer.Conv.pointwise(8, 8, true), b);
    String wide = graph.add("wide", Layer.Conv.depthwise(8, 2), c);
    String aside = graph.add("aside", Layer.Conv.pointwise(8, 2, true), b);
    return graph.output("depth", wide).auxiliaryOutput("depth.0", aside).build();
  }

  private ConvolutionCheck.Result run(ConvolutionCheck check, ConvolutionCheck.Use... uses) {
    return check.run(graph(), List.of(uses), base, (done, total) -> {});
  }

  @Test
  void pyTorchComputesAlikeWithAllThreadsAndWithOne() {
    ConvolutionCheck.Result result = run(new ConvolutionCheck(), TRAINING, SCORING);
    assertThat(result.wrong()).isEmpty();
    assertThat(result.sound()).isTrue();
    assertThat(result.threads()).isEqualTo(2);
    // Sums in another order, and no more: the tolerance has a hundredfold of room.
    assertThat(result.largest()).isLessThan(ConvolutionCheck.TOLERANCE / 10);
  }

  @Test
  void computesEachDistinctConvolutionOnceForEachWayTheNetworkIsRun() {
    // in, a (= b = c), wide, aside; without aside where nothing is learned.
    assertThat(run(new ConvolutionCheck(), TRAINING).convolutions()).isEqualTo(4);
    assertThat(run(new ConvolutionCheck(), TRAINING, SCORING).convolutions()).isEqualTo(7);
    assertThat(run(new ConvolutionCheck(), TRAINING, new ConvolutionCheck.Use(4, SIZE, false)))
        .extracting(ConvolutionCheck.Result::convolutions)
        .isEqualTo(4);
  }

  @Test
  void tellsHowFarItIs() {
    List<String> told = new ArrayList<>();
    new ConvolutionCheck()
        .run(graph(), List.of(TRAINING), base, (done, total) -> told.add(done + "/" + total));
    assertThat(told).containsExactly("1/4", "2/4", "3/4", "4/4");
  }

  @Test
  void oneThreadHasNothingToBeComparedWith() {
    JniUtils.setNumThreads(1);
    ConvolutionCheck.Result result = run(WrongConvolutions.check("output"), TRAINING);
    assertThat(result.convolutions()).isZero();
    assertThat(result.sound()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"output", "gradient of the input", "gradient of the weight"})
  void findsWhatSeveralThreadsComputeWrongly(String wrong) {
    ConvolutionCheck.Result result = run(WrongConvolutions.check(wrong), TRAINING);
    assertThat(result.wrong()).hasSize(4);
    assertThat(result.wrong().get(0).result()).isEqualTo(wrong);
    assertThat(result.wrong().get(0).difference()).isGreaterThan(0.1);
    assertThat(result.fault())
        .startsWith("with 2 threads PyTorch computes 4 of 4 convolutions of few otherwise")
        .contains("in (3x3, 3 to 8 channels, stride 2, input [4,3,24,32]): the " + wrong)
        .endsWith("and 3 more");
  }

  @Test
  void findsAWrongBiasWhichTheOutputsDoNotShow() {
    ConvolutionCheck check =
        new ConvolutionCheck(
            (conv, x, weight, bias) ->
                bias == null
                    ? GraphModule.convolve(conv, x, weight, null)
                    : WrongConvolutions.convolve("gradient of the bias", conv, x, weight, bias));
    assertThat(run(check, TRAINING).wrong())
        .extracting(ConvolutionCheck.Difference::result)
        .containsExactly("gradient of the bias", "gradient of the bias");
  }

  @Test
  void findsOneBatchThatIsWrongWhereOthersAreRight() {
    // As the kernel was: right for one image, wrong for three.
    ConvolutionCheck check =
        new ConvolutionCheck(
            (conv, x, weight, bias) ->
                x.getShape().get(0) == 3
                    ? WrongConvolutions.convolve("output", conv, x, weight, bias)
                    : GraphModule.convolve(conv, x, weight, bias));
    assertThat(run(check, TRAINING).sound()).isTrue();
    assertThat(run(check, TRAINING, SCORING).wrong())
        .extracting(ConvolutionCheck.Difference::batch)
        .containsOnly(3);
  }

  @Test
  void whatIsNoNumberIsWrong() {
    ConvolutionCheck check =
        new ConvolutionCheck(
            (conv, x, weight, bias) -> {
              NDArray right = GraphModule.convolve(conv, x, weight, bias);
              float factor = JniUtils.getNumThreads() == 1 ? 1 : Float.NaN;
              return right.mul(right.getManager().create(factor));
            });
    assertThat(run(check, SCORING).wrong())
        .extracting(ConvolutionCheck.Difference::difference)
        .hasSize(3)
        .containsOnly(Double.NaN);
  }

  @Test
  void leavesThreadsAndRecordingAsTheyWere() {
    JniUtils.setGradMode(true);
    run(new ConvolutionCheck(), TRAINING);
    assertThat(JniUtils.isGradMode()).isTrue();
    assertThat(JniUtils.getNumThreads()).isEqualTo(2);
  }
}
