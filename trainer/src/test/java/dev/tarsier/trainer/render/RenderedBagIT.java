package dev.tarsier.trainer.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.render.RenderedBag.DepthEncoding;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's own rosbag is the judge of what we write. */
class RenderedBagIT {
  private static final String SCRIPT =
      """
      import sys, struct, rosbag
      with rosbag.Bag(sys.argv[1]) as bag:
          for topic, m, t in bag.read_messages():
              if topic.endswith('camera_info'):
                  print(topic, m.width, m.height, round(m.K[0], 3), m.K[0] == m.P[0], t == m.header.stamp)
              else:
                  i = 20 * m.width + 30
                  if m.encoding == '32FC1': v = '%.6f' % struct.unpack_from('<f', m.data, 4 * i)[0]
                  elif m.encoding == '16UC1': v = struct.unpack_from('<H', m.data, 2 * i)[0]
                  elif m.encoding == 'rgb8': v = list(m.data[3 * i:3 * i + 3])
                  else: v = m.data[i]
                  print(topic, m.encoding, m.step, v, m.header.frame_id, m.header.stamp.to_nsec())
      """;

  @TempDir private Path temp;

  @Test
  void isReadByDebiansRosbag() throws Exception {
    Prerequisites.programs("rosbag");
    RenderOptions options = RenderOptions.video(64, 48);
    RenderedFrame frame = new SceneSequence(3, options).frame(0);
    Sample sample = frame.sample();
    int i = 20 * 64 + 30;
    String pixel =
        "[%d, %d, %d]"
            .formatted(
                sample.rgb()[3 * i] & 255,
                sample.rgb()[3 * i + 1] & 255,
                sample.rgb()[3 * i + 2] & 255);
    String tail = " camera_rgb_optical_frame " + frame.stampNanos();
    String said = read(write(frame, DepthEncoding.METRES_32F));
    assertThat(said.lines())
        .containsExactly(
            "/camera/rgb/camera_info 64 48 51.886 True True",
            "/camera/rgb/image_color rgb8 192 " + pixel + tail,
            "/camera/depth/image 32FC1 256 %.6f".formatted(sample.values(Depth.ID)[i]) + tail,
            "/camera/labels mono8 64 " + (sample.ids(Segmentation.ID)[i] & 255) + tail);
    assertThat(read(write(frame, DepthEncoding.MILLIMETRES_16U)))
        .contains("16UC1 128 " + Math.round(1000 * sample.values(Depth.ID)[i]));
  }

  private Path write(RenderedFrame frame, DepthEncoding depth) throws IOException {
    Path file = temp.resolve(depth + ".bag");
    try (RenderedBag bag = new RenderedBag(file, depth, BagCompression.NONE)) {
      bag.add(frame);
      bag.finish();
    }
    return file;
  }

  private static String read(Path bag) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("/usr/bin/python3", "-c", SCRIPT, bag.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
