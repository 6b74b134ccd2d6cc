package dev.tarsier.trainer.network;

import ai.djl.Device;
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

  private PyTorch() {}

  /**
   * A manager on the CPU, to be closed by the caller. Any thread.
   *
   * @throws IllegalStateException when the libraries cannot be unpacked; names folder and reason
   */
  public static NDManager newBaseManager() {
    prepare();
    return NDManager.newBaseManager(Device.cpu(), "PyTorch");
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
