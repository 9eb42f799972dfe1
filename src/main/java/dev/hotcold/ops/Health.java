package dev.hotcold.ops;

import dev.hotcold.log.Printable;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Whether the service should get traffic, and what is degraded while it does. A store that is down degrades the service
 * but does not make it unready: the other store still answers. Thread-safe.
 */
public final class Health {

    /** The service's life. */
    public enum Phase {
        /** Not serving yet. */
        STARTING,
        /** Serving. */
        READY,
        /** Gets no more traffic, and ends once it has answered what still comes. */
        DRAINING
    }

    /** Balancers ask at least twice in this time. */
    private static final Duration WATCH = Duration.ofSeconds(90);

    private record Check(Component component, Supplier<Optional<String>> problem) {}

    /** When readiness was asked for last, and when before that. */
    private record Asked(long last, long before) {}

    private final LongSupplier nanos;
    private final List<Check> checks = new CopyOnWriteArrayList<>();
    private final AtomicReference<Asked> asked;
    private volatile Phase phase = Phase.STARTING;

    public Health() {
        this(System::nanoTime);
    }

    /** @param nanos a clock */
    Health(LongSupplier nanos) {
        this.nanos = nanos;
        long never = nanos.getAsLong() - WATCH.toNanos() - 1;
        this.asked = new AtomicReference<>(new Asked(never, never));
    }

    /**
     * Adds a check of a component that may be degraded.
     *
     * @param component several checks may share one
     * @param problem why it is degraded; empty: it is not. Called from any thread
     */
    public void add(Component component, Supplier<Optional<String>> problem) {
        checks.add(new Check(component, problem));
    }

    /** Whether a component is degraded, by any of its checks. */
    public boolean isDegraded(Component component) {
        return checks.stream()
                .anyMatch(check ->
                        check.component() == component && check.problem().get().isPresent());
    }

    /** Enters a phase, unless a later one has been entered: a service that is closed while it starts never gets ready. */
    public synchronized void enter(Phase next) {
        if (next.compareTo(phase) > 0) {
            phase = next;
        }
    }

    /** Whether the service should get traffic. */
    public boolean isReady() {
        return phase == Phase.READY;
    }

    /** Whether the service should get traffic, for somebody who asks from outside. */
    public boolean asked() {
        boolean ready = isReady();
        if (ready) {
            long now = nanos.getAsLong();
            asked.updateAndGet(earlier -> new Asked(now, earlier.last()));
        }
        return ready;
    }

    /** Whether somebody asks for readiness again and again, and so takes notice when it ends. */
    public boolean isWatched() {
        return nanos.getAsLong() - asked.get().before() <= WATCH.toNanos();
    }

    /**
     * The state as a JSON object: {@code status}, and the components that are {@code degraded}.
     *
     * @param detailed whether to say why, which may name hosts: not for the public port
     */
    public JsonObject toJson(boolean detailed) {
        JsonObject degraded = new JsonObject();
        for (Check check : checks) {
            check.problem().get().ifPresent(problem -> {
                JsonArray problems = degraded.getJsonArray(check.component().label(), new JsonArray());
                String line = Printable.line(problem);
                if (detailed && !problems.contains(line)) {
                    problems.add(line);
                }
                degraded.put(check.component().label(), problems);
            });
        }
        String status = switch (phase) {
            case STARTING -> "starting";
            case READY -> "ready";
            case DRAINING -> "draining";
        };
        return new JsonObject()
                .put("status", status)
                .put("degraded", detailed ? degraded : new JsonArray(List.copyOf(degraded.fieldNames())));
    }
}
