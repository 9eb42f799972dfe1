package dev.hotcold.app.command;

import dev.hotcold.app.Backends;
import dev.hotcold.app.StartFailure;
import dev.hotcold.app.console.Console;
import dev.hotcold.app.console.Environment;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.app.lifecycle.Shutdown;
import dev.hotcold.app.training.TrainedService;
import dev.hotcold.app.training.TrainingLoad;
import dev.hotcold.app.training.TrainingUsers;
import dev.hotcold.config.Config;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * A training run: the service in a JVM of its own, under load for some seconds. When that JVM ends it writes down what it
 * has learnt, if its options say so; with that the service starts sooner.
 */
@Command(
        name = "train",
        hidden = true,
        description = "Run COMMAND, a service, on embedded servers under load for some seconds, and end it.")
final class TrainCommand implements Callable<Integer> {

    private static final int USERS = 20_000;

    @Parameters(index = "0", paramLabel = "DIRECTORY", description = "Where the embedded PostgreSQL keeps its data.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path directory;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND", description = "Starts the service; after --.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private List<String> command;

    @Override
    public Integer call() throws InterruptedException {
        // Not the environment: the settings of the build machine have no part in this.
        Loaded loaded =
                ConfigLoader.load(Map.of("LOCAL_DATA_DIR", directory.toString(), "PORT", "0", "MANAGEMENT_PORT", "0"));
        if (!(loaded instanceof Loaded.Valid valid)) {
            return Environment.WRONG_SETTINGS;
        }
        try {
            train(new Backends(Shutdown.ofProcess(), System.out).start(valid.config(), false));
            return 0;
        } catch (StartFailure | SQLException | IOException failure) {
            Console.error(String.valueOf(failure.getMessage()));
            return 1;
        }
    }

    private void train(Config config) throws StartFailure, SQLException, IOException, InterruptedException {
        try (TrainingUsers users =
                        TrainingUsers.insert(new PostgresJdbc(config.stores().postgres()), USERS);
                TrainedService service = TrainedService.start(command, config)) {
            int port = service.awaitPort();
            users.startChanging();
            long answered = new TrainingLoad(port, USERS).run();
            System.out.println(answered + " requests answered");
            service.end();
        }
    }
}
