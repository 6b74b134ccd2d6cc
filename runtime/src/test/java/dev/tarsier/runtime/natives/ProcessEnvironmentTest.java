package dev.tarsier.runtime.natives;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import org.junit.jupiter.api.Test;

class ProcessEnvironmentTest {
  @Test
  void nativeCodeSeesWhatWasSet() {
    String name = "TARSIER_TEST_" + ProcessHandle.current().pid();
    assertThat(seenByNativeCode(name)).isNull();

    assertThat(ProcessEnvironment.setIfAbsent(name, "first")).isEqualTo("first");
    assertThat(ProcessEnvironment.setIfAbsent(name, "second")).isEqualTo("first");

    assertThat(seenByNativeCode(name)).isEqualTo("first");
    assertThat(ProcessEnvironment.get(name)).isEqualTo("first");
  }

  @Test
  void leavesWhatTheUserHasSet() {
    String path = System.getenv("PATH");

    assertThat(ProcessEnvironment.setIfAbsent("PATH", "elsewhere")).isEqualTo(path);

    assertThat(seenByNativeCode("PATH")).isEqualTo(path);
  }

  private static String seenByNativeCode(String name) {
    Function getenv = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME).getFunction("getenv");
    return (String) getenv.invoke(String.class, new Object[] {name});
  }
}
