package dev.hotcold.http.connection;

import dev.hotcold.loop.Loop;

/**
 * How much one event loop may read from all its clients together before its pending tasks run.
 *
 * <p>Confined to: its event loop.
 */
public final class ReadBudget {

    /** Some hundred requests. */
    static final int MAX_BYTES = 1 << 15;

    private final Loop loop;
    private final Runnable renew = this::renew;
    private int bytesRead;

    public ReadBudget(Loop loop) {
        this.loop = loop;
    }

    /** @param bytes how many were read; positive */
    void spend(int bytes) {
        assert loop.isCurrent();
        if (bytesRead == 0) {
            loop.atEndOfTurn(renew);
        }
        bytesRead += bytes;
    }

    boolean isSpent() {
        return bytesRead >= MAX_BYTES;
    }

    /** Runs a task behind those that are pending now. */
    void afterPendingTasks(Runnable task) {
        loop.atEndOfTurn(task);
    }

    private void renew() {
        bytesRead = 0;
    }
}
