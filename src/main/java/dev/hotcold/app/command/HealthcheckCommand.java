package dev.hotcold.app.command;

import dev.hotcold.app.console.Console;
import dev.hotcold.app.console.Environment;
import dev.hotcold.config.Loaded;
import dev.hotcold.ops.ManagementSettings;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Probes a running service on this machine: for containers without a shell. It requests the management port:
 * the public one may be flooded, or want a client's certificate.
 */
@Command(name = "healthcheck", hidden = true, description = "Exit 0 when the service is alive.")
final class HealthcheckCommand implements Callable<Integer> {

    private static final int TIMEOUT_MILLIS = 2000;

    @Override
    public Integer call() {
        Optional<Loaded.Valid> loaded = Environment.load();
        if (loaded.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        ManagementSettings management = loaded.get().config().serving().management();
        String host = reachable(management.host());
        int port = management.port();
        try {
            HttpURLConnection connection = (HttpURLConnection) new URI("http", null, host, port, "/healthz", null, null)
                    .toURL()
                    .openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            return connection.getResponseCode() == HttpURLConnection.HTTP_OK ? 0 : 1;
        } catch (IOException | URISyntaxException failure) {
            Console.error("no answer on port " + port + ": " + failure.getMessage());
            return 1;
        }
    }

    /** A service that listens on all addresses is probed on the loopback one. */
    private static String reachable(String host) {
        return switch (host) {
            case "0.0.0.0", "::" -> "127.0.0.1";
            default -> host;
        };
    }
}
