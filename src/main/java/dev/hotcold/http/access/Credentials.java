package dev.hotcold.http.access;

import io.vertx.core.Vertx;
import io.vertx.core.net.TrustOptions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
 * The certificate of the public server, the authorities of its clients and the keys of its callers, read again when their files
 * change. Thread-safe; each is watched on a thread of its own, so that a file that hangs keeps none of the others from being
 * read.
 */
public final class Credentials implements CredentialStatus, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);
    private static final long CHECK_SECONDS = 2;

    static {
        // A client could have handshakes done over and over on one connection. Read by the JDK before its first
        // handshake.
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    private final InstantSource clock;
    private final Map<Kind, Reloadable<?>> reloadables = new EnumMap<>(Kind.class);
    private final List<Consumer<TlsIdentity>> onIdentity = new CopyOnWriteArrayList<>();
    private final @Nullable Reloadable<TlsIdentity> certificate;
    private final @Nullable Reloadable<TrustOptions> clients;
    private final @Nullable Reloadable<ApiKeys> apiKeys;
    private final List<ScheduledExecutorService> threads = new ArrayList<>();
    private volatile boolean notInUse;

    private Credentials(AccessSettings settings, Vertx vertx, InstantSource clock) throws UnusableFileException {
        this.clock = clock;
        TlsSettings tls = settings.tls().orElse(null);
        this.certificate = tls == null ? null : certificate(tls, vertx);
        if (certificate != null) {
            reloadables.put(Kind.CERTIFICATE, certificate);
            warnOfExpiry();
        }
        WatchedFile authorities = settings.tls()
                .flatMap(TlsSettings::clientAuthority)
                .map(path -> new WatchedFile("TLS_CLIENT_CA_FILE", path))
                .orElse(null);
        this.clients = authorities == null ? null : clients(authorities);
        if (clients != null) {
            reloadables.put(Kind.CLIENT_AUTHORITY, clients);
        }
        WatchedFile keys = settings.apiKeys()
                .map(path -> new WatchedFile("API_KEYS_FILE", path))
                .orElse(null);
        this.apiKeys = keys == null ? null : apiKeys(keys);
        if (apiKeys != null) {
            reloadables.put(Kind.API_KEYS, apiKeys);
        }
    }

    private Reloadable<TlsIdentity> certificate(TlsSettings tls, Vertx vertx) throws UnusableFileException {
        return new Reloadable<>(
                "the certificate of TLS_CERT_FILE",
                TlsIdentity.files(tls),
                (current, settled) -> Optional.of(
                        current == null
                                ? TlsIdentity.load(tls, vertx)
                                : TlsIdentity.reload(tls, vertx, current, clock.instant())),
                Optional.empty(),
                changed -> {
                    warnOfExpiry();
                    identityChanged();
                },
                System::nanoTime);
    }

    private Reloadable<TrustOptions> clients(WatchedFile file) throws UnusableFileException {
        return new Reloadable<>(
                "the authorities of TLS_CLIENT_CA_FILE",
                List.of(file),
                (current, settled) -> Optional.of(ClientAuthorities.load(file)),
                Optional.of(ClientAuthorities.NOBODY),
                changed -> identityChanged(),
                System::nanoTime);
    }

    private static Reloadable<ApiKeys> apiKeys(WatchedFile file) throws UnusableFileException {
        return new Reloadable<>(
                "the keys of API_KEYS_FILE",
                List.of(file),
                (current, settled) -> {
                    ApiKeys read = current == null ? ApiKeys.load(file) : ApiKeys.reload(file);
                    // An editor may have emptied the file to fill it in a moment.
                    return read.isEmpty() && !settled ? Optional.empty() : Optional.of(read);
                },
                Optional.of(ApiKeys.NONE),
                changed -> {
                    if (changed.isEmpty()) {
                        LOG.warn("Every lookup gets 401: no key of API_KEYS_FILE is in effect");
                    }
                },
                System::nanoTime);
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
        reloadables.forEach((kind, reloadable) -> {
            ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform()
                    .name("http-" + kind.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .daemon()
                    .factory());
            threads.add(thread);
            reloadable.begin();
            var _ = thread.scheduleWithFixedDelay(reloadable::check, CHECK_SECONDS, CHECK_SECONDS, TimeUnit.SECONDS);
            if (kind == Kind.CERTIFICATE) {
                var _ = thread.scheduleWithFixedDelay(this::warnOfExpiry, 1, 1, TimeUnit.DAYS);
            }
        });
    }

    /** Stops watching. */
    @Override
    public void close() {
        threads.forEach(ScheduledExecutorService::shutdownNow);
    }

    /** Whether the server speaks HTTPS. */
    public boolean usesTls() {
        return certificate != null;
    }

    /** The certificate in effect; empty: the server speaks plain HTTP. */
    public Optional<TlsIdentity> identity() {
        if (certificate == null) {
            return Optional.empty();
        }
        TlsIdentity own = certificate.current();
        return Optional.of(clients == null ? own : own.forClientsOf(clients.current()));
    }

    /** Supplies the keys in effect; empty: callers need none. */
    public Optional<Supplier<ApiKeys>> apiKeys() {
        return apiKeys == null ? Optional.empty() : Optional.of(apiKeys::current);
    }

    /**
     * Adds a listener.
     *
     * @param listener called with each identity that replaces the one in effect, on a thread that reads files
     */
    public void onIdentity(Consumer<TlsIdentity> listener) {
        onIdentity.add(listener);
    }

    /** A server could not use an identity that it was given. Any thread. */
    public void identityRefused(Throwable failure) {
        notInUse = true;
        LOG.error("The new certificate is not in use", failure);
    }

    @Override
    public Optional<String> problem(Kind kind) {
        Reloadable<?> reloadable = reloadables.get(kind);
        if (reloadable == null) {
            return Optional.empty();
        }
        return reloadable.problem().or(() -> switch (kind) {
            case CERTIFICATE -> certificateProblem();
            case CLIENT_AUTHORITY -> Optional.empty();
            case API_KEYS ->
                apiKeys != null && apiKeys.current().isEmpty()
                        ? Optional.of("API_KEYS_FILE holds no key: every lookup gets 401")
                        : Optional.empty();
        });
    }

    private Optional<String> certificateProblem() {
        if (notInUse) {
            return Optional.of("the new certificate is not in use: restart the service");
        }
        return certificate == null
                ? Optional.empty()
                : certificate.current().invalid(clock.instant()).map("the certificate of TLS_CERT_FILE "::concat);
    }

    @Override
    public long failures(Kind kind) {
        Reloadable<?> reloadable = reloadables.get(kind);
        return reloadable == null ? 0 : reloadable.failures();
    }

    @Override
    public double secondsSinceCheck(Kind kind) {
        Reloadable<?> reloadable = reloadables.get(kind);
        return reloadable == null ? Double.NaN : reloadable.secondsSinceCheck();
    }

    @Override
    public Optional<Instant> certificateEnd() {
        return identity().map(now -> now.certificate().getNotAfter().toInstant());
    }

    /** Called by two threads, and the last call must bring the last identity. */
    private synchronized void identityChanged() {
        notInUse = false;
        identity().ifPresent(next -> onIdentity.forEach(listener -> listener.accept(next)));
    }

    private void warnOfExpiry() {
        if (certificate != null) {
            certificate
                    .current()
                    .expiryWarning(clock.instant())
                    .ifPresent(warning -> LOG.warn("The certificate of TLS_CERT_FILE {}", warning));
        }
    }
}
