package dev.hotcold.app;

import dev.hotcold.config.Loaded;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Asks a running service on this machine whether it is alive: for containers without a shell. */
@Command(name = "healthcheck", hidden = true, description = "Exit 0 when the service on PORT is alive.")
final class HealthcheckCommand implements Callable<Integer> {

    private static final int TIMEOUT_MILLIS = 2000;

    @Override
    public Integer call() {
        Optional<Loaded.Valid> loaded = Environment.load(System.err);
        if (loaded.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        int port = loaded.get().config().http().port();
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + "/healthz").toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            return connection.getResponseCode() == HttpURLConnection.HTTP_OK ? 0 : 1;
        } catch (IOException failure) {
            System.err.println("error: no answer on port " + port + ": " + failure.getMessage());
            return 1;
        }
    }
}
