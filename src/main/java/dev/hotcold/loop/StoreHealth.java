package dev.hotcold.loop;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * The last observed state of a store, as one event loop sees it. Logs when it changes, not each time; that the
 * store has recovered only when no loop sees it degraded any more. Written by one thread, read by any.
 */
public final class StoreHealth {

    private static final Logger LOG = LoggerFactory.getLogger(StoreHealth.class);

    /** Of a reason, which may quote what a server says: more tells an operator nothing. */
    private static final int MOST_CHARS = 500;

    private static final int LONG_WORD = 64;

    /** What begins a reason that quotes what a server says. */
    private static final String FOREIGN = "replied with an error: ";

    private static final Pattern DIGITS = Pattern.compile("[0-9]+");

    private static final Pattern SQLSTATE = Pattern.compile("\\([0-9A-Z]{5}\\)$");

    /** Redis' code, and words of the text up to where it may vary. */
    private static final Pattern CODE = Pattern.compile("^[A-Z]+(?: [a-z]+){0,3}\\b");

    /** Who sees a store degraded, by the store's name. Changed only when a state changes. */
    private static final Map<String, Set<StoreHealth>> DEGRADED = new ConcurrentHashMap<>();

    private final String store;

    /** So that the log's last line of the store tells its last state, however often that changes. */
    private final Marker subject;

    private volatile String reason = "";

    /** What the reason has in common with others that say the same. */
    private String kind = "";

    /**
     * A store that counts as healthy until it shows otherwise.
     *
     * @param store its name in the log
     */
    public StoreHealth(String store) {
        this.store = store;
        this.subject = MarkerFactory.getDetachedMarker(store);
    }

    /** The store works. Costs next to nothing when it did before. */
    public void recovered() {
        if (!reason.isEmpty()) {
            reason = "";
            kind = "";
            Set<StoreHealth> others = degraded();
            if (others.remove(this) && others.isEmpty()) {
                LOG.info(subject, "{} has recovered", store);
            }
        }
    }

    /**
     * The store does not work as it should. A reason that differs from the last one only in what a server says beside its code, or in
     * numbers, changes nothing: some servers say something else each time.
     *
     * @param why a sentence for an operator, without secrets; shortened where it is very long
     */
    public void degraded(String why) {
        String kept = shortened(why);
        if (reason.equals(kept)) {
            return;
        }
        String newKind = kind(why.length() <= 2 * MOST_CHARS ? why : kept);
        if (!kind.equals(newKind)) {
            kind = newKind;
            reason = kept;
            degraded().add(this);
            LOG.warn(subject, "{} is degraded: {}", store, kept);
        }
    }

    private static String kind(String reason) {
        if (!reason.startsWith(FOREIGN)) {
            return DIGITS.matcher(reason).replaceAll("0");
        }
        String said = reason.substring(FOREIGN.length());
        return FOREIGN
                + Stream.of(SQLSTATE, CODE)
                        .map(code -> code.matcher(said))
                        .filter(Matcher::find)
                        .map(Matcher::group)
                        .findFirst()
                        .orElse("");
    }

    /** A reason as it is shown: the beginning of one that is very long. */
    public static String shortened(String why) {
        if (why.length() <= MOST_CHARS) {
            return why;
        }
        // Not within a word, half of which nobody would know again: it may have to be left out.
        int end = why.lastIndexOf(' ', MOST_CHARS);
        return why.substring(0, end < MOST_CHARS - LONG_WORD ? MOST_CHARS : end) + "…";
    }

    /** Weak: a loop that has ended sees nothing any more. */
    private Set<StoreHealth> degraded() {
        return DEGRADED.computeIfAbsent(
                store, first -> Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>())));
    }

    /** Whether the store does not work as it should. */
    public boolean isDegraded() {
        return !reason.isEmpty();
    }

    /** Why the store is degraded; empty when it is not. */
    public Optional<String> reason() {
        String current = reason;
        return current.isEmpty() ? Optional.empty() : Optional.of(current);
    }
}
