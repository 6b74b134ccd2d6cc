package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.BrokerAddress;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.IDN;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * The bytes to and from a broker, through TLS and WebSocket where the address says so. Reading
 * stops at a deadline, however slowly the broker drips, and where it sends more than a telemetry
 * client has a use for; both hold for what comes off the wire, so they cover TLS and WebSocket too.
 *
 * <p>One thread opens and reads, one writes; any thread may close, which ends both at once.
 */
final class BrokerSocket implements Closeable {
  /** A broker sends a few bytes for each of our messages; this is far beyond. */
  private static final long BURST_BYTES = 1 << 20;

  private static final long BYTES_PER_SECOND = 64 << 10;
  private static final int DNS_NAME = 2;

  private final BrokerAddress address;
  private final SSLSocketFactory tls;
  private volatile long deadline;
  private volatile boolean closed;
  private volatile Socket wire;
  private InputStream in;
  private OutputStream out;

  // Reading thread only.
  private long allowance = BURST_BYTES;
  private long allowanceNanos = System.nanoTime();

  /**
   * @param address where to
   * @param tls makes the encrypted sockets; not looked at where the address is not encrypted
   */
  BrokerSocket(BrokerAddress address, SSLSocketFactory tls) {
    this.address = address;
    this.tls = tls;
  }

  /**
   * Until when the next reads must be done.
   *
   * @param millis from now
   */
  void allowMillis(long millis) {
    deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /**
   * Connects, within what {@link #allowMillis} allows.
   *
   * @throws IOException where nobody answers, or not as a broker of this kind
   */
  void open() throws IOException {
    Socket socket = connect();
    if (address.encrypted()) {
      socket = encrypt(socket);
    }
    in = socket.getInputStream();
    out = socket.getOutputStream();
    if (address.webSocket()) {
      WebSocket web = WebSocket.open(in, out, address);
      in = web.in();
      out = web.out();
    }
  }

  /** What the broker sends; there once it is open. */
  InputStream in() {
    return in;
  }

  /** What it is sent; one write is one piece on the wire. There once it is open. */
  OutputStream out() {
    return out;
  }

  /** Says that nothing more will be sent, so that the broker can end the connection. */
  void finish() throws IOException {
    wire.shutdownOutput();
  }

  /** Ends it at once, also for threads that wait in it. */
  @Override
  public void close() {
    closed = true;
    Socket open = wire;
    if (open != null) {
      try {
        // The socket below TLS: closing TLS itself would wait for a write that hangs.
        open.close();
      } catch (IOException e) {
        // It is as closed as it can be.
        return;
      }
    }
  }

  private Socket connect() throws IOException {
    IOException last = new UnknownHostException(address.host() + " has no address");
    for (InetAddress each : InetAddress.getAllByName(asciiHost())) {
      Socket socket = new WireSocket();
      wire = socket;
      if (closed) {
        throw new IOException("closed while connecting");
      }
      try {
        socket.connect(new InetSocketAddress(each, address.port()), remainingMillis());
        socket.setTcpNoDelay(true);
        return socket;
      } catch (IOException e) {
        socket.close();
        last = e;
      }
    }
    throw last;
  }

  private String asciiHost() throws UnknownHostException {
    boolean ascii = address.host().chars().allMatch(c -> c < 0x80);
    try {
      return ascii ? address.host() : IDN.toASCII(address.host());
    } catch (IllegalArgumentException e) {
      throw new UnknownHostException(address.host() + " is no host name");
    }
  }

  private Socket encrypt(Socket plain) throws IOException {
    String host = asciiHost();
    SSLSocket socket = (SSLSocket) tls.createSocket(plain, host, address.port(), true);
    boolean known = isNameOfTheRules(host);
    if (known) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
    }
    socket.startHandshake();
    if (!known) {
      checkName(socket, host);
    }
    return socket;
  }

  /** Java checks a certificate only for names without an underscore. */
  private static boolean isNameOfTheRules(String host) {
    try {
      return host.contains(":") || !new SNIHostName(host).getAsciiName().isEmpty();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void checkName(SSLSocket socket, String host) throws IOException {
    X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
    try {
      boolean named =
          shown.getSubjectAlternativeNames() != null
              && shown.getSubjectAlternativeNames().stream()
                  .anyMatch(name -> isDnsName(name, host.toLowerCase(Locale.ROOT)));
      if (!named) {
        throw new SSLException("the broker's certificate is not for " + host);
      }
    } catch (CertificateException e) {
      throw new SSLException("the broker's certificate cannot be read", e);
    }
  }

  private static boolean isDnsName(List<?> name, String host) {
    return name.get(0).equals(DNS_NAME)
        && name.get(1).toString().toLowerCase(Locale.ROOT).equals(host);
  }

  /**
   * What {@link #allowMillis} has left.
   *
   * @throws SocketTimeoutException where that is nothing
   */
  int remainingMillis() throws SocketTimeoutException {
    long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    if (millis <= 0) {
      throw new SocketTimeoutException("no answer in time");
    }
    return (int) Math.min(Integer.MAX_VALUE, millis);
  }

  /** Reading thread only. */
  private void spend(int bytes) throws IOException {
    long now = System.nanoTime();
    long earned = (now - allowanceNanos) / 1_000_000 * BYTES_PER_SECOND / 1000;
    if (earned > 0) {
      allowance = Math.min(BURST_BYTES, allowance + earned);
      allowanceNanos = now;
    }
    allowance -= bytes;
    if (allowance < 0) {
      throw new IOException(
          "the broker sends more than %d KB/s, which no telemetry needs"
              .formatted(BYTES_PER_SECOND >> 10));
    }
  }

  /** Reads with the deadline and the allowance; TLS above it reads through it too. */
  private final class WireSocket extends Socket {
    @Override
    public InputStream getInputStream() throws IOException {
      return new WireInput(super.getInputStream());
    }
  }

  private final class WireInput extends InputStream {
    private final InputStream from;

    WireInput(InputStream from) {
      this.from = from;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      wire.setSoTimeout(remainingMillis());
      int count = from.read(to, offset, length);
      if (count > 0) {
        spend(count);
      }
      return count;
    }

    @Override
    public int available() throws IOException {
      return from.available();
    }

    @Override
    public void close() throws IOException {
      from.close();
    }
  }
}
