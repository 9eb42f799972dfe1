package dev.hotcold.cold.server;

import dev.hotcold.cold.server.ServerAddress.Loss;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One search for a server that may be used, over all addresses of all servers. The next address is tried when the one before has
 * failed, or has not connected for a moment; so a dead one costs that moment and not its whole time-out. The first good server
 * wins. A second-best one wins when nothing better comes within {@link #SETTLE}. Whoever comes too late is closed.
 *
 * <p>Confined to: the thread that it is run on, which runs its timer and completes its attempts.
 *
 * @param <C> a connection
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8305#section-5">Happy Eyeballs, connection attempts</a>
 */
public final class ServerRace<C> {

    /** After so long without a connection the next address is tried too. */
    static final Duration STAGGER = Duration.ofMillis(250);

    /** After so long without a login, where there is a connection. */
    static final Duration PATIENCE = Duration.ofSeconds(1);

    /** How long a better server is waited for. */
    static final Duration SETTLE = Duration.ofMillis(500);

    /** Opens and closes connections. */
    public interface Opener<C> {

        /**
         * Opens a connection within a bounded time, and asks the server what it is.
         *
         * @param onConnected called when there is a connection, and the login begins
         */
        Future<Opened<C>> open(ServerAddress address, Runnable onConnected);

        /** Closes a connection that is not used; never fails. */
        void close(C connection);

        /** Whether all other servers would refuse for the same reason, such as a wrong password. */
        boolean isFinal(Throwable failure);
    }

    /** Runs a task later. */
    @FunctionalInterface
    public interface Timer {
        void after(Duration delay, Runnable task);
    }

    /** A connection, and what its server said. */
    public record Opened<C>(C connection, ServerState state) {}

    /** What the search has found. */
    public record Winner<C>(ServerAddress address, C connection, ServerState state, Verdict verdict) {

        private boolean isBetterThan(Winner<C> other) {
            int ranks = verdict.rank().compareTo(other.verdict().rank());
            return ranks < 0
                    || (ranks == 0
                            && state.system().equals(other.state().system())
                            && state.timeline() > other.state().timeline());
        }
    }

    /** No server may be used. Expected in operation, so it carries no stack trace. */
    public static final class Lost extends Exception {

        private static final long serialVersionUID = 1L;

        private final transient List<Loss> losses;

        Lost(List<Loss> losses) {
            super("no server can be used", null, false, false);
            this.losses = List.copyOf(losses);
        }

        /** Why, server by server; none is missing, but one may be there for each of its addresses. */
        public List<Loss> losses() {
            return losses;
        }
    }

    /** A server answers that may not be used. Expected in operation, so it carries no stack trace. */
    public static final class Refused extends Exception {

        private static final long serialVersionUID = 1L;

        Refused(PostgresServer server, String why) {
            super(server.said(why), null, false, false);
        }
    }

    private enum Progress {
        CONNECTING,
        LOGGING_IN,
        ENDED
    }

    private final List<ServerAddress> addresses;
    private final ServerPolicy policy;
    private final boolean settles;
    private final Opener<C> opener;
    private final Timer timer;
    private final Promise<Winner<C>> outcome = Promise.promise();
    private final List<Loss> losses;
    private final List<Progress> progress = new ArrayList<>();
    private boolean isSettling;
    private @Nullable Winner<C> best;

    /**
     * @param settles whether even a good server waits for a better one: for whoever knows nothing of the servers yet
     */
    public ServerRace(ServerAddress.Found found, ServerPolicy policy, boolean settles, Opener<C> opener, Timer timer) {
        this.addresses = found.addresses();
        this.losses = new ArrayList<>(found.unknown());
        this.policy = policy;
        this.settles = settles && found.addresses().size() > 1;
        this.opener = opener;
        this.timer = timer;
    }

    /** Searches. Fails with {@link Lost}. */
    public Future<Winner<C>> run() {
        tryNext();
        endIfOver();
        return outcome.future();
    }

    private void tryNext() {
        int number = progress.size();
        if (isOver() || number == addresses.size()) {
            return;
        }
        ServerAddress address = addresses.get(number);
        progress.add(Progress.CONNECTING);
        if (number + 1 < addresses.size()) {
            timer.after(STAGGER, () -> goOnWhile(number, Progress.CONNECTING));
            timer.after(PATIENCE, () -> goOnWhile(number, Progress.LOGGING_IN));
        }
        opener.open(address, () -> connected(number)).onComplete(ended -> {
            progress.set(number, Progress.ENDED);
            if (ended.succeeded()) {
                opened(address, ended.result());
            } else {
                failed(address, ended.cause());
            }
            endIfOver();
        });
    }

    /** The attempt that began last has not got further: the next one begins. */
    private void goOnWhile(int number, Progress stillThere) {
        if (number == progress.size() - 1 && progress.get(number) == stillThere) {
            tryNext();
        }
    }

    private void connected(int number) {
        if (progress.get(number) == Progress.CONNECTING) {
            progress.set(number, Progress.LOGGING_IN);
        }
    }

    private void opened(ServerAddress address, Opened<C> opened) {
        if (isOver()) {
            opener.close(opened.connection());
            return;
        }
        Verdict verdict = policy.judge(opened.state());
        if (verdict.isRefused()) {
            opener.close(opened.connection());
            failed(address, new Refused(address.server(), verdict.why().orElse("")));
            return;
        }
        keepIfBetter(new Winner<>(address, opened.connection(), opened.state(), verdict));
        if (verdict.rank() == Verdict.Rank.GOOD && !settles) {
            finish();
        } else if (!isSettling) {
            isSettling = true;
            timer.after(SETTLE, this::finish);
            while (!isOver() && progress.size() < addresses.size()) {
                tryNext();
            }
        }
    }

    private void keepIfBetter(Winner<C> other) {
        Winner<C> before = best;
        if (before == null || other.isBetterThan(before)) {
            best = other;
            if (before != null) {
                opener.close(before.connection());
            }
        } else {
            opener.close(other.connection());
        }
    }

    private void failed(ServerAddress address, Throwable cause) {
        if (isOver()) {
            return;
        }
        losses.add(new Loss(address.server(), cause));
        if (best == null && opener.isFinal(cause)) {
            outcome.fail(new Lost(losses));
        } else {
            tryNext();
        }
    }

    private void endIfOver() {
        boolean allEnded =
                progress.size() == addresses.size() && progress.stream().allMatch(Progress.ENDED::equals);
        if (!isOver() && allEnded) {
            if (best == null) {
                outcome.fail(new Lost(losses));
            } else {
                finish();
            }
        }
    }

    private void finish() {
        if (!isOver() && best != null) {
            outcome.complete(best);
        }
    }

    private boolean isOver() {
        return outcome.future().isComplete();
    }
}
