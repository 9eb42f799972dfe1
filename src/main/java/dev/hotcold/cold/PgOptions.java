package dev.hotcold.cold;

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

    static PgConnectOptions of(PostgresSettings settings) {
        PgConnectOptions options = new PgConnectOptions()
                .setHost(settings.host())
                .setPort(settings.port())
                .setDatabase(settings.database())
                .setUser(settings.user())
                .setCachePreparedStatements(true)
                .setPipeliningLimit(1)
                .setSslMode(sslMode(settings.sslMode()))
                .setProperties(new HashMap<>(START_UP));
        settings.password().ifPresent(options::setPassword);
        if (settings.sslMode() != PostgresSettings.SslMode.DISABLE) {
            options.setSslOptions(tls(settings));
        }
        return options;
    }

    private static ClientSSLOptions tls(PostgresSettings settings) {
        ClientSSLOptions tls = new ClientSSLOptions();
        boolean verify = switch (settings.sslMode()) {
            case VERIFY_CA, VERIFY_FULL -> true;
            case DISABLE, PREFER, REQUIRE -> false;
        };
        tls.setTrustAll(!verify);
        tls.setHostnameVerificationAlgorithm(settings.sslMode() == PostgresSettings.SslMode.VERIFY_FULL ? "HTTPS" : "");
        if (verify) {
            tls.setTrustOptions(settings.rootCertificate()
                    .<TrustOptions>map(pem -> new PemTrustOptions().addCertPath(pem.toString()))
                    .orElseGet(PgOptions::authoritiesOfTheJdk));
        }
        return tls;
    }

    /** The driver refuses to verify without being told whom to trust. */
    private static TrustOptions authoritiesOfTheJdk() {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            return TrustOptions.wrap(factory.getTrustManagers()[0]);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's own authorities cannot be read", e);
        }
    }

    private static SslMode sslMode(PostgresSettings.SslMode mode) {
        return switch (mode) {
            case DISABLE -> SslMode.DISABLE;
            case PREFER -> SslMode.PREFER;
            case REQUIRE -> SslMode.REQUIRE;
            case VERIFY_CA -> SslMode.VERIFY_CA;
            case VERIFY_FULL -> SslMode.VERIFY_FULL;
        };
    }
}
