package dev.hotcold.cold.driver;

import dev.hotcold.cold.trust.TlsPolicy;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.core.spi.tls.DefaultSslContextFactory;
import io.vertx.core.spi.tls.SslContextFactory;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.util.HashMap;
import java.util.LinkedHashSet;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/** Translates settings for the Vert.x PostgreSQL client. */
final class PgOptions {

    private PgOptions() {}

    /** Without encryption. */
    static PgConnectOptions plain(PostgresEndpoint endpoint) {
        PgConnectOptions options = new PgConnectOptions()
                .setHost(endpoint.host())
                .setPort(endpoint.port())
                .setDatabase(endpoint.database())
                .setUser(endpoint.user())
                .setCachePreparedStatements(true)
                .setPipeliningLimit(1)
                .setSslMode(SslMode.DISABLE)
                // The driver's own choice has a parameter that PgBouncer refuses by default.
                .setProperties(new HashMap<>(endpoint.session().startUp()));
        endpoint.password().ifPresent(options::setPassword);
        return options;
    }

    /** The same with encryption. What the policy leaves out is not verified; the driver adds nothing of its own. */
    static PgConnectOptions encrypted(PgConnectOptions plain, TlsPolicy policy) {
        ClientSSLOptions tls = new ClientSSLOptions();
        tls.setTrustOptions(TrustOptions.wrap(policy.server(plain.getHost())));
        policy.client().ifPresent(key -> tls.setKeyCertOptions(KeyCertOptions.wrap(key)));
        // The policy looks at the name too.
        tls.setHostnameVerificationAlgorithm("");
        tls.setEnabledSecureTransportProtocols(
                new LinkedHashSet<>(policy.versions().names()));
        return new PgConnectOptions(plain).setSslMode(SslMode.REQUIRE).setSslOptions(tls);
    }

    /** The JDK's engines, which tell the server by which name it was called, as libpq does: the driver never does so itself. */
    static final class NamingEngine extends JdkSSLEngineOptions {

        private final String host;

        NamingEngine(String host) {
            this.host = host;
        }

        @Override
        public NamingEngine copy() {
            return new NamingEngine(host);
        }

        @Override
        public SslContextFactory sslContextFactory() {
            return new DefaultSslContextFactory(SslProvider.JDK, false) {
                @Override
                public SslContext create() throws SSLException {
                    return naming(super.create(), host);
                }
            };
        }

        private static SslContext naming(SslContext context, String host) {
            return new DelegatingSslContext(context) {
                @Override
                protected void initEngine(SSLEngine engine) {
                    SSLParameters parameters = engine.getSSLParameters();
                    parameters.setServerNames(TlsPolicy.indication(host));
                    engine.setSSLParameters(parameters);
                }
            };
        }
    }
}
