package dev.hotcold.app.command;

import dev.hotcold.app.Backends;
import dev.hotcold.app.Service;
import dev.hotcold.app.StartFailure;
import dev.hotcold.app.console.Console;
import dev.hotcold.app.console.Environment;
import dev.hotcold.app.lifecycle.Shutdown;
import dev.hotcold.config.Config;
import dev.hotcold.config.Loaded;
import dev.hotcold.local.LocalServers;
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
        Optional<Loaded.Valid> loaded = Environment.loadWithFiles();
        if (loaded.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        Config config = loaded.get().config();
        if (demo && !config.stores().postgres().isEmbedded()) {
            Console.error("--demo writes users and is only for the embedded PostgreSQL; unset DATABASE_URL.");
            return Environment.WRONG_SETTINGS;
        }
        Shutdown shutdown = Shutdown.ofProcess();
        Service service;
        shutdown.startBegins(LocalServers::giveUpStarting);
        try {
            service = Service.start(new Backends(shutdown, System.out).start(config, demo));
            shutdown.first(() -> stop(service, shutdown));
            if (!shutdown.isUnderWay()) {
                Banner.print(System.out, service, demo);
            }
        } catch (StartFailure failure) {
            if (!shutdown.isUnderWay()) {
                Console.error(String.valueOf(failure.getMessage()));
            }
            return 1;
        } finally {
            shutdown.startEnds();
        }
        service.awaitEndOfALoop();
        return 1;
    }

    private static void stop(Service service, Shutdown shutdown) {
        if (shutdown.mayDelay()) {
            shutdown.delay(service.announceEnd());
        }
        service.close();
    }
}
