package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.TelemetryConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Sockets that trust the configured certificates, and show the configured one. */
final class BrokerTls {
  private static final int MOST_BYTES = 1 << 20;
  private static final char[] IN_MEMORY = {};

  private static final List<String> BARE_ENDS =
      List.of(
          "Broken pipe",
          "Connection reset",
          "Connection or outbound has closed",
          "Remote host terminated the handshake",
          "SSL peer shut down incorrectly",
          "Socket closed",
          "the broker closed the connection");

  private BrokerTls() {}

  /**
   * Reads the files that the configuration names.
   *
   * @param config Not modified.
   * @throws ConfigException when one cannot be used; names it
   */
  static SSLSocketFactory sockets(TelemetryConfig config) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(identity(config), trust(config), null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException | IOException e) {
      throw new ConfigException("telemetry: TLS cannot be used here: " + e.getMessage(), e);
    }
  }

  /** Whether a connection's end says nothing of why the other side ended it. */
  static boolean isBareEnd(String reason) {
    return BARE_ENDS.stream().anyMatch(reason::startsWith);
  }

  /**
   * The way out where a broker has ended a connection before it answered.
   *
   * @param reason that the connection gives
   * @return to be put behind it; empty where there is nothing to add
   */
  static String hint(TelemetryConfig config, String reason) {
    if (!config.address().encrypted() || TelemetryConfig.isGiven(config.certificateFile())) {
      return "";
    }
    if (reason.contains("certificate_required")) {
      return "; the broker asks for a client certificate: set certificate_file and key_file";
    }
    // what brokers say before TLS 1.3, and where their answer is lost
    return reason.contains("handshake_failure")
            || reason.contains("bad_certificate")
            || isBareEnd(reason)
        ? "; where the broker asks for a client certificate, set certificate_file and key_file"
        : "";
  }

  private static TrustManager[] trust(TelemetryConfig config)
      throws GeneralSecurityException, IOException {
    if (!TelemetryConfig.isGiven(config.caFile())) {
      return null;
    }
    KeyStore store = emptyStore();
    for (Certificate each : certificates("ca_file", config.caFile())) {
      store.setCertificateEntry("ca" + store.size(), each);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust.getTrustManagers();
  }

  private static KeyManager[] identity(TelemetryConfig config)
      throws GeneralSecurityException, IOException {
    Path file = config.certificateFile();
    if (!TelemetryConfig.isGiven(file)) {
      return null;
    }
    List<Certificate> chain = certificates("certificate_file", file);
    boolean own = TelemetryConfig.isGiven(config.keyFile());
    String keyName = own ? "key_file" : "certificate_file";
    Path keyFile = own ? config.keyFile() : file;
    PrivateKey key = privateKey(keyName, keyFile);
    if (!belongTogether(key, chain.get(0).getPublicKey())) {
      throw new ConfigException(
          "telemetry: %s %s is not the key of the first certificate in %s"
              .formatted(keyName, keyFile.toAbsolutePath(), file.toAbsolutePath()));
    }
    SecretFiles.warnIfOthersRead(keyName, keyFile);
    KeyStore store = emptyStore();
    store.setKeyEntry("robot", key, IN_MEMORY, chain.toArray(Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, IN_MEMORY);
    return keys.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    return store;
  }

  private static List<Certificate> certificates(String key, Path file) {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      List<Certificate> found = new ArrayList<>();
      for (Pem.Block block : Pem.blocks(SecretFiles.read(key, file, MOST_BYTES))) {
        if (block.label().equals("CERTIFICATE")) {
          found.add(factory.generateCertificate(new ByteArrayInputStream(block.der())));
        }
      }
      if (found.isEmpty()) {
        throw new GeneralSecurityException("there is none in it");
      }
      return found;
    } catch (GeneralSecurityException e) {
      throw new ConfigException(
          "telemetry: %s must hold PEM certificates, got %s: %s"
              .formatted(key, file.toAbsolutePath(), e.getMessage()),
          e);
    }
  }

  private static PrivateKey privateKey(String key, Path file) {
    try {
      return Pem.privateKey(SecretFiles.read(key, file, MOST_BYTES));
    } catch (GeneralSecurityException e) {
      throw new ConfigException(
          "telemetry: %s must hold a PEM private key without a password, got %s: %s"
              .formatted(key, file.toAbsolutePath(), e.getMessage()),
          e);
    }
  }

  private static boolean belongTogether(PrivateKey key, PublicKey certified) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    try {
      byte[] text = {1, 2, 3};
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(text);
      byte[] signed = signing.sign();
      Signature verifying = Signature.getInstance(algorithm);
      verifying.initVerify(certified);
      verifying.update(text);
      return verifying.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
