package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.ros1.message.MessageBody;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IncomingMessagesTest {
  /** Gives its bytes in pieces of random size, as a socket does. */
  private static class Pieces implements ReadableByteChannel {
    private final ByteBuffer bytes;
    private final Random random = new Random(7);

    private Pieces(ByteBuffer bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read(ByteBuffer out) {
      if (!bytes.hasRemaining()) {
        return -1;
      }
      int n = Math.min(Math.min(1 + random.nextInt(50_000), bytes.remaining()), out.remaining());
      ByteBuffer piece = bytes.slice(bytes.position(), n);
      bytes.position(bytes.position() + n);
      out.put(piece);
      return n;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  private static IncomingMessages incoming(Pieces pieces, int maxBytes) throws IOException {
    return new IncomingMessages(pieces, maxBytes, new ReceiveMemory(ReceiveMemory.LIMIT_BYTES));
  }

  private static ByteBuffer messages(int... lengths) {
    int total = 0;
    for (int length : lengths) {
      total += 4 + length;
    }
    ByteBuffer bytes = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    for (int length : lengths) {
      bytes.putInt(length);
      for (int i = 0; i < length; i++) {
        bytes.put((byte) (i * 7 + length));
      }
    }
    return bytes.flip();
  }

  @Test
  void givesEachMessageWholeHoweverTheSocketCutsThem() throws IOException {
    int[] lengths = {3, 0, 100_000, 65_536, 1, 921_600, 65_537, 2_000_000, 5};
    IncomingMessages in = incoming(new Pieces(messages(lengths)), 1 << 24);
    for (int length : lengths) {
      ByteBuffer body = in.next().bytes();
      assertThat(body.position()).isZero();
      assertThat(body.limit()).isEqualTo(length);
      assertThat(body.isDirect()).isTrue();
      assertThat(body.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < length; i++) {
        if (body.get(i) != (byte) (i * 7 + length)) {
          throw new AssertionError("byte " + i + " of the message of " + length + " bytes");
        }
      }
    }
    assertThatThrownBy(in::next).isInstanceOf(EOFException.class);
  }

  @Test
  void keepsItsBufferForMessagesOfTheSameSize() throws IOException {
    IncomingMessages in = incoming(new Pieces(messages(921_600, 921_600)), 1 << 24);
    ByteBuffer first = in.next().bytes();
    assertThat(in.next().bytes()).isSameAs(first);
  }

  @Test
  void goesOnInTheMemoryThatItIsGivenForAMessage() throws IOException {
    int[] lengths = {921_600, 921_600, 921_600, 100, 921_600};
    ReceiveMemory memory = new ReceiveMemory(ReceiveMemory.LIMIT_BYTES);
    IncomingMessages in = new IncomingMessages(new Pieces(messages(lengths)), 1 << 24, memory);
    ByteBuffer spare = ReceiveMemory.direct(0);
    Set<ByteBuffer> used = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int length : lengths) {
      MessageBody body = in.next();
      assertThat(body.bytes().limit()).isEqualTo(length);
      for (int i = 0; i < length; i++) {
        if (body.bytes().get(i) != (byte) (i * 7 + length)) {
          throw new AssertionError("byte " + i + " of the message of " + length + " bytes");
        }
      }
      used.add(body.bytes());
      assertThat(memory.heldBytes()).isEqualTo(body.bytes().capacity());
      spare = body.exchange(spare);
    }
    assertThat(used).as("two buffers take turns").hasSize(2);
  }

  @Test
  void doesNotAllocateOnTheWordOfALength() throws IOException {
    ByteBuffer lie = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
    lie.putInt(0, 200 << 20);
    IncomingMessages in = incoming(new Pieces(lie), 256 << 20);
    assertThatThrownBy(in::next).isInstanceOf(EOFException.class);
    assertThat(in.capacity()).isLessThan(1 << 20);
  }

  @Test
  void refusesALengthBeyondTheLimit() {
    ByteBuffer huge = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, -1);
    assertThatThrownBy(() -> incoming(new Pieces(huge), 1000).next())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("4294967295");
    ByteBuffer large = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 1001);
    assertThatThrownBy(() -> incoming(new Pieces(large), 1000).next())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("1001");
  }

  /** Of the camera that comes back the node has seen all sizes: nothing is allocated. */
  @Test
  void aConnectionTakesTheBuffersOfOneThatEnded() throws IOException {
    ReceiveMemory memory = new ReceiveMemory(ReceiveMemory.LIMIT_BYTES);
    ByteBuffer first;
    try (IncomingMessages in = connection(memory, 2_764_800)) {
      first = in.next().bytes();
    }
    long left = memory.spareBytes();
    assertThat(left).isGreaterThan(2_764_800).isLessThan(8 << 20);
    for (int length : new int[] {2_764_800, 921_600, 76_800, 2_764_800}) {
      try (IncomingMessages in = connection(memory, length)) {
        assertThat(in.next().bytes().limit()).isEqualTo(length);
        assertThat(memory.heldBytes()).isEqualTo(in.capacity());
      }
      assertThat(memory.spareBytes()).as("after %d bytes", length).isEqualTo(left);
    }
    try (IncomingMessages in = connection(memory, 2_764_800)) {
      assertThat(in.next().bytes()).isSameAs(first);
    }
    assertThat(memory.heldBytes()).isZero();
  }

  @Test
  void twoConnectionsNeverHaveOneBuffer() throws IOException {
    ReceiveMemory memory = new ReceiveMemory(ReceiveMemory.LIMIT_BYTES);
    connection(memory, 100).close();
    try (IncomingMessages one = connection(memory, 100_000);
        IncomingMessages two = connection(memory, 100_000)) {
      ByteBuffer body = one.next().bytes();
      assertThat(two.next().bytes()).isNotSameAs(body);
      assertThat(body.get(99_999)).isEqualTo((byte) (99_999 * 7 + 100_000));
    }
  }

  @Test
  void whatWaitsIsBounded() throws IOException {
    ReceiveMemory memory = new ReceiveMemory(ReceiveMemory.LIMIT_BYTES);
    for (int length : new int[] {40 << 20, 9 << 20, 20 << 20}) {
      try (IncomingMessages in = connection(memory, length)) {
        in.next();
      }
      assertThat(memory.spareBytes()).isLessThanOrEqualTo(ReceiveMemory.SPARE_BYTES);
    }
  }

  private static IncomingMessages connection(ReceiveMemory memory, int length) throws IOException {
    return new IncomingMessages(new Pieces(messages(length)), 1 << 26, memory);
  }
}
