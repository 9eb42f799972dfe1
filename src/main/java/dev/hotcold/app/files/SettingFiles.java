package dev.hotcold.app.files;

import dev.hotcold.config.Config;
import dev.hotcold.http.access.AccessSettings;
import dev.hotcold.http.access.Credentials;
import dev.hotcold.http.access.UnusableFileException;
import dev.hotcold.tls.AuthorityFile;
import dev.hotcold.tls.Pem;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads the files that settings name, but for those in URLs, which are read with the settings. Blocks. */
public final class SettingFiles {

    private static final FileSystemOptions NO_FILES =
            new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false);

    private SettingFiles() {}

    /** What is wrong with them, each with its setting and file; never what they hold. */
    public static List<String> problems(Config config) {
        Optional<Path> authority = config.stores().redis().endpoint().authority();
        return Stream.of(access(config.serving().http().access()), authority.flatMap(SettingFiles::redis))
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<String> access(AccessSettings settings) {
        if (settings.tls().isEmpty() && settings.apiKeys().isEmpty()) {
            return Optional.empty();
        }
        // Vert.x reads keys for none without it.
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setFileSystemOptions(NO_FILES));
        try (Credentials _ = Credentials.load(settings, vertx)) {
            return Optional.empty();
        } catch (UnusableFileException unusable) {
            return Optional.ofNullable(unusable.getMessage());
        } finally {
            vertx.close().await();
        }
    }

    private static Optional<String> redis(Path authority) {
        try {
            var _ = Pem.certificates(AuthorityFile.open(authority), authority);
            return Optional.empty();
        } catch (IOException unusable) {
            return Optional.of("REDIS_TLS_CA_FILE: " + unusable.getMessage());
        }
    }
}
