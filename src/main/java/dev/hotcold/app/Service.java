package dev.hotcold.app;

import dev.hotcold.cold.server.ServerPolicy;
import dev.hotcold.config.Config;
import dev.hotcold.freshness.FreshnessProof;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.http.HttpSettings;
import dev.hotcold.http.access.Credentials;
import dev.hotcold.http.access.UnusableFileException;
import dev.hotcold.ops.Health;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running service: one {@link LookupVerticle} per event loop, one loop per core, and the management server on a loop
 * of its own.
 *
 * <p>Not thread-safe: started and stopped from one thread that may block.
 */
public final class Service implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    /** How long clients have to send one more request on each connection, whose response announces the close. */
    private static final Duration DRAIN = Duration.ofMillis(1500);

    /** How long readiness waits for the change feed, which serves no request but may flush the cache as it begins. */
    private static final Duration FIRST_OUTCOME = Duration.ofSeconds(2);

    static final String INTERRUPTED = "the start was interrupted";

    private static final Duration CLOSE = Duration.ofSeconds(3);

    /**
     * What SHUTDOWN_DELAY_SEC is by itself: HAProxy's own three checks, two seconds apart, and a second more. Docker kills
     * three seconds later.
     */
    private static final Duration NOTICE = Duration.ofSeconds(7);

    private final Optional<Duration> shutdownDelay;
    private final Vertx vertx;
    private final RedisResources redisResources;
    private final Credentials credentials;
    private final CacheUpkeep upkeep;
    private final Operations operations;
    private final List<LookupVerticle> verticles;
    private final CountDownLatch loopEnded;
    private volatile boolean closing;

    private Service(Config config, SocketTransport transport, Vertx vertx, Credentials credentials, int loops) {
        this.shutdownDelay = config.serving().shutdownDelay();
        this.vertx = vertx;
        this.loopEnded = EventLoops.firstToEnd(vertx);
        this.credentials = credentials;
        this.redisResources = new RedisResources(transport.isIoUring());
        ServerPolicy servers =
                new ServerPolicy(config.stores().postgres().endpoint().servers().target());
        this.upkeep = new CacheUpkeep(config, redisResources, servers);
        this.operations = new Operations(config.serving().management(), vertx, upkeep, credentials);
        LookupVerticle.Shared shared = new LookupVerticle.Shared(
                redisResources,
                servers,
                upkeep,
                operations.metrics(),
                operations.refusals(),
                operations.health(),
                credentials);
        this.verticles = IntStream.range(0, loops)
                .mapToObj(index -> new LookupVerticle(config, index, loops, shared))
                .toList();
        operations.watchProofs(verticles.stream()
                .<Supplier<Optional<FreshnessProof>>>map(verticle -> verticle::proof)
                .toList());
    }

    /**
     * Starts serving. Comes up without Redis or PostgreSQL, and says so in its health.
     *
     * @throws StartFailure when a port cannot be listened on, a file of the settings cannot be used, or the thread is interrupted
     */
    public static Service start(Config config) throws StartFailure {
        int loops = loops(
                Runtime.getRuntime().availableProcessors(),
                config.stores().postgres().pool().maxConnections());
        SocketTransport transport = SocketTransport.choose(config.serving().ioUring());
        Vertx vertx = transport.newVertx(loops + 1);
        transport.tell(loops, config.serving().ioUring());
        Credentials credentials = credentials(config.serving().http(), vertx);
        int wanted = config.serving().http().limits().connections();
        int connections = Math.min(
                FileDescriptors.ofProcess(config, loops).clientsOrWarn(wanted),
                HeapPlan.ofProcess(config, loops).clientsOrWarn(wanted));
        Service service = new Service(config.withConnections(connections), transport, vertx, credentials, loops);
        try {
            java.util.concurrent.Future<Optional<String>> problemOfTable = CacheUpkeep.problemOfTable(config);
            CacheUpkeep.checkPrerequisites(config);
            service.listen(config.serving().http());
            if (Thread.currentThread().isInterrupted()) {
                throw new StartFailure(INTERRUPTED);
            }
            // Not before: an instance that cannot listen must not take the feed from one that serves.
            service.upkeep.startChangeFeed(service.lookups());
            service.upkeep.awaitFirstOutcome(FIRST_OUTCOME);
            refuseTable(problemOfTable);
            service.health().enter(Health.Phase.READY);
            service.upkeep.startVerification();
            credentials.watch();
            return service;
        } catch (StartFailure failure) {
            // Closing waits, and is to: an interrupt was for the start.
            boolean interrupted = Thread.interrupted();
            service.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            throw failure;
        }
    }

    /** A table in which no user can be found is refused; a PostgreSQL that does not say so in time is not. */
    private static void refuseTable(java.util.concurrent.Future<Optional<String>> problem) throws StartFailure {
        try {
            Optional<String> found = problem.get(FIRST_OUTCOME.toMillis(), TimeUnit.MILLISECONDS);
            if (found.isPresent()) {
                throw new StartFailure(found.get());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new StartFailure(INTERRUPTED);
        } catch (ExecutionException | TimeoutException unknown) {
            LOG.debug("Whether the table can be used is not known yet", unknown);
        }
    }

    private List<Supplier<Future<Boolean>>> lookups() {
        return verticles.stream()
                .<Supplier<Future<Boolean>>>map(verticle -> verticle::reachesPostgres)
                .toList();
    }

    /** The public port. */
    public int port() {
        return verticles.getFirst().port();
    }

    /** What the public port speaks: http or https. */
    public String scheme() {
        return credentials.usesTls() ? "https" : "http";
    }

    /** The port of metrics and health. */
    public int managementPort() {
        return operations.port();
    }

    /** What is degraded. */
    public Health health() {
        return operations.health();
    }

    /** Returns when an event loop has ended by itself: what is left serves a part of the clients at most. */
    public void awaitEndOfALoop() throws InterruptedException {
        loopEnded.await();
        if (closing) {
            new CountDownLatch(1).await();
        }
        LOG.error("An event loop has ended, and so does the process");
    }

    /**
     * Gets no more traffic from who asks for readiness, and serves on.
     *
     * @return how long it should, so that balancers have taken notice when it is closed
     */
    public Duration announceEnd() {
        if (!health().isReady()) {
            return Duration.ZERO;
        }
        Duration delay = shutdownDelay.orElse(health().isWatched() ? NOTICE : Duration.ZERO);
        health().enter(Health.Phase.DRAINING);
        if (!delay.isZero()) {
            upkeep.endSoon();
            LOG.info(
                    "Not ready from now on, and serving for {} more s (SHUTDOWN_DELAY_SEC), so that balancers take notice;"
                            + " another signal ends that",
                    delay.toSeconds());
        }
        return delay;
    }

    /** Shuts down gracefully: answers what is in flight and stops; takes less than five seconds. */
    @Override
    public void close() {
        closing = true;
        health().enter(Health.Phase.DRAINING);
        credentials.close();
        try {
            Future.join(verticles.stream()
                            .map(verticle -> verticle.drain(DRAIN))
                            .toList())
                    .eventually(vertx::close)
                    .await(DRAIN.plus(CLOSE).toMillis(), TimeUnit.MILLISECONDS);
        } catch (Exception failure) {
            LOG.warn("Graceful shutdown failed: {}", failure.toString());
        }
        upkeep.close();
        redisResources.close();
        operations.close();
    }

    private static Credentials credentials(HttpSettings settings, Vertx vertx) throws StartFailure {
        try {
            return Credentials.load(settings.access(), vertx);
        } catch (UnusableFileException unusable) {
            vertx.close().await();
            throw new StartFailure(String.valueOf(unusable.getMessage()));
        }
    }

    private void listen(HttpSettings settings) throws StartFailure {
        await(operations.listen(), operations.address());
        List<Future<String>> starting =
                verticles.stream().map(vertx::deployVerticle).toList();
        await(Future.join(starting), "port " + settings.port() + " (PORT)");
    }

    /**
     * Waits, whether or not the thread is interrupted: what has begun to open on the event loops must not be closed meanwhile.
     *
     * @param address what is listened on, and by which settings
     */
    private static void await(Future<?> listening, String address) throws StartFailure {
        CountDownLatch ended = new CountDownLatch(1);
        listening.onComplete(outcome -> ended.countDown());
        boolean interrupted = false;
        while (ended.getCount() > 0) {
            try {
                ended.await();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Throwable failure = listening.cause();
        if (failure != null) {
            boolean refused = failure instanceof IOException || failure instanceof UnresolvedAddressException;
            throw new StartFailure(
                    refused ? "cannot listen on " + address + ": " + failure.getMessage() : "cannot start: " + failure);
        }
    }

    /** One per core, but a loop needs a connection to PostgreSQL of its own. */
    public static int loops(int cores, int maxPostgresConnections) {
        return Math.max(1, Math.min(cores, maxPostgresConnections));
    }
}
