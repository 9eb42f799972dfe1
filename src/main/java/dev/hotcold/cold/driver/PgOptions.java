package dev.hotcold.cold.driver;

import dev.hotcold.cold.trust.TlsPolicy;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.util.HashMap;
import java.util.LinkedHashSet;

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
        tls.setTrustOptions(TrustOptions.wrap(policy.server()));
        policy.client().ifPresent(key -> tls.setKeyCertOptions(KeyCertOptions.wrap(key)));
        tls.setHostnameVerificationAlgorithm(policy.verifiesHost() ? TlsPolicy.HOST_CHECK : "");
        tls.setEnabledSecureTransportProtocols(
                new LinkedHashSet<>(policy.versions().names()));
        return new PgConnectOptions(plain).setSslMode(SslMode.REQUIRE).setSslOptions(tls);
    }
}
