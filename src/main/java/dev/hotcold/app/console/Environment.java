package dev.hotcold.app.console;

import dev.hotcold.app.Backends;
import dev.hotcold.app.files.SettingFiles;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.config.Config;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import dev.hotcold.config.Problem;
import dev.hotcold.hot.RedisSettings;
import dev.hotcold.local.RunningServers;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Loads the settings for a command and prints what is wrong with them. */
public final class Environment {

    /** Exit code for wrong settings. */
    public static final int WRONG_SETTINGS = 2;

    /** What a command connects to. */
    public enum Store {
        POSTGRES,
        REDIS
    }

    private Environment() {}

    /** Reads the process environment; empty when the settings are wrong, and then the problems are printed. */
    public static Optional<Loaded.Valid> load() {
        Optional<Loaded.Valid> loaded = loadInSilence();
        loaded.ifPresent(valid -> valid.warnings().forEach(Console::warning));
        return loaded;
    }

    /** The same for a command that tells by itself what is odd but harmless. */
    public static Optional<Loaded.Valid> loadInSilence() {
        Loaded loaded = ConfigLoader.load(System.getenv());
        return switch (loaded) {
            case Loaded.Valid valid -> Optional.of(valid);
            case Loaded.Invalid invalid -> {
                invalid.warnings().forEach(Console::warning);
                for (Problem problem : invalid.problems()) {
                    Console.error(problem.text());
                }
                yield Optional.empty();
            }
        };
    }

    /** The same, and reads the files that the settings name. */
    public static Optional<Loaded.Valid> loadWithFiles() {
        Optional<Loaded.Valid> loaded = load();
        List<String> problems =
                loaded.map(valid -> SettingFiles.problems(valid.config())).orElse(List.of());
        problems.forEach(Console::error);
        return problems.isEmpty() ? loaded : Optional.empty();
    }

    /**
     * The same for a command that connects to stores: for those that are unset, the embedded ones of the service that runs with
     * these settings.
     *
     * @param needed without which the command has nothing to do
     */
    public static Optional<Config> load(Set<Store> needed) {
        return load().flatMap(valid -> withRunning(valid.config(), needed));
    }

    /** The settings with the embedded servers of the service that runs with them, for what is unset. */
    public static Config withRunning(Config config) {
        Config.Stores set = config.stores();
        if (!set.postgres().isEmbedded() && !set.redis().isEmbedded()) {
            return config;
        }
        RunningServers running = RunningServers.find(Backends.directory(config));
        PostgresSettings postgres = set.postgres().isEmbedded()
                ? running.postgresPort().stream()
                        .mapToObj(set.postgres()::onPort)
                        .findFirst()
                        .orElse(set.postgres())
                : set.postgres();
        RedisSettings redis = set.redis().isEmbedded()
                ? running.redisPort().stream()
                        .mapToObj(set.redis()::onPort)
                        .findFirst()
                        .orElse(set.redis())
                : set.redis();
        return config.with(new Config.Stores(postgres, redis));
    }

    private static Optional<Config> withRunning(Config config, Set<Store> needed) {
        Config found = withRunning(config);
        Path directory = Backends.directory(config);
        boolean isComplete = true;
        if (needed.contains(Store.POSTGRES) && found.stores().postgres().isEmbedded()) {
            Console.error(missing("DATABASE_URL", "PostgreSQL", directory));
            isComplete = false;
        }
        if (needed.contains(Store.REDIS) && found.stores().redis().isEmbedded()) {
            Console.error(missing("REDIS_ADDR", "Redis", directory));
            isComplete = false;
        }
        return isComplete ? Optional.of(found) : Optional.empty();
    }

    private static String missing(String setting, String server, Path directory) {
        return setting + " is not set, and no service with an embedded " + server + " runs on " + directory
                + " (LOCAL_DATA_DIR, PORT)";
    }
}
