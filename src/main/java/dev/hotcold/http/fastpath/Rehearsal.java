package dev.hotcold.http.fastpath;

import dev.hotcold.http.response.LookupResponses;
import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupResult;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Requests that no client has sent: what the fast path does with the bytes of a request is done with theirs, and the bytes of
 * the response are dropped. There is no connection, so that the code of real ones is not compiled for another kind as well.
 *
 * <p>Confined to: its event loop.
 */
public final class Rehearsal {

    private static final int AT_ONCE = 8;

    /** After so many failures in a row there is nothing to exercise. */
    private static final int FAILURES = 3;

    private final LookupRequestParser parser;
    private final LookupResponses responses;
    private final Lookup lookup;
    private final Supplier<String> ids;
    private final Loop loop;
    private Promise<Void> ended = Promise.promise();
    private long deadline;
    private int toSend;
    private int inFlight;
    private int failuresInARow;
    private boolean sendScheduled;

    /**
     * @param parser as for real requests
     * @param responses as for real requests
     * @param ids whom to look up, a valid id each
     */
    public Rehearsal(
            LookupRequestParser parser, LookupResponses responses, Lookup lookup, Supplier<String> ids, Loop loop) {
        this.parser = parser;
        this.responses = responses;
        this.lookup = lookup;
        this.ids = ids;
        this.loop = loop;
    }

    /**
     * Sends requests, some at a time.
     *
     * @param requests how many
     * @param until when no more are sent, by the clock of the loop
     * @return succeeds when they are answered, some in a row have failed, or that time has come
     */
    public Future<Void> run(int requests, long until) {
        assert loop.isCurrent();
        ended = Promise.promise();
        deadline = until;
        toSend = requests;
        failuresInARow = 0;
        Promise<Void> thisRun = ended;
        // Where no response calls for the next request.
        loop.after(Duration.ofNanos(Math.max(0, until - loop.nanos())), thisRun::tryComplete);
        send();
        return thisRun.future();
    }

    private void send() {
        sendScheduled = false;
        boolean isOver = failuresInARow >= FAILURES || loop.nanos() - deadline >= 0;
        while (!isOver && toSend > 0 && inFlight < AT_ONCE) {
            toSend--;
            inFlight++;
            request();
        }
        if (isOver || inFlight == 0) {
            ended.tryComplete();
        }
    }

    private void request() {
        ByteBuf bytes = ByteBufAllocator.DEFAULT.directBuffer();
        bytes.writeCharSequence(
                "GET /v1/users?user_id=" + ids.get()
                        + " HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: rehearsal\r\nAccept: */*\r\n\r\n",
                StandardCharsets.US_ASCII);
        boolean isPlain = parser.parse(bytes);
        bytes.release();
        if (isPlain && parser.userId() instanceof UserId id) {
            lookup.lookup(id, this::answer);
        } else {
            ended(true);
        }
    }

    private void answer(LookupResult result) {
        responses.of(result).encode(ByteBufAllocator.DEFAULT).release();
        ended(result instanceof Unavailable);
    }

    private void ended(boolean isFailure) {
        inFlight--;
        failuresInARow = isFailure ? failuresInARow + 1 : 0;
        if (!sendScheduled) {
            sendScheduled = true;
            loop.atEndOfTurn(this::send);
        }
    }
}
