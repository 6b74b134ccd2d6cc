package dev.tarsier.trainer.network;

import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDManager;
import dev.tarsier.runtime.natives.NativeLibraries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The way to PyTorch: what its libraries must find before they load is arranged here, so nothing
 * else asks DJL for its first manager.
 */
public final class PyTorch {
  private static final String CACHE = "ENGINE_CACHE_DIR";
  private static final List<String> USERS_PLACES =
      List.of(CACHE, "DJL_CACHE_DIR", "PYTORCH_LIBRARY_PATH");

  private static final String ENGINE = "PyTorch";

  private static volatile Device chosen = Device.CPU;

  private PyTorch() {}

  /**
   * Chooses the device of all managers made from now on. Any thread.
   *
   * @throws IllegalStateException if there is no such device; names the way out
   */
  public static void use(Device device) {
    resolve(device);
    chosen = device;
  }

  /**
   * What a choice comes to on this machine: {@link Device#CPU} or {@link Device#CUDA}. Any thread.
   *
   * @throws IllegalStateException as {@link #use}
   */
  public static Device resolve(Device device) {
    if (device == Device.CPU) {
      return device;
    }
    prepare();
    if (Engine.getEngine(ENGINE).hasCapability(StandardCapabilities.CUDA)) {
      return Device.CUDA;
    }
    if (device == Device.CUDA) {
      throw new IllegalStateException(
          "device is cuda, but PyTorch finds no GPU: it needs NVIDIA's driver, and DJL's"
              + " pytorch-native-cu128 in place of pytorch-native-cpu on the class path, or"
              + " PYTORCH_LIBRARY_PATH naming the libraries of such a PyTorch; or take device cpu");
    }
    return Device.CPU;
  }

  /** The device of managers made now: {@link Device#CPU} or {@link Device#CUDA}. Any thread. */
  public static Device device() {
    return resolve(chosen);
  }

  /**
   * A manager on the device in use, to be closed by the caller. Any thread.
   *
   * @throws IllegalStateException when the libraries cannot be unpacked; names folder and reason
   */
  public static NDManager newBaseManager() {
    prepare();
    return NDManager.newBaseManager(
        device() == Device.CPU ? ai.djl.Device.cpu() : ai.djl.Device.gpu(), ENGINE);
  }

  private static synchronized void prepare() {
    for (String place : USERS_PLACES) {
      if (System.getProperty(place) != null || System.getenv(place) != null) {
        return; // the user's, or set here before
      }
    }
    ClassLoader loader = PyTorch.class.getClassLoader();
    try {
      Path folder =
          NativeLibraries.folderFor(
              "pytorch",
              List.of(
                  new NativeLibraries.Source(
                      loader, "pytorch/cpu/linux-x86_64/", "libtorch_cpu.so"),
                  new NativeLibraries.Source(
                      loader, "jnilib/linux-x86_64/cpu/", "libdjl_torch.so")));
      System.setProperty(CACHE, folder.toString());
    } catch (IOException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }
}
