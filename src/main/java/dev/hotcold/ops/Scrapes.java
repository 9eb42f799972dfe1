package dev.hotcold.ops;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads all meters, which is work, at the request of any number of clients: one scrape at a time, on no event loop, and with a
 * pause after each, so that the clients of the management port cannot take the processors from the lookups. Requests that come
 * meanwhile share the next scrape; so each sees what was counted before it came.
 *
 * <p>Confined to: its event loop.
 */
final class Scrapes {

    /** How many times as long as a scrape the pause after it is: scrapes take a fifth of one processor at most. */
    private static final int PAUSES = 4;

    private final Vertx vertx;

    /** Its own: those that all share may hang, say on a file. */
    private final WorkerExecutor worker;

    private final Supplier<Buffer> scrape;
    private @Nullable Promise<Buffer> next;
    private boolean busy;

    /** @param scrape blocks for a while */
    Scrapes(Vertx vertx, Supplier<Buffer> scrape) {
        this.vertx = vertx;
        this.worker = vertx.createSharedWorkerExecutor("scrapes", 1);
        this.scrape = scrape;
    }

    /** The outcome of a scrape that has not begun yet. */
    Future<Buffer> next() {
        if (next == null) {
            next = Promise.promise();
        }
        Future<Buffer> outcome = next.future();
        beginIfIdle();
        return outcome;
    }

    private void beginIfIdle() {
        if (busy || next == null) {
            return;
        }
        Promise<Buffer> current = next;
        next = null;
        busy = true;
        long begunAt = System.nanoTime();
        worker.executeBlocking(scrape::get).onComplete(ended -> {
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunAt);
            vertx.setTimer(1 + PAUSES * took, pauseOver -> {
                busy = false;
                beginIfIdle();
            });
            current.handle(ended);
        });
    }
}
