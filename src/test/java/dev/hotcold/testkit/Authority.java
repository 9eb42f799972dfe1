package dev.hotcold.testkit;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/** Signs certificates for tests. Immutable. */
public final class Authority {

    private final X509Bundle own;

    private Authority(X509Bundle own) {
        this.own = own;
    }

    /** A new one that is not trusted yet. */
    public static Authority named(String name) {
        try {
            return new Authority(new CertificateBuilder()
                    .subject("CN=" + name)
                    .setIsCertificateAuthority(true)
                    .ecp256()
                    .buildSelfSigned());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A certificate, with its key, for a host name or a client. */
    public X509Bundle issue(String name) {
        return issue(Instant.now().plusSeconds(90 * 86_400), name);
    }

    /** The same, for several names. */
    public X509Bundle issue(String first, String second) {
        return issue(Instant.now().plusSeconds(90 * 86_400), first, second);
    }

    /** One that is valid until then. */
    public X509Bundle issue(String name, Instant end) {
        return issue(end, name);
    }

    private X509Bundle issue(Instant end, String... names) {
        try {
            return new CertificateBuilder()
                    .subject("CN=" + names[0])
                    .addExtensionOctetString("2.5.29.17", false, dnsNames(names))
                    .notBefore(Instant.now().minusSeconds(90 * 86_400))
                    .notAfter(end)
                    .ecp256()
                    .buildIssuedBy(own);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Subject alternative names; the builder itself takes none with an underscore. */
    private static byte[] dnsNames(String... names) {
        ByteBuffer list = ByteBuffer.allocate(128).put((byte) 0x30).put((byte) 0);
        for (String name : names) {
            byte[] text = name.getBytes(StandardCharsets.US_ASCII);
            list.put((byte) 0x82).put((byte) text.length).put(text);
        }
        list.put(1, (byte) (list.position() - 2));
        return Arrays.copyOf(list.array(), list.position());
    }

    /** One of its own making: nobody else has signed it. */
    public static X509Bundle selfSigned(String name, Instant end) {
        try {
            return new CertificateBuilder()
                    .subject("CN=" + name)
                    .addExtensionOctetString("2.5.29.17", false, dnsNames(name))
                    .setIsCertificateAuthority(true)
                    .notBefore(Instant.now().minusSeconds(90 * 86_400))
                    .notAfter(end)
                    .ecp256()
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** One whose own certificate is valid until then. */
    public static Authority until(String name, Instant end) {
        return new Authority(selfSigned(name, end));
    }

    /** Its own certificate. */
    public X509Certificate certificate() {
        return own.getCertificate();
    }

    /** Its own certificate as PEM. */
    public String pem() {
        return own.getRootCertificatePEM();
    }

    /** Writes the authority's certificate as PEM. */
    public Path writeTo(Path file) {
        return write(file, pem());
    }

    /** For clients that trust this authority. */
    public SSLContext trusting() {
        return trusting(new KeyManager[0]);
    }

    /** For clients that trust this authority and have a certificate of their own. */
    public SSLContext trusting(X509Bundle client) {
        try {
            return trusting(client.toKeyManagerFactory().getKeyManagers());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private SSLContext trusting(KeyManager[] keys) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, own.toTrustManagerFactory().getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes text in the place of a file, at once, and returns the file. */
    public static Path write(Path file, String text) {
        try {
            Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), text);
            return Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
