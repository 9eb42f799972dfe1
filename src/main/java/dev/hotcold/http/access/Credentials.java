package dev.hotcold.http.access;

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
 * The certificate of the public server and the keys of its callers, read again when their files change. A change that cannot be
 * used is logged once, and the previous content stays in effect. Thread-safe; files are watched on a thread of its own.
 */
public final class Credentials implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);
    private static final long CHECK_SECONDS = 2;

    private final InstantSource clock;
    private final List<Reloadable<?>> reloadables = new CopyOnWriteArrayList<>();
    private final List<Consumer<TlsIdentity>> onIdentity = new CopyOnWriteArrayList<>();
    private final @Nullable Reloadable<TlsIdentity> identity;
    private final @Nullable Reloadable<ApiKeys> apiKeys;
    private @Nullable ScheduledExecutorService thread;

    private Credentials(AccessSettings settings, Vertx vertx, InstantSource clock) throws UnusableFileException {
        this.clock = clock;
        Optional<TlsSettings> tls = settings.tls();
        this.identity = tls.isEmpty()
                ? null
                : new Reloadable<>(
                        "the certificate of TLS_CERT_FILE",
                        TlsIdentity.files(tls.get()),
                        () -> TlsIdentity.load(tls.get(), vertx),
                        this::identityChanged);
        if (identity != null) {
            reloadables.add(identity);
            warnOfExpiry(identity.current());
        }
        Optional<WatchedFile> keyFile = settings.apiKeys().map(path -> new WatchedFile("API_KEYS_FILE", path));
        this.apiKeys = keyFile.isEmpty()
                ? null
                : new Reloadable<>(
                        "the keys of API_KEYS_FILE",
                        List.of(keyFile.get()),
                        () -> ApiKeys.load(keyFile.get()),
                        changed -> {});
        if (apiKeys != null) {
            reloadables.add(apiKeys);
        }
    }

    /** Reads the files. Blocks. */
    public static Credentials load(AccessSettings settings, Vertx vertx) throws UnusableFileException {
        return new Credentials(settings, vertx, InstantSource.system());
    }

    /**
     * Begins to check every two seconds whether the files have changed, and every day whether the certificate expires soon.
     * Does nothing without files.
     */
    public void watch() {
        if (reloadables.isEmpty()) {
            return;
        }
        thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("http-credentials").daemon().factory());
        var _ = thread.scheduleWithFixedDelay(
                () -> reloadables.forEach(Reloadable::check), CHECK_SECONDS, CHECK_SECONDS, TimeUnit.SECONDS);
        if (identity != null) {
            var _ = thread.scheduleWithFixedDelay(() -> warnOfExpiry(identity.current()), 1, 1, TimeUnit.DAYS);
        }
    }

    /** Stops watching. */
    @Override
    public void close() {
        if (thread != null) {
            thread.shutdownNow();
        }
    }

    /** Whether the server speaks HTTPS. */
    public boolean usesTls() {
        return identity != null;
    }

    /** The certificate in effect; empty: the server speaks plain HTTP. */
    public Optional<TlsIdentity> identity() {
        return identity == null ? Optional.empty() : Optional.of(identity.current());
    }

    /** Supplies the keys in effect; empty: callers need none. */
    public Optional<Supplier<ApiKeys>> apiKeys() {
        return apiKeys == null ? Optional.empty() : Optional.of(apiKeys::current);
    }

    /**
     * Adds a listener.
     *
     * @param listener called with each identity that replaces the one in effect, on the thread that reads files
     */
    public void onIdentity(Consumer<TlsIdentity> listener) {
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
