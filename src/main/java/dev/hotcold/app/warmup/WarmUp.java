package dev.hotcold.app.warmup;

import dev.hotcold.cold.PostgresColdStore;
import dev.hotcold.config.Config;
import dev.hotcold.hot.RedisHotStore;
import dev.hotcold.http.HttpSettings;
import dev.hotcold.http.fastpath.LookupRequestParser;
import dev.hotcold.http.fastpath.Rehearsal;
import dev.hotcold.http.response.LookupResponses;
import dev.hotcold.lookup.Lookup;
import dev.hotcold.loop.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Looks users up that there are not, before an event loop serves anybody: from the bytes of requests to the bytes of responses, by
 * both stores. Afterwards the loop's connections know the table and the scripts, and what a lookup runs is compiled. In rounds,
 * until the JVM has little left to compile. Redis keeps nothing of it, and a store that does not answer is left alone.
 *
 * <p>Confined to: its event loop.
 */
public final class WarmUp {

    /** The longest it takes, where the processor is busy with other work: docs/decisions/0015. */
    private static final Duration LONGEST = Duration.ofSeconds(3);

    private static final int HITS = 800;
    private static final int MISSES = 200;

    /** The compiler is looked at after so long, since a method may take it a tenth of a second. */
    private static final Duration WINDOW = Duration.ofMillis(250);

    /** Between two rounds the processor is the compiler's. */
    private static final Duration PAUSE = Duration.ofMillis(10);

    /** The compiler, all its threads together, has little left to do when it works for less than this part of the time. */
    private static final int BUSY_PART = 2;

    private static final @Nullable CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();

    /** Another service of this process has come so far: the code is the same. */
    private static volatile boolean isCompiled;

    private final RedisHotStore redis;
    private final PostgresColdStore postgres;
    private final TrialObserver observer;
    private final Loop loop;
    private final TrialHotStore hot;
    private final Rehearsal rehearsal;
    private final long end;
    private long windowBegan;
    private long compiledBefore;

    /** @param observer what the stores report to */
    public WarmUp(
            Config.Serving serving,
            RedisHotStore redis,
            PostgresColdStore postgres,
            TrialObserver observer,
            Loop loop) {
        this.redis = redis;
        this.postgres = postgres;
        this.observer = observer;
        this.loop = loop;
        this.hot = new TrialHotStore(redis, observer);
        HttpSettings http = serving.http();
        this.rehearsal = new Rehearsal(
                new LookupRequestParser(http.limits().requestLineBytes(), false, false),
                new LookupResponses(http.responseStyle(), http.lookupHeaders(), loop),
                new Lookup(hot, new TrialColdStore(postgres), observer, serving.budget(), loop),
                WarmUp::nobody,
                loop);
        this.windowBegan = loop.nanos();
        this.end = windowBegan + LONGEST.toNanos();
        this.compiledBefore = compiledMillis();
    }

    /** No id of a user: negative, of eighteen digits, and different each time. It can be asked for in any type of column. */
    private static String nobody() {
        return Long.toString(
                -ThreadLocalRandom.current().nextLong(100_000_000_000_000_000L, 1_000_000_000_000_000_000L));
    }

    /** Does all that. Succeeds, whatever becomes of it. */
    public Future<Void> run() {
        return rounds().eventually(() -> {
            redis.forgetTrials();
            postgres.forgetTrials();
            observer.count();
            return Future.<Void>succeededFuture();
        });
    }

    /** Does nothing of it. */
    public Future<Void> skip() {
        observer.count();
        return Future.succeededFuture();
    }

    private Future<Void> rounds() {
        hot.exerciseHits(true);
        return rehearsal
                .run(HITS, end)
                .compose(hits -> {
                    hot.exerciseHits(false);
                    return rehearsal.run(MISSES, end);
                })
                .compose(ended -> isWarm() ? Future.succeededFuture() : pause().compose(over -> rounds()));
    }

    private boolean isWarm() {
        long now = loop.nanos();
        if (isCompiled || now - end >= 0) {
            return true;
        }
        long passed = now - windowBegan;
        if (passed < WINDOW.toNanos()) {
            return false;
        }
        long compiled = compiledMillis();
        isCompiled = Duration.ofMillis(compiled - compiledBefore).toNanos() < passed / BUSY_PART;
        windowBegan = now;
        compiledBefore = compiled;
        return isCompiled;
    }

    private Future<Void> pause() {
        Promise<Void> over = Promise.promise();
        loop.after(PAUSE, over::complete);
        return over.future();
    }

    /** What the compiler has worked so far, all its threads together; it always seems idle where the JVM does not tell. */
    private static long compiledMillis() {
        return COMPILER != null && COMPILER.isCompilationTimeMonitoringSupported()
                ? COMPILER.getTotalCompilationTime()
                : 0;
    }
}
