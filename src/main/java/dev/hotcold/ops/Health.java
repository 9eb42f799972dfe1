package dev.hotcold.ops;

import dev.hotcold.log.Printable;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
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
        /** Answers what is in flight and gets no more traffic. */
        DRAINING
    }

    private record Check(String component, Supplier<Optional<String>> problem) {}

    private final List<Check> checks = new CopyOnWriteArrayList<>();
    private volatile Phase phase = Phase.STARTING;

    /**
     * Adds a check of a component that may be degraded.
     *
     * @param component its name for operators; several checks may share one
     * @param problem why it is degraded; empty: it is not. Called from any thread
     */
    public void add(String component, Supplier<Optional<String>> problem) {
        checks.add(new Check(component, problem));
    }

    /** Enters a phase. */
    public void enter(Phase next) {
        phase = next;
    }

    /** Whether the service should get traffic. */
    public boolean isReady() {
        return phase == Phase.READY;
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
                JsonArray problems = degraded.getJsonArray(check.component(), new JsonArray());
                String line = Printable.line(problem);
                if (detailed && !problems.contains(line)) {
                    problems.add(line);
                }
                degraded.put(check.component(), problems);
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
