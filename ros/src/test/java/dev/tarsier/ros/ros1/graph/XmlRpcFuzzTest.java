package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.testing.Fuzz;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Damaged calls and replies end in an IOException, never in anything else. */
class XmlRpcFuzzTest {
  private static final List<Object> VALUES =
      List.of(
          1, "text & <more>", -2.5, true, List.of("a", List.of(7)), Map.of("key", Map.of("b", 1)));

  @Test
  void damagedDocumentsAreRefused() throws IOException {
    byte[] call = XmlRpcCodec.encodeCall("publisherUpdate", VALUES);
    byte[] response = XmlRpcCodec.encodeResponse(VALUES);
    int refused = 0;
    for (int seed = 0; seed < Fuzz.rounds(); seed++) {
      refused += refuses(seed, () -> XmlRpcCodec.decodeCall(call), call, false);
      refused += refuses(seed, () -> XmlRpcCodec.decodeResponse(response), response, true);
    }
    assertThat(refused).isPositive();
  }

  @FunctionalInterface
  private interface Reading {
    Object run() throws IOException;
  }

  private static int refuses(int seed, Reading valid, byte[] document, boolean reply) {
    byte[] damaged = Fuzz.change(seed, document);
    try {
      valid.run();
      Object read = reply ? XmlRpcCodec.decodeResponse(damaged) : XmlRpcCodec.decodeCall(damaged);
      assertThat(read).isNotNull();
      return 0;
    } catch (IOException e) {
      assertThat(String.valueOf(e.getMessage()).length()).isLessThan(1_000);
      return 1;
    } catch (RuntimeException | StackOverflowError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  @Test
  void damagedHttpIsRefused() throws IOException {
    byte[] head = HttpMessage.head("POST /RPC2 HTTP/1.1", "Host: x", "Content-Length: 12", "X: y");
    byte[] whole = Arrays.copyOf(head, head.length + 12);
    for (int seed = 0; seed < Fuzz.rounds(); seed++) {
      byte[] damaged = Fuzz.change(seed, whole);
      for (boolean reply : new boolean[] {false, true}) {
        try (HttpMessage.Body body = new HttpMessage.Body(HttpMessage.BodyLimit.of(1 << 20))) {
          ByteArrayInputStream in = new ByteArrayInputStream(damaged);
          HttpMessage read =
              reply ? HttpMessage.readReply(in, body) : HttpMessage.readRequest(in, body);
          assertThat(read == null || read.body().length <= damaged.length).isTrue();
        } catch (IOException e) {
          assertThat(e.getMessage()).hasSizeLessThan(1_000);
        } catch (RuntimeException e) {
          throw new AssertionError("seed " + seed, e);
        }
      }
    }
  }
}
