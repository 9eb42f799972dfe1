package dev.hotcold.http;

import dev.hotcold.http.access.Credentials;
import dev.hotcold.http.access.TlsIdentity;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Vert.x's options for the public server. */
final class ServerOptions {

    private static final int ACCEPT_BACKLOG = 4096;

    /** Vert.x's name for any free port that all event loops share; with 0 each loop would get a port of its own. */
    private static final int ANY_SHARED_PORT = -1;

    /** The longest TLS handshake where there is no read timeout, or a longer one. */
    private static final Duration MAX_HANDSHAKE = Duration.ofSeconds(10);

    /** Those of TLS 1.3, and for TLS 1.2 what RFC 9325 recommends: forward secrecy (ECDHE) and authenticated encryption. */
    private static final List<String> CIPHER_SUITES = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private static final Set<String> TLS_VERSIONS = Set.of("TLSv1.2", "TLSv1.3");

    private ServerOptions() {}

    /** Those of TLS, for a server whose identity changes while it runs. */
    static ServerSSLOptions encryption(TlsIdentity identity, Duration readTimeout) {
        HttpServerOptions options = new HttpServerOptions();
        encrypt(options, identity, readTimeout);
        return options.getSslOptions();
    }

    static HttpServerOptions of(HttpSettings settings, Credentials credentials) {
        HttpLimits limits = settings.limits();
        HttpServerOptions options = new HttpServerOptions()
                .setPort(settings.port() == 0 ? ANY_SHARED_PORT : settings.port())
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setIdleTimeout(Math.toIntExact(settings.timeouts().idle().toSeconds()))
                .setHttp2ClearTextEnabled(true)
                .setMaxInitialLineLength(limits.requestLineBytes())
                .setMaxHeaderSize(limits.headerBytes())
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(limits.streams())
                        .setMaxHeaderListSize(limits.headerBytes()))
                .setAcceptBacklog(ACCEPT_BACKLOG)
                .setTcpUserTimeout(userTimeout(settings.timeouts().write()))
                .setStrictThreadMode(true)
                // There are no WebSockets, so each connection is spared the handlers for them.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false);
        credentials
                .identity()
                .ifPresent(identity ->
                        encrypt(options, identity, settings.timeouts().read()));
        return options;
    }

    /**
     * Twice the write limit, for what only the kernel still holds: it is out of sight of the sweeps. These come first where both
     * could, although the kernel goes on to take bytes for a while from a client that takes none.
     *
     * @return milliseconds; 0 = no limit
     */
    private static int userTimeout(Duration write) {
        return Math.toIntExact(write.multipliedBy(2).toMillis());
    }

    private static void encrypt(HttpServerOptions options, TlsIdentity identity, Duration readTimeout) {
        boolean shorter = readTimeout.isPositive() && readTimeout.compareTo(MAX_HANDSHAKE) < 0;
        options.setSsl(true)
                .setUseAlpn(true)
                .setClientAuth(identity.clients().isPresent() ? ClientAuth.REQUIRED : ClientAuth.NONE)
                .setEnabledSecureTransportProtocols(TLS_VERSIONS)
                .setKeyCertOptions(identity.identity())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setSslHandshakeTimeout((shorter ? readTimeout : MAX_HANDSHAKE).toMillis());
        CIPHER_SUITES.forEach(options::addEnabledCipherSuite);
        identity.clients().ifPresent(options::setTrustOptions);
    }
}
