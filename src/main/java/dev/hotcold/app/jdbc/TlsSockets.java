package dev.hotcold.app.jdbc;

import dev.hotcold.cold.trust.ClientCertificate;
import dev.hotcold.cold.trust.PostgresTrust;
import dev.hotcold.cold.trust.PostgresTrust.ChannelBinding;
import dev.hotcold.cold.trust.PostgresTrust.SslMode;
import dev.hotcold.cold.trust.TlsPolicy;
import dev.hotcold.cold.trust.TlsVersions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * Encrypted sockets by the policy of {@link TlsPolicy}. Made by pgjdbc, which is given the name of the class, and hands over the
 * properties of the connection: the settings pass through them.
 */
public final class TlsSockets extends SSLSocketFactory {

    private static final String SETTING = "hotcold.setting";
    private static final String MODE = "hotcold.sslmode";
    private static final String VERSIONS = "hotcold.versions";

    private final TlsPolicy policy;

    /** What the settings name cannot be used. */
    static final class UnusableException extends IOException {

        private static final long serialVersionUID = 1;

        private UnusableException(IOException unusable) {
            super(unusable.getMessage(), unusable);
        }
    }

    /**
     * For pgjdbc.
     *
     * @param properties of the connection, as {@link #use} has set them
     * @throws IOException with words for an operator
     */
    public TlsSockets(Properties properties) throws IOException {
        try {
            policy = TlsPolicy.load(trust(properties));
        } catch (IOException unusable) {
            throw new UnusableException(unusable);
        }
    }

    /** Has a connection use such sockets. */
    static void use(Properties properties, PostgresTrust trust) {
        PGProperty.SSL_FACTORY.set(properties, TlsSockets.class.getName());
        properties.setProperty(SETTING, trust.setting());
        properties.setProperty(MODE, trust.sslMode().name());
        properties.setProperty(VERSIONS, String.join(",", trust.versions().names()));
        trust.rootCertificate().ifPresent(file -> PGProperty.SSL_ROOT_CERT.set(properties, file.toString()));
        trust.client().ifPresent(client -> {
            PGProperty.SSL_CERT.set(properties, client.certificates().toString());
            PGProperty.SSL_KEY.set(properties, client.key().toString());
            client.password().ifPresent(password -> PGProperty.SSL_PASSWORD.set(properties, password));
        });
    }

    private static PostgresTrust trust(Properties properties) {
        return new PostgresTrust(
                properties.getProperty(SETTING),
                SslMode.valueOf(properties.getProperty(MODE)),
                path(PGProperty.SSL_ROOT_CERT.getOrDefault(properties)),
                path(PGProperty.SSL_CERT.getOrDefault(properties))
                        .flatMap(certificates -> path(PGProperty.SSL_KEY.getOrDefault(properties))
                                .map(key -> new ClientCertificate(
                                        certificates,
                                        key,
                                        Optional.ofNullable(PGProperty.SSL_PASSWORD.getOrDefault(properties))))),
                new TlsVersions(List.of(properties.getProperty(VERSIONS).split(","))),
                ChannelBinding.PREFER);
    }

    private static Optional<Path> path(@Nullable String text) {
        return Optional.ofNullable(text).map(Path::of);
    }

    /** What a failure to connect says of the files that the settings name; empty: nothing. */
    static Optional<String> unusable(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnusableException) {
                return Optional.of(String.valueOf(cause.getMessage()));
            }
        }
        return Optional.empty();
    }

    @Override
    public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
        SSLSocket socket = (SSLSocket) policy.context().getSocketFactory().createSocket(plain, host, port, autoClose);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(policy.versions().names().toArray(String[]::new));
        if (policy.verifiesHost()) {
            parameters.setEndpointIdentificationAlgorithm(TlsPolicy.HOST_CHECK);
        }
        socket.setSSLParameters(parameters);
        return socket;
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return policy.context().getSocketFactory().getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return policy.context().getSocketFactory().getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("pgjdbc connects by itself");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        return createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException("pgjdbc connects by itself");
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        return createSocket(address, port);
    }
}
