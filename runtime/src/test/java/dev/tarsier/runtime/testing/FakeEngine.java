package dev.tarsier.runtime.testing;

import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.LoadedNetwork;
import dev.tarsier.runtime.inference.Precision;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.inference.ProviderStep;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.inference.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A machine with TensorRT and CUDA as far as one can be had without a GPU: ONNX Runtime computes on
 * the processor, whatever provider is asked for. An engine that TensorRT builds is a file with the
 * network's own bytes, and one that is there computes what stands in it, whatever network was asked
 * for: as with TensorRT, an old engine goes on to give what it was built of.
 */
public final class FakeEngine implements InferenceEngine {
  /** The engine's file. */
  public static final String FILE = "fake.engine";

  private static final ProviderStep CPU = new ProviderStep(Provider.CPU, Precision.FP32);

  /** What is wrong with a step. */
  public interface Fault {
    /** While the network is loaded. */
    default void whileLoading() throws InferenceException {}

    /** To what a run gave. */
    default void afterRun(LoadedNetwork network) throws InferenceException {}
  }

  private final Map<ProviderStep, Fault> faults = new ConcurrentHashMap<>();
  private final List<String> built = new CopyOnWriteArrayList<>();
  private final AtomicInteger open = new AtomicInteger();

  /** Makes a step go wrong. */
  public FakeEngine with(Provider provider, Precision precision, Fault fault) {
    faults.put(new ProviderStep(provider, precision), fault);
    return this;
  }

  /** Depth is NaN everywhere. */
  public static Fault nan() {
    return scaled(Float.NaN);
  }

  /** Depth is so many times what it should be. */
  public static Fault scaled(float factor) {
    return new Fault() {
      @Override
      public void afterRun(LoadedNetwork network) throws InferenceException {
        ByteBuffer depth = network.tensor("depth");
        for (int i = 0; i < depth.limit(); i += 4) {
          depth.putFloat(i, depth.getFloat(i) * factor);
        }
      }
    };
  }

  /** All is class 1. */
  public static Fault oneClass() {
    return new Fault() {
      @Override
      public void afterRun(LoadedNetwork network) throws InferenceException {
        ByteBuffer ids = network.tensor("classes");
        for (int i = 0; i < ids.limit(); i++) {
          ids.put(i, (byte) 1);
        }
      }
    };
  }

  /** It does not load. */
  public static Fault notThere(String reason) {
    return new Fault() {
      @Override
      public void whileLoading() throws InferenceException {
        throw new InferenceException(reason, null);
      }
    };
  }

  /** What was built so far, such as {@code tensorrt fp16}. */
  public List<String> built() {
    return List.copyOf(built);
  }

  /** Networks that are loaded and not closed. */
  public int open() {
    return open.get();
  }

  @Override
  public String name() {
    return "Fake";
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public long liveTensors() {
    return InferenceEngine.usual().liveTensors();
  }

  @Override
  public LoadedNetwork load(Model model, ProviderStep step, SessionOptions options, Path folder)
      throws InferenceException {
    Fault fault = Optional.ofNullable(faults.get(step)).orElse(new Fault() {});
    Model runs = model;
    if (options.builds(step)) {
      Path file = folder.resolve(FILE);
      try {
        if (Files.exists(file)) {
          runs = Model.of(Files.readAllBytes(file));
        } else {
          built.add(step.toString());
          byte[] bytes = new byte[model.bytes().remaining()];
          model.bytes().duplicate().get(bytes);
          Files.write(file, bytes);
        }
      } catch (IOException e) {
        throw new InferenceException(e.toString(), e);
      }
    }
    fault.whileLoading();
    LoadedNetwork network = InferenceEngine.usual().load(runs, CPU, options, null);
    open.incrementAndGet();
    return new Faulty(network, fault, open);
  }

  private record Faulty(LoadedNetwork network, Fault fault, AtomicInteger open)
      implements LoadedNetwork {
    @Override
    public Map<String, TensorSpec> inputs() {
      return network.inputs();
    }

    @Override
    public Map<String, TensorSpec> outputs() {
      return network.outputs();
    }

    @Override
    public ByteBuffer tensor(String name) throws InferenceException {
      return network.tensor(name);
    }

    @Override
    public void run() throws InferenceException {
      network.run();
      fault.afterRun(network);
    }

    @Override
    public void close() {
      open.decrementAndGet();
      network.close();
    }
  }
}
