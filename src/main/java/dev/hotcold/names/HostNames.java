package dev.hotcold.names;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks up host names as the operating system does: by its hosts file, its search domains, its name servers, in the order that it
 * is told. What it says is kept for {@link #TTL}, here and nowhere else. It blocks, so it is asked on threads of its own, one
 * for each name that is being looked up. While it does not answer, or does not know a name any more, what it said last holds for
 * {@link #LAST_KNOWN}: an outage of the name servers ends no connection that could be made.
 *
 * <p>Thread-safe.
 */
public final class HostNames {

    /** How long an answer is kept. */
    public static final Duration TTL = Duration.ofSeconds(2);

    /** How long it is kept that there is none. */
    static final Duration NEGATIVE_TTL = Duration.ofSeconds(1);

    /** How long the last answer holds while there is no other. */
    static final Duration LAST_KNOWN = Duration.ofMinutes(1);

    /** How long an answer is waited for: where there is an older one, and where there is none. */
    static final Duration PATIENCE_FOR_NEWS = Duration.ofMillis(500);

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Looks up a name; blocks. */
    @FunctionalInterface
    public interface Source {
        InetAddress[] lookUp(String host) throws UnknownHostException;
    }

    static {
        keepNothingElsewhere();
    }

    /** Those of this process. */
    public static final HostNames OF_PROCESS = new HostNames(InetAddress::getAllByName);

    /**
     * What is known of a name.
     *
     * @param addresses of the last answer that had any; may be none
     * @param answeredAt when it was given
     * @param askedAt when the last question was answered, by whatever
     * @param failure what the last question was answered with in place of addresses; null = there were some
     */
    private record Known(
            List<InetAddress> addresses,
            long answeredAt,
            long askedAt,
            @Nullable UnknownHostException failure) {}

    private final Source source;
    private final Executor worker;
    private final LongSupplier clock;
    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<List<InetAddress>>> underWay = new ConcurrentHashMap<>();

    /** By another source than the operating system. */
    public HostNames(Source source) {
        this(source, threads(), System::nanoTime);
    }

    /** @param worker may block */
    HostNames(Source source, Executor worker, LongSupplier clock) {
        this.source = source;
        this.worker = worker;
        this.clock = clock;
    }

    /**
     * Has the JDK keep nothing of what it looks up, which it would for 30 seconds. To be called before it has looked up anything:
     * later it has no effect.
     */
    public static void keepNothingElsewhere() {
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        Security.setProperty("networkaddress.cache.stale.ttl", "0");
    }

    /**
     * The addresses of a host, one or more, in the order in which they should be tried. Never blocks. Completes on any thread,
     * within two seconds; fails with an {@link UnknownHostException}.
     *
     * @param host name or address
     */
    public CompletableFuture<List<InetAddress>> resolve(String host) {
        Optional<InetAddress> literal = literal(host);
        if (literal.isPresent()) {
            return CompletableFuture.completedFuture(List.of(literal.get()));
        }
        Known last = known.get(host);
        if (last != null && isFresh(last)) {
            return last.failure() == null
                    ? CompletableFuture.completedFuture(last.addresses())
                    : CompletableFuture.failedFuture(last.failure());
        }
        CompletableFuture<List<InetAddress>> answer = ask(host).copy();
        return last != null && holds(last)
                ? answer.completeOnTimeout(last.addresses(), PATIENCE_FOR_NEWS.toMillis(), TimeUnit.MILLISECONDS)
                : answer.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(reason(failure)));
    }

    /** How many addresses a host had by the last answer; 0 = there was none, or it needs none. */
    public int known(String host) {
        Known last = known.get(host);
        return last == null ? 0 : last.addresses().size();
    }

    /** Why there are no addresses, from what {@link #resolve} has failed with. */
    public static UnknownHostException reason(@Nullable Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof UnknownHostException unknown) {
            return unknown;
        }
        UnknownHostException other = new UnknownHostException(
                cause instanceof TimeoutException ? "no answer of the name servers in time" : String.valueOf(cause));
        other.initCause(cause);
        return other;
    }

    private boolean isFresh(Known answer) {
        Duration life = answer.failure() == null ? TTL : NEGATIVE_TTL;
        return clock.getAsLong() - answer.askedAt() < life.toNanos();
    }

    private boolean holds(Known answer) {
        return !answer.addresses().isEmpty() && clock.getAsLong() - answer.answeredAt() < LAST_KNOWN.toNanos();
    }

    /** All who ask for one name at the same time share the question. */
    private CompletableFuture<List<InetAddress>> ask(String host) {
        CompletableFuture<List<InetAddress>> mine = new CompletableFuture<>();
        CompletableFuture<List<InetAddress>> other = underWay.putIfAbsent(host, mine);
        if (other != null) {
            return other;
        }
        worker.execute(() -> {
            try {
                List<InetAddress> addresses = lookUp(host);
                underWay.remove(host);
                mine.complete(addresses);
            } catch (UnknownHostException | RuntimeException failure) {
                underWay.remove(host);
                mine.completeExceptionally(failure);
            }
        });
        return mine;
    }

    private List<InetAddress> lookUp(String host) throws UnknownHostException {
        try {
            List<InetAddress> addresses = List.of(source.lookUp(host));
            long now = clock.getAsLong();
            known.put(host, new Known(addresses, now, now, null));
            return addresses;
        } catch (UnknownHostException unknown) {
            Known last = known.get(host);
            if (last != null && holds(last)) {
                known.put(host, new Known(last.addresses(), last.answeredAt(), clock.getAsLong(), null));
                return last.addresses();
            }
            known.put(host, new Known(List.of(), 0, clock.getAsLong(), unknown));
            throw unknown;
        }
    }

    /** The address that a text is; empty: it is a name. */
    public static Optional<InetAddress> literal(String host) {
        try {
            return Optional.of(InetAddress.ofLiteral(host));
        } catch (IllegalArgumentException name) {
            return Optional.empty();
        }
    }

    private static Executor threads() {
        return new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                10,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                new DefaultThreadFactory("host-names", true));
    }
}
