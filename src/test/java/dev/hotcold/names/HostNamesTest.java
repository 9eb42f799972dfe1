package dev.hotcold.names;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class HostNamesTest {

    private static final InetAddress OLD = InetAddress.ofLiteral("10.0.0.1");
    private static final InetAddress NEW = InetAddress.ofLiteral("2001:db8::1");
    private static final Duration MOMENT = Duration.ofNanos(1);

    private final Queue<Runnable> asked = new ArrayDeque<>();
    private InetAddress[] answer = {OLD};
    private int questions;
    private long now = 5;
    private final HostNames names = new HostNames(this::lookUp, asked::add, () -> now);

    private InetAddress[] lookUp(String host) throws UnknownHostException {
        questions++;
        if (answer.length == 0) {
            throw new UnknownHostException(host);
        }
        return answer;
    }

    @Test
    void resolve_withinItsTime_isAskedOnce() {
        assertThat(resolved()).containsExactly(OLD);
        answer = new InetAddress[] {NEW, OLD};
        pass(HostNames.TTL.minus(MOMENT));
        assertThat(resolved()).containsExactly(OLD);

        pass(MOMENT);

        assertThat(resolved()).containsExactly(NEW, OLD);
        assertThat(questions).isEqualTo(2);
    }

    @Test
    void resolve_manyAtOnce_shareOneQuestion() {
        CompletableFuture<List<InetAddress>> one = names.resolve("db");
        CompletableFuture<List<InetAddress>> other = names.resolve("db");

        answerAll();

        assertThat(one).isCompletedWithValue(List.of(OLD));
        assertThat(other).isCompletedWithValue(List.of(OLD));
        assertThat(questions).isEqualTo(1);
    }

    @Test
    void resolve_literal_isNotAsked() {
        assertThat(names.resolve("::1")).isCompleted();
        assertThat(names.resolve("127.0.0.1")).isCompleted();

        assertThat(asked).isEmpty();
    }

    @Test
    void resolve_unknown_isKeptForAMoment() {
        answer = new InetAddress[0];
        assertThat(failed()).hasMessage("db");
        answer = new InetAddress[] {NEW};
        pass(HostNames.NEGATIVE_TTL.minus(MOMENT));
        assertThat(failed()).hasMessage("db");

        pass(MOMENT);

        assertThat(resolved()).containsExactly(NEW);
    }

    /** An outage of the name servers. */
    @Test
    void resolve_noLongerKnown_lastAnswerHoldsForAWhile() {
        assertThat(resolved()).containsExactly(OLD);
        answer = new InetAddress[0];

        pass(HostNames.LAST_KNOWN.minus(MOMENT));
        assertThat(resolved()).containsExactly(OLD);
        pass(HostNames.TTL);

        assertThat(failed()).hasMessage("db");
    }

    @Test
    void resolve_noAnswer_lastOneHolds() {
        assertThat(resolved()).containsExactly(OLD);
        pass(HostNames.TTL);

        assertThat(names.resolve("db")).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(List.of(OLD));
        assertThat(asked).hasSize(1);
    }

    @Test
    void resolve_neverAnAnswer_failsInTime() {
        assertThat(names.resolve("db"))
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .havingRootCause()
                .isInstanceOf(java.util.concurrent.TimeoutException.class);
    }

    private List<InetAddress> resolved() {
        CompletableFuture<List<InetAddress>> resolving = names.resolve("db");
        answerAll();
        assertThat(resolving).isCompleted();
        return resolving.getNow(List.of());
    }

    private Throwable failed() {
        CompletableFuture<List<InetAddress>> resolving = names.resolve("db");
        answerAll();
        assertThat(resolving).isCompletedExceptionally();
        return HostNames.reason(resolving.exceptionNow());
    }

    private void answerAll() {
        Runnable question;
        while ((question = asked.poll()) != null) {
            question.run();
        }
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
