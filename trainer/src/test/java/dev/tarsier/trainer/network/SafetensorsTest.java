package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path temp;

  @Test
  void readsBackWhatItWrote() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("b", new Tensor(List.of(2L, 3L), new float[] {1, 2, 3, 4, 5, Float.NaN}));
    tensors.put("ä", new Tensor(List.of(), new float[] {-0.5f}));
    tensors.put("none", new Tensor(List.of(0L), new float[0]));
    Path file = temp.resolve("folder/x.safetensors");

    Safetensors.write(file, tensors, Map.of("by", "a test"));

    Map<String, Tensor> read = Safetensors.read(file);
    assertThat(read.keySet()).containsExactly("b", "ä", "none");
    assertThat(read.get("b").shape()).containsExactly(2L, 3L);
    assertThat(read.get("b").values()).containsExactly(1, 2, 3, 4, 5, Float.NaN);
    assertThat(read.get("ä").values()).containsExactly(-0.5f);
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  /** Bytes worked out by hand: 1.5 and −2 in each format. */
  @Test
  void readsEveryNumberFormatAsFloat() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(1.5).putDouble(-2);
    data.putShort((short) 0x3E00).putShort((short) 0xC000);
    data.putShort((short) 0x3FC0).putShort((short) 0xC000);
    data.putLong(7);
    data.putInt(-3);
    data.putShort((short) 0x0001).putShort((short) 0x7C00);
    Path file =
        file(
            "{\"F64\":"
                + entry("F64", 2, 0, 16)
                + ",\"F16\":"
                + entry("F16", 2, 16, 20)
                + ",\"BF16\":"
                + entry("BF16", 2, 20, 24)
                + ",\"I64\":"
                + entry("I64", 1, 24, 32)
                + ",\"I32\":"
                + entry("I32", 1, 32, 36)
                + ",\"odd\":"
                + entry("F16", 2, 36, 40)
                + "}",
            data.array());

    Map<String, Tensor> read = Safetensors.read(file);

    assertThat(read.get("F64").values()).containsExactly(1.5f, -2f);
    assertThat(read.get("F16").values()).containsExactly(1.5f, -2f);
    assertThat(read.get("BF16").values()).containsExactly(1.5f, -2f);
    assertThat(read.get("I64").values()).containsExactly(7f);
    assertThat(read.get("I32").values()).containsExactly(-3f);
    assertThat(read.get("odd").values())
        .containsExactly((float) Math.pow(2, -24), Float.POSITIVE_INFINITY);
  }

  @Test
  void saysWhatIsWrongWithADamagedFile() throws IOException {
    Path cut = file("{\"a\":" + entry("F32", 4, 0, 16) + "}", new byte[12]);
    assertThatThrownBy(() -> Safetensors.read(cut))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(cut.toString())
        .hasMessageContaining("tensor a of shape [4] does not fit its bytes 0 to 16 of 12");

    Path text = temp.resolve("text");
    Files.writeString(text, "this is no safetensors file");
    assertThatThrownBy(() -> Safetensors.read(text)).hasMessageContaining("its header says");

    Path noJson = file("no json", new byte[4]);
    assertThatThrownBy(() -> Safetensors.read(noJson)).hasMessageContaining("is no JSON");

    Path odd = file("{\"a\":" + entry("F8_E4M3", 4, 0, 4) + "}", new byte[4]);
    assertThatThrownBy(() -> Safetensors.read(odd)).hasMessageContaining("dtype 'F8_E4M3'");

    Path overflow =
        file(
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],"
                + "\"data_offsets\":[0,0]}}",
            new byte[4]);
    assertThatThrownBy(() -> Safetensors.read(overflow)).hasMessageContaining("does not fit");
  }

  private static String entry(String dtype, int count, int begin, int end) {
    return "{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
        .formatted(dtype, count, begin, end);
  }

  private Path file(String header, byte[] data) throws IOException {
    byte[] head = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all =
        ByteBuffer.allocate(8 + head.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(head.length).put(head).put(data);
    return Files.write(Files.createTempFile(temp, "case", ".safetensors"), all.array());
  }
}
