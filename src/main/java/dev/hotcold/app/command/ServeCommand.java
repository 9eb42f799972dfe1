package dev.hotcold.app.command;

import dev.hotcold.app.Backends;
import dev.hotcold.app.Service;
import dev.hotcold.app.Shutdown;
import dev.hotcold.app.StartFailure;
import dev.hotcold.config.Config;
import dev.hotcold.config.Loaded;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the service until SIGTERM or Ctrl-C. */
@Command(
        name = "serve",
        description = {
            "Serve until SIGTERM or Ctrl-C.",
            "Uses the servers of DATABASE_URL and REDIS_ADDR; whichever is unset is started here, embedded."
        })
final class ServeCommand implements Callable<Integer> {

    @Option(names = "--demo", description = "Add a few demonstration users. Only with the embedded PostgreSQL.")
    private boolean demo;

    @Override
    public Integer call() throws InterruptedException {
        Optional<Loaded.Valid> loaded = Environment.load();
        if (loaded.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        Config config = loaded.get().config();
        if (demo && !config.stores().postgres().isEmbedded()) {
            Console.error("--demo writes users and is only for the embedded PostgreSQL; unset DATABASE_URL.");
            return Environment.WRONG_SETTINGS;
        }
        Shutdown shutdown = new Shutdown();
        Service service;
        try {
            service = Service.start(new Backends(shutdown, System.out).start(config, demo));
            shutdown.first(service::close);
            Shutdown.exitGracefullyOnSignals();
            Banner.print(System.out, service, demo);
        } catch (StartFailure failure) {
            Console.error(String.valueOf(failure.getMessage()));
            return 1;
        }
        service.awaitEndOfALoop();
        return 1;
    }
}
