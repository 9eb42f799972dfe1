package dev.hotcold.cold.driver;

import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.TrustManagerFactory;

/** Translates settings for the Vert.x PostgreSQL client. */
final class PgOptions {

    /** No more than poolers let pass; the driver's own choice has a parameter that PgBouncer refuses by default. */
    private static final Map<String, String> START_UP =
            Map.of("application_name", "hotcold-user-api", "client_encoding", "UTF8");

    private PgOptions() {}

    static PgConnectOptions of(PostgresEndpoint endpoint, PostgresTrust trust) {
        PgConnectOptions options = new PgConnectOptions()
                .setHost(endpoint.host())
                .setPort(endpoint.port())
                .setDatabase(endpoint.database())
                .setUser(endpoint.user())
                .setCachePreparedStatements(true)
                .setPipeliningLimit(1)
                .setSslMode(sslMode(trust.sslMode()))
                .setProperties(new HashMap<>(START_UP));
        endpoint.password().ifPresent(options::setPassword);
        if (trust.sslMode() != PostgresTrust.SslMode.DISABLE) {
            options.setSslOptions(tls(trust));
        }
        return options;
    }

    private static ClientSSLOptions tls(PostgresTrust trust) {
        ClientSSLOptions tls = new ClientSSLOptions();
        boolean verify = switch (trust.sslMode()) {
            case VERIFY_CA, VERIFY_FULL -> true;
            case DISABLE, PREFER, REQUIRE -> false;
        };
        tls.setTrustAll(!verify);
        tls.setHostnameVerificationAlgorithm(trust.sslMode() == PostgresTrust.SslMode.VERIFY_FULL ? "HTTPS" : "");
        if (verify) {
            tls.setTrustOptions(trust.rootCertificate()
                    .<TrustOptions>map(pem -> new PemTrustOptions().addCertPath(pem.toString()))
                    .orElseGet(PgOptions::authoritiesOfTheJdk));
        }
        return tls;
    }

    /** The driver refuses to verify without knowing whom to trust. */
    private static TrustOptions authoritiesOfTheJdk() {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            return TrustOptions.wrap(factory.getTrustManagers()[0]);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's own authorities cannot be read", e);
        }
    }

    private static SslMode sslMode(PostgresTrust.SslMode mode) {
        return switch (mode) {
            case DISABLE -> SslMode.DISABLE;
            case PREFER -> SslMode.PREFER;
            case REQUIRE -> SslMode.REQUIRE;
            case VERIFY_CA -> SslMode.VERIFY_CA;
            case VERIFY_FULL -> SslMode.VERIFY_FULL;
        };
    }
}
