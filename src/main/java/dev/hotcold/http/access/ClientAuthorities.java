package dev.hotcold.http.access;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The authorities whose clients are admitted. */
final class ClientAuthorities {

    /** No client is admitted, whatever certificate it has. */
    static final TrustOptions NOBODY = TrustOptions.wrap(new TrustNobody());

    private ClientAuthorities() {}

    /** Reads the certificates of the authorities. Blocks. */
    static TrustOptions load(WatchedFile file) throws UnusableFileException {
        byte[] certificates = file.read();
        if (new String(certificates, StandardCharsets.ISO_8859_1).isBlank()) {
            throw file.gone("is empty");
        }
        PemCertificates.first(file, certificates);
        return new PemTrustOptions().addCertValue(Buffer.buffer(certificates));
    }

    private static final class TrustNobody implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate @Nullable [] chain, @Nullable String authentication)
                throws CertificateException {
            throw new CertificateException("no authority of clients is known");
        }

        @Override
        public void checkServerTrusted(X509Certificate @Nullable [] chain, @Nullable String authentication)
                throws CertificateException {
            throw new CertificateException("no authority of servers is known");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
