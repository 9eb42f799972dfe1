package dev.hotcold.flight;

import dev.hotcold.loop.Completion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Single flight: concurrent requests for one key share one call.
 *
 * <p>A call is removed when it ends, on success and failure alike, and before any of its waiters hears of the outcome. So a
 * waiter that joins again from its callback starts a new call, nobody can join one that has ended, and one that fails or
 * throws strands nobody. As in Go's {@code golang.org/x/sync/singleflight}, for one thread.
 *
 * <p>Completions rather than futures: a call without other waiters would need three.
 *
 * <p>Confined to: its event loop; every call must end on that loop.
 *
 * @param <K> identifies a call
 * @param <V> what a call yields
 */
public final class SingleFlight<K, V> {

    /** Does the work of a call. One that throws is a call that failed. */
    public interface Work<K, V> {

        /**
         * Starts the work.
         *
         * @param call takes the outcome, within this method or later; only the first outcome counts
         */
        void start(K key, Completion<V> call);
    }

    private final Map<K, Call> calls = new HashMap<>();

    /** Joins the call of this key, or starts it. */
    public void join(K key, Work<K, V> work, Completion<V> waiter) {
        Call current = calls.get(key);
        if (current != null) {
            current.others().add(waiter);
            return;
        }
        Call call = new Call(key, waiter);
        calls.put(key, call);
        try {
            work.start(key, call);
        } catch (RuntimeException | Error thrown) {
            call.fail(thrown);
        }
    }

    /** How many calls are in flight. */
    public int size() {
        return calls.size();
    }

    /** Work in flight for one key. */
    private final class Call implements Completion<V> {

        private final K key;
        private final Completion<V> first;
        private @Nullable List<Completion<V>> others;
        private boolean ended;

        private Call(K key, Completion<V> first) {
            this.key = key;
            this.first = first;
        }

        private List<Completion<V>> others() {
            if (others == null) {
                others = new ArrayList<>();
            }
            return others;
        }

        @Override
        public void complete(V outcome) {
            end(waiter -> waiter.complete(outcome));
        }

        @Override
        public void fail(Throwable cause) {
            end(waiter -> waiter.fail(cause));
        }

        private void end(Consumer<Completion<V>> tell) {
            if (ended) {
                return;
            }
            ended = true;
            calls.remove(key, this);
            tell.accept(first);
            if (others != null) {
                others.forEach(tell);
            }
        }
    }
}
