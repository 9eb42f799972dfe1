package dev.hotcold.flight;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Duplicate suppression: while work for a key is under way, whoever asks for the same key shares its outcome.
 *
 * <p>A flight is forgotten at its ending, success and failure alike, before any of those who joined it hears of the
 * outcome; so one who asks again from its callback starts anew and nobody can join a flight that has landed.
 *
 * <p>Calls rather than futures: one flight alone would need three.
 *
 * <p>Confined to: its event loop; every flight must end on that loop.
 *
 * @param <K> what identifies work
 * @param <V> what it yields
 */
public final class Flights<K, V> {

    /** Starts the work for a key; one that throws is a flight that failed. */
    public interface TakeOff<K, V> {

        /**
         * Starts it.
         *
         * @param flight to be told of the outcome, within the call or later; what follows is not heard
         */
        void fly(K key, Landing<V> flight);
    }

    private final Map<K, Flight> inTheAir = new HashMap<>();

    /** Joins the flight of this key or starts it. */
    public void join(K key, TakeOff<K, V> takeOff, Landing<V> passenger) {
        Flight current = inTheAir.get(key);
        if (current != null) {
            current.others().add(passenger);
            return;
        }
        Flight flight = new Flight(key, passenger);
        inTheAir.put(key, flight);
        try {
            takeOff.fly(key, flight);
        } catch (RuntimeException thrown) {
            flight.crashed(thrown);
        }
    }

    /** How many flights are under way. */
    public int size() {
        return inTheAir.size();
    }

    /** Work under way for one key. */
    private final class Flight implements Landing<V> {

        private final K key;
        private final Landing<V> first;
        private @Nullable List<Landing<V>> others;
        private boolean ended;

        private Flight(K key, Landing<V> first) {
            this.key = key;
            this.first = first;
        }

        private List<Landing<V>> others() {
            if (others == null) {
                others = new ArrayList<>();
            }
            return others;
        }

        @Override
        public void landed(V outcome) {
            end(passenger -> passenger.landed(outcome));
        }

        @Override
        public void crashed(Throwable cause) {
            end(passenger -> passenger.crashed(cause));
        }

        private void end(Consumer<Landing<V>> tell) {
            if (ended) {
                return;
            }
            ended = true;
            inTheAir.remove(key, this);
            tell.accept(first);
            if (others != null) {
                others.forEach(tell);
            }
        }
    }
}
