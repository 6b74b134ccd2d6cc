package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TcpRosHeaderTest {
  private static ByteArrayInputStream bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return new ByteArrayInputStream(bytes);
  }

  @Test
  void writesTheBytesOfTheSpecification() {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("a", "b");
    fields.put("cd", "");
    ByteBuffer encoded = TcpRosHeader.encode(fields);
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    assertThat(bytes)
        .containsExactly(14, 0, 0, 0, 3, 0, 0, 0, 'a', '=', 'b', 3, 0, 0, 0, 'c', 'd', '=');
  }

  @Test
  void readsNoByteBeyondItself() throws IOException {
    ByteArrayInputStream in = bytes(9, 0, 0, 0, 5, 0, 0, 0, 'k', '=', 'a', '=', 'b', 99);
    assertThat(TcpRosHeader.read(in)).isEqualTo(Map.of("k", "a=b"));
    assertThat(in.read()).isEqualTo(99);
  }

  @Test
  void refusesLengthsThatLie() {
    assertThatThrownBy(() -> TcpRosHeader.read(bytes(255, 255, 255, 127)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("2147483647");
    assertThatThrownBy(() -> TcpRosHeader.read(bytes(255, 255, 255, 255)))
        .hasMessageContaining("4294967295");
    assertThatThrownBy(() -> TcpRosHeader.read(bytes(9, 0, 0, 0, 5, 0, 0, 0, 'k')))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> TcpRosHeader.read(bytes(5, 0, 0, 0, 200, 0, 0, 0, 'k')))
        .hasMessageContaining("runs over its end");
    assertThatThrownBy(() -> TcpRosHeader.read(bytes(5, 0, 0, 0, 1, 0, 0, 0, 'k')))
        .hasMessageContaining("'k'");
    assertThatThrownBy(() -> TcpRosHeader.read(bytes('G', 'E', 'T', ' ')))
        .hasMessageContaining("ROS 1");
  }
}
