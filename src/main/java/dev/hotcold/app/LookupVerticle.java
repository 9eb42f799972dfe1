package dev.hotcold.app;

import dev.hotcold.app.warmup.TrialObserver;
import dev.hotcold.app.warmup.WarmUp;
import dev.hotcold.cold.PostgresColdStore;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.driver.PgConnector;
import dev.hotcold.cold.server.Placement;
import dev.hotcold.cold.server.ServerPolicy;
import dev.hotcold.config.Config;
import dev.hotcold.freshness.FreshnessProof;
import dev.hotcold.freshness.KnownDeployment;
import dev.hotcold.hot.RedisHotStore;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.http.ApiBackend;
import dev.hotcold.http.ApiServer;
import dev.hotcold.http.RefusalObserver;
import dev.hotcold.http.access.Credentials;
import dev.hotcold.http.budget.UnreadBudget;
import dev.hotcold.http.pages.Pages;
import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.NettyLoop;
import dev.hotcold.names.HostNames;
import dev.hotcold.ops.Component;
import dev.hotcold.ops.Health;
import dev.hotcold.ops.HealthRoutes;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.ContextInternal;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Everything that one event loop owns: its share of the HTTP server, its Redis connection, its PostgreSQL connections and
 * its lookups. Nothing in it is shared with another loop but {@link Shared}.
 */
@SuppressWarnings("NullAway.Init") // fields are set in start(), which runs before everything else
final class LookupVerticle extends VerticleBase {

    /** How long the start waits for the stores' first connections. */
    private static final Duration FIRST_CONNECTIONS = Duration.ofSeconds(2);

    /** A text and a number, so that PostgreSQL is asked whatever ids are there. */
    private static final UserId ANYONE = (UserId) UserId.parse("0");

    private final Config config;
    private final int index;
    private final int loops;
    private final Shared shared;
    private RedisHotStore hot;
    private PostgresColdStore cold;
    private volatile boolean deployed;
    private ApiServer api;

    /**
     * What the verticles of all event loops share. All of it is thread-safe.
     *
     * @param servers says which of the servers of PostgreSQL may be used
     * @param upkeep keeps Redis up to date
     * @param observer counts what lookups and their stores do
     * @param refusals counts what the public server refuses
     */
    record Shared(
            RedisResources redisResources,
            ServerPolicy servers,
            CacheUpkeep upkeep,
            LookupObserver observer,
            RefusalObserver refusals,
            Health health,
            Credentials credentials) {}

    /**
     * @param index of this loop, from 0
     * @param loops how many there are
     */
    LookupVerticle(Config config, int index, int loops, Shared shared) {
        this.config = config;
        this.index = index;
        this.loops = loops;
        this.shared = shared;
    }

    @Override
    public Future<?> start() {
        NettyLoop loop = new NettyLoop(((ContextInternal) context).nettyEventLoop());
        TrialObserver observer = new TrialObserver(shared.observer());
        RequestBudget budget = config.serving().budget();
        hot = new RedisHotStore(
                config.stores().redis(),
                shared.redisResources(),
                loops,
                budget,
                shared.upkeep().feedStatus(),
                loop,
                observer);
        PostgresSettings postgres = config.stores().postgres();
        KnownDeployment deployment = shared.upkeep().newKnownDeployment();
        shared.upkeep().onPrimaryOfRedis(server -> context.runOnContext(_ -> hot.primaryIs(server)));
        hot.belongTo(deployment, shared.upkeep()::takeOver);
        Placement placement = new Placement(shared.servers(), deployment);
        cold = new PostgresColdStore(
                new PgConnector(
                        postgres.endpoint(),
                        postgres.trust(),
                        postgres.pooler(),
                        placement,
                        HostNames.OF_PROCESS,
                        vertx),
                postgres.pool(),
                loops,
                budget,
                loop,
                observer);
        Health health = shared.health();
        hot.health().all().forEach(aspect -> health.add(Component.REDIS, aspect::reason));
        health.add(Component.POSTGRES, cold.health()::reason);
        health.add(Component.POSTGRES, placement.health()::reason);
        Lookup lookup = new Lookup(hot, cold, shared.observer(), budget, loop);
        api = new ApiServer(
                config.serving().http(),
                vertx,
                loop,
                UnreadBudget.ofHeap(Runtime.getRuntime().maxMemory()) / loops,
                new ApiBackend(lookup, shared.observer(), shared.refusals()),
                routes(),
                shared.credentials());
        deployed = true;
        Future<Void> hotOpened =
                index < config.stores().redis().eagerConnections() ? hot.open() : Future.<Void>succeededFuture();
        // The server belongs to the context it listens in. The futures may complete outside this verticle's, and a
        // server
        // of another context is closed together with its requests before stop() is called.
        // Whose cache Redis has is known before anybody is answered from it.
        return Future.all(hotOpened, cold.open().compose(opened -> onLoop(cold::probe)))
                .compose(opened -> onLoop(hot::whenChecked))
                .timeout(FIRST_CONNECTIONS.toMillis(), TimeUnit.MILLISECONDS)
                .transform(ended -> onLoop(() -> warmUp(observer, loop)))
                .compose(warm -> onLoop(() -> api.listen().mapEmpty()))
                .recover(refused -> stop().transform(stopped -> Future.failedFuture(refused)));
    }

    /** A loop that is to connect to Redis with its first lookup does without. */
    private Future<Void> warmUp(TrialObserver observer, Loop loop) {
        WarmUp warmUp = new WarmUp(config.serving(), hot, cold, observer, loop);
        return index < config.stores().redis().eagerConnections() ? warmUp.run() : warmUp.skip();
    }

    /** What this loop can prove of what it reads from Redis; empty = it has not begun. Thread-safe. */
    Optional<FreshnessProof> proof() {
        return deployed ? Optional.of(hot.proof()) : Optional.empty();
    }

    /** Tries whether lookups of this loop reach PostgreSQL: one of a user that need not be. Thread-safe. */
    Future<Boolean> reachesPostgres() {
        Promise<Boolean> outcome = Promise.promise();
        context.runOnContext(_ -> cold.read(ANYONE).onComplete(read -> outcome.complete(read.succeeded())));
        return outcome.future();
    }

    /** The port listened on. */
    int port() {
        return api.port();
    }

    /** Begins to drain; succeeds when every connection has closed, or after {@code patience}. */
    Future<Void> drain(Duration patience) {
        if (!deployed) {
            return Future.succeededFuture();
        }
        return onLoop(() -> {
                    api.drain();
                    return api.drained();
                })
                .timeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .otherwiseEmpty();
    }

    @Override
    public Future<?> stop() {
        // Closing may complete on a thread of the driver, and what it frees belongs to this loop.
        return api.close(Duration.ofSeconds(2)).eventually(() -> Future.join(onLoop(hot::close), onLoop(cold::close)));
    }

    private Router routes() {
        Router router = Router.router(vertx);
        HealthRoutes.mount(router, shared.health(), false);
        Pages.mount(router);
        return router;
    }

    private Future<Void> onLoop(Supplier<Future<Void>> action) {
        Promise<Void> promise = Promise.promise();
        context.runOnContext(ignored -> action.get().onComplete(promise));
        return promise.future();
    }
}
