package dev.hotcold.http;

import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the public server reads from files, to prove itself and to know its callers, read again when the files change. A
 * change that cannot be used is told to the log once, and what was read before stays in effect. Thread-safe; files are read on a thread of its own.
 */
public final class Credentials implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);
    private static final long CHECK_SECONDS = 2;

    private final InstantSource clock;
    private final List<Reloading<?>> reloadings = new CopyOnWriteArrayList<>();
    private final List<Consumer<TlsIdentity>> onIdentity = new CopyOnWriteArrayList<>();
    private final @Nullable Reloading<TlsIdentity> identity;
    private final @Nullable Reloading<ApiKeys> apiKeys;
    private @Nullable ScheduledExecutorService thread;

    private Credentials(HttpSettings settings, Vertx vertx, InstantSource clock) throws UnusableFileException {
        this.clock = clock;
        Optional<TlsSettings> tls = settings.tls();
        this.identity = tls.isEmpty()
                ? null
                : new Reloading<>(
                        "the certificate of TLS_CERT_FILE",
                        TlsIdentity.files(tls.get()),
                        () -> TlsIdentity.load(tls.get(), vertx),
                        this::identityChanged);
        if (identity != null) {
            reloadings.add(identity);
            warnOfExpiry(identity.current());
        }
        Optional<WatchedFile> keyFile = settings.apiKeys().map(path -> new WatchedFile("API_KEYS_FILE", path));
        this.apiKeys = keyFile.isEmpty()
                ? null
                : new Reloading<>(
                        "the keys of API_KEYS_FILE",
                        List.of(keyFile.get()),
                        () -> ApiKeys.load(keyFile.get()),
                        changed -> {});
        if (apiKeys != null) {
            reloadings.add(apiKeys);
        }
    }

    /** Reads the files; blocks. */
    public static Credentials load(HttpSettings settings, Vertx vertx) throws UnusableFileException {
        return new Credentials(settings, vertx, InstantSource.system());
    }

    /**
     * Begins to look every two seconds whether the files have changed, and every day how long the certificate is valid yet;
     * without files it does nothing.
     */
    public void watch() {
        if (reloadings.isEmpty()) {
            return;
        }
        thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("http-credentials").daemon().factory());
        var _ = thread.scheduleWithFixedDelay(
                () -> reloadings.forEach(Reloading::check), CHECK_SECONDS, CHECK_SECONDS, TimeUnit.SECONDS);
        if (identity != null) {
            var _ = thread.scheduleWithFixedDelay(() -> warnOfExpiry(identity.current()), 1, 1, TimeUnit.DAYS);
        }
    }

    /** Stops looking. */
    @Override
    public void close() {
        if (thread != null) {
            thread.shutdownNow();
        }
    }

    /** Whether the server speaks HTTPS. */
    public boolean areEncrypting() {
        return identity != null;
    }

    /** What the server proves itself with; empty: it speaks plain HTTP. */
    Optional<TlsIdentity> identity() {
        return identity == null ? Optional.empty() : Optional.of(identity.current());
    }

    /** The keys of callers, the present ones whenever asked; empty: callers need none. */
    Optional<Supplier<ApiKeys>> apiKeys() {
        return apiKeys == null ? Optional.empty() : Optional.of(apiKeys::current);
    }

    /** @param listener told of each identity that follows the present one, on the thread that reads files */
    void onIdentity(Consumer<TlsIdentity> listener) {
        onIdentity.add(listener);
    }

    private void identityChanged(TlsIdentity next) {
        warnOfExpiry(next);
        onIdentity.forEach(listener -> listener.accept(next));
    }

    private void warnOfExpiry(TlsIdentity read) {
        read.expiryWarning(clock.instant())
                .ifPresent(warning -> LOG.warn("The certificate of TLS_CERT_FILE {}", warning));
    }
}
