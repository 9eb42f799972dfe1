package dev.hotcold.soak;

import dev.hotcold.testkit.Servers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Writes users {@code u0}, {@code u1}, … in turn, a hundred times a second, and knows when what was committed. */
final class VersionWriter implements AutoCloseable {

    static final int USERS = 10;

    private static final long PERIOD = TimeUnit.MILLISECONDS.toNanos(10);

    private final Servers servers;
    private final Staleness commits = new Staleness();
    private final CompletableFuture<Void> ended;
    private volatile boolean goesOn = true;

    private VersionWriter(Servers servers) {
        this.servers = servers;
        this.ended = CompletableFuture.runAsync(
                this::write, task -> Thread.ofPlatform().start(task));
    }

    /** Begins with version 1 of each. */
    static VersionWriter begin(Servers servers) {
        return new VersionWriter(servers);
    }

    private void write() {
        try (Connection connection = servers.connect();
                PreparedStatement update =
                        connection.prepareStatement("UPDATE users SET promo_message = ? WHERE user_id = ?")) {
            long beganAt = System.nanoTime();
            for (long i = 0; goesOn; i++) {
                // The pace, and no wait for anything.
                TimeUnit.NANOSECONDS.sleep(beganAt + i * PERIOD - System.nanoTime());
                String id = "u" + i % USERS;
                long version = 1 + i / USERS;
                update.setString(1, Long.toString(version));
                update.setString(2, id);
                update.executeUpdate();
                commits.committed(id, version, System.nanoTime());
            }
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes no more. */
    Staleness end() {
        close();
        return commits;
    }

    @Override
    public void close() {
        goesOn = false;
        ended.join();
    }
}
