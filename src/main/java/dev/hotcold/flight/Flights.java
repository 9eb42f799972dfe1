package dev.hotcold.flight;

import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Duplicate suppression: while work for a key is under way, whoever asks for the same key shares its outcome.
 *
 * <p>A flight is forgotten at its ending, success and failure alike, before any of those who joined it hears of the
 * outcome; so one who asks again from its callback starts anew and nobody can join a flight that has landed.
 *
 * <p>Confined to: its event loop; every flight must end on that loop.
 *
 * @param <K> what identifies work
 * @param <V> what it yields
 */
public final class Flights<K, V> {

    private final Map<K, Future<V>> inTheAir = new HashMap<>();

    /**
     * Joins the flight of this key or starts it.
     *
     * @param takeOff starts the work; one that throws is a flight that failed
     */
    public Future<V> join(K key, Function<K, Future<V>> takeOff) {
        Future<V> current = inTheAir.get(key);
        if (current != null) {
            return current;
        }
        Future<V> flight = start(key, takeOff);
        if (!flight.isComplete()) {
            inTheAir.put(key, flight);
            flight.onComplete(ended -> inTheAir.remove(key, flight));
        }
        return flight;
    }

    /** How many flights are under way. */
    public int size() {
        return inTheAir.size();
    }

    private static <K, V> Future<V> start(K key, Function<K, Future<V>> takeOff) {
        try {
            return takeOff.apply(key);
        } catch (RuntimeException thrown) {
            return Future.failedFuture(thrown);
        }
    }
}
