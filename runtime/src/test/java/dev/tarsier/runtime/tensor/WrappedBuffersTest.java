package dev.tarsier.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WrappedBuffersTest {
  @BeforeAll
  static void load() {
    OpenCv.load();
  }

  private static WrappedBuffers.Lease lease(WrappedBuffers wrapped, ByteBuffer buffer, int rows) {
    return wrapped.lease(buffer, rows, 4, opencv_core.CV_8UC1, 4);
  }

  private static ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(64);
  }

  @Test
  void neverClosesAMatThatIsInUse() {
    Random random = new Random(11);
    try (WrappedBuffers wrapped = new WrappedBuffers()) {
      ByteBuffer tensor = buffer();
      for (int round = 0; round < 200; round++) {
        // Frames at a time: one, or more than are kept.
        int frames = 1 + random.nextInt(20);
        try (WrappedBuffers.Lease out = lease(wrapped, tensor, 2)) {
          List<WrappedBuffers.Lease> images = new ArrayList<>();
          for (int i = 0; i < frames; i++) {
            images.add(lease(wrapped, buffer(), 1 + random.nextInt(16)));
          }
          assertThat(out.mat().isNull()).isFalse();
          assertThat(out.mat().data().address()).isNotZero();
          for (WrappedBuffers.Lease image : images) {
            assertThat(image.mat().isNull()).isFalse();
            image.close();
          }
        }
      }
    }
  }

  @Test
  void makesNoNewMatsForTheBuffersOfAPool() {
    try (WrappedBuffers wrapped = new WrappedBuffers()) {
      ByteBuffer tensor = buffer();
      ByteBuffer[] pool = {buffer(), buffer(), buffer()};
      Set<Mat> seen = new HashSet<>();
      for (int frame = 0; frame < 100; frame++) {
        try (WrappedBuffers.Lease out = lease(wrapped, tensor, 2);
            WrappedBuffers.Lease image = lease(wrapped, pool[frame % pool.length], 16)) {
          seen.add(out.mat());
          seen.add(image.mat());
        }
      }
      assertThat(seen).hasSize(4);
    }
  }

  @Test
  void wrapsTheSameBufferTwiceAtOnce() {
    try (WrappedBuffers wrapped = new WrappedBuffers()) {
      ByteBuffer buffer = buffer();
      try (WrappedBuffers.Lease first = lease(wrapped, buffer, 2);
          WrappedBuffers.Lease second = lease(wrapped, buffer, 2)) {
        assertThat(first.mat()).isNotSameAs(second.mat());
      }
    }
  }

  @Test
  void saysThatALeaseIsOver() {
    try (WrappedBuffers wrapped = new WrappedBuffers()) {
      WrappedBuffers.Lease lease = lease(wrapped, buffer(), 2);
      lease.close();
      assertThatThrownBy(lease::mat).hasMessageContaining("given back");
      assertThatThrownBy(lease::close).hasMessageContaining("once");
    }
  }
}
