package dev.tarsier.trainer.dataset.rgbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.trainer.dataset.DataException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameNamesTest {
  /** Label Studio puts eight digits in front of uploads; its exports and folders may keep them. */
  @Test
  void theDigitsOfUploadsMayBeThereOrNot() {
    FrameNames plain = new FrameNames(List.of("frame_0001", "deadbeef-2"));
    assertThat(plain.find("ab12cd34-frame_0001.jpg")).isZero();
    assertThat(plain.find("images/ab12cd34-frame_0001.jpg")).isZero();
    assertThat(plain.find("deadbeef-2")).as("a name of its own").isEqualTo(1);
    assertThat(plain.find("ab12cd3-frame_0001.jpg")).as("seven digits").isEqualTo(-1);

    FrameNames uploaded = new FrameNames(List.of("ab12cd34-frame_0001", "ef12cd34-frame_0002"));
    assertThat(uploaded.find("frame_0001.jpg")).isZero();
    assertThat(uploaded.find("ef12cd34-frame_0002.jpg")).isEqualTo(1);

    assertThat(new FrameNames(List.of("Halle 1")).find("1a2b3c4d-Halle_1.jpg")).isZero();
    assertThat(new FrameNames(List.of("a/0001")).find("b/0001")).as("other folder").isEqualTo(-1);
    assertThat(new FrameNames(List.of("20240101-0001")).find("20240202-0001"))
        .as("two dates")
        .isEqualTo(-1);

    FrameNames twice = new FrameNames(List.of("ab12cd34-frame_1", "ef12cd34-frame_1"));
    assertThat(twice.find("ef12cd34-frame_1")).isEqualTo(1);
    assertThatThrownBy(() -> twice.find("frame_1"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("ab12cd34-frame_1");
  }
}
