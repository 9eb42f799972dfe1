package dev.hotcold.cold;

import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;

/** Translates settings for the Vert.x PostgreSQL client. */
final class PgOptions {

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
                .addProperty("application_name", "hotcold-user-api");
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
        settings.rootCertificate()
                .ifPresent(pem -> tls.setTrustOptions(new PemTrustOptions().addCertPath(pem.toString())));
        return tls;
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
