package dev.hotcold.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many scrapes there are, however many ask. */
final class ScrapesTest {

    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void next_manyAtOnce_shareOneScrapeThatBeganLater() {
        Scrapes scrapes = new Scrapes(vertx, this::scrape);
        ask(scrapes, 1);
        await().until(() -> begun.get() == 1);

        ask(scrapes, 100);
        gate.countDown();

        await().until(() -> answered.get() == 101);
        assertThat(begun).hasValue(2);
    }

    @Test
    void next_scrapeThatFails_failsThoseAndTheNextGoesOn() {
        Scrapes scrapes = new Scrapes(vertx, () -> {
            if (begun.incrementAndGet() == 1) {
                throw new IllegalStateException("no meters");
            }
            return Buffer.buffer("meters");
        });
        AtomicInteger failed = new AtomicInteger();
        context.runOnContext(_ -> scrapes.next().onFailure(_ -> failed.incrementAndGet()));
        await().until(() -> failed.get() == 1);

        ask(scrapes, 1);

        await().until(() -> answered.get() == 1);
    }

    private void ask(Scrapes scrapes, int times) {
        context.runOnContext(_ -> {
            for (int i = 0; i < times; i++) {
                var _ = scrapes.next().onSuccess(_ -> answered.incrementAndGet());
            }
        });
    }

    private Buffer scrape() {
        begun.incrementAndGet();
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Buffer.buffer("meters");
    }
}
