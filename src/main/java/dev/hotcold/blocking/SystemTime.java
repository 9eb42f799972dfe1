package dev.hotcold.blocking;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** The clocks of the machine. */
enum SystemTime implements BlockingTime {
    SYSTEM;

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public Instant now() {
        return Instant.now();
    }

    @Override
    public void pause(Duration time) {
        long endsAt = nanos() + time.toNanos();
        long left;
        // A parked thread may wake for no reason.
        while ((left = endsAt - nanos()) > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(left);
        }
    }

    @Override
    public boolean await(CompletableFuture<?> completion, Duration most) throws InterruptedException {
        try {
            completion.get(most.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (ExecutionException | CancellationException failed) {
            return true;
        } catch (TimeoutException slow) {
            return false;
        }
    }
}
