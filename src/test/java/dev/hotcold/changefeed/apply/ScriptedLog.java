package dev.hotcold.changefeed.apply;

import dev.hotcold.freshness.Lsn;
import dev.hotcold.testkit.ManualBlockingTime;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A log of the messages that a test puts into it. */
public final class ScriptedLog implements ChangeLog {

    private final ManualBlockingTime time;
    private final ArrayDeque<ByteBuffer> messages = new ArrayDeque<>();
    private final List<Lsn> acknowledged = new ArrayList<>();
    private Duration emptyPoll = Duration.ofMillis(1);
    private Lsn received = new Lsn(0);
    private int polls;
    private int statuses;

    public ScriptedLog(ManualBlockingTime time) {
        this.time = time;
    }

    void add(ByteBuffer message) {
        messages.add(message);
    }

    void receivedUpTo(Lsn position) {
        received = position;
    }

    /** A poll without a message takes so long from now on. */
    void stallFor(Duration duration) {
        emptyPoll = duration;
    }

    List<Lsn> acknowledged() {
        return acknowledged;
    }

    int polls() {
        return polls;
    }

    public int statuses() {
        return statuses;
    }

    @Override
    public @Nullable ByteBuffer poll() {
        polls++;
        ByteBuffer message = messages.poll();
        if (message == null) {
            time.pause(emptyPoll);
        }
        return message;
    }

    @Override
    public Lsn received() {
        return received;
    }

    @Override
    public void acknowledge(Lsn position) {
        acknowledged.add(position);
    }

    @Override
    public void sendStatus() {
        statuses++;
    }
}
