package dev.hotcold.http.fastpath;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.budget.TurnBudget;
import dev.hotcold.http.budget.UnreadBudget;
import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.http.response.LookupHeaders;
import dev.hotcold.http.response.LookupResponses;
import dev.hotcold.http.response.ResponseStyle;
import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupResult;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.user.UserId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.timeout.IdleStateHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** One connection on the fast path, with lookups that end when the test says so. What it passes on is the channel's inbound. */
class FastPathConnectionTest {

    /** The bit of the writability that the test sets. */
    private static final int BIT = 1;

    private static final LookupResult NOT_FOUND = new NotFound(Layer.COLD);
    private static final LookupResult FAILED = new Unavailable(Reason.FAILED);
    private static final String OTHER = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

    private final Map<String, Lookup.Answer> lookups = new LinkedHashMap<>();
    private final List<String> invalid = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private final FastPathDrain drain = new FastPathDrain(() -> left.add("left"));
    private final FastPathContext context = new FastPathContext(
            new LookupRequestParser(8192, false, false),
            null,
            (id, answer) -> lookups.put(id.value(), answer),
            () -> invalid.add("invalid"),
            new LookupResponses(ResponseStyle.STATUS, LookupHeaders.UNSHARED, new ManualTime()),
            drain);
    private final AtomicInteger refused = new AtomicInteger();

    @AutoClose("finishAndReleaseAll")
    private final EmbeddedChannel channel = serving(new EmbeddedChannel(), context, 1 << 20);

    @Test
    void pipelined_lookupsEndInAnotherOrder_areAnsweredInTheOrderOfTheRequests() {
        receive(lookup("a") + lookup("b") + lookup("c"));
        end("c", FAILED);
        end("b", NOT_FOUND);
        assertThat(sent()).isEmpty();

        end("a", FAILED);

        assertThat(statuses()).containsExactly("500", "404", "500");
    }

    @Test
    void lookup_endsWithinTheRead_isFlushedOnceWithTheOthersOfTheRead() {
        FastPathContext immediate = new FastPathContext(
                context.parser(),
                null,
                (UserId id, Lookup.Answer answer) -> answer.complete(NOT_FOUND),
                context.onInvalidUserId(),
                context.responses(),
                drain);
        EmbeddedChannel other = serving(new EmbeddedChannel(), immediate, 1 << 20);
        other.pipeline().fireChannelRead(bytes(lookup("a") + lookup("b")));
        assertThat(other.outboundMessages()).isEmpty();

        other.pipeline().fireChannelReadComplete();

        assertThat(other.outboundMessages()).hasSize(2);
        other.finishAndReleaseAll();
    }

    @Test
    void invalidUserId_isAnsweredInOrderWithoutALookup() {
        receive(lookup("a") + lookup("b%20c"));

        end("a", NOT_FOUND);

        assertThat(statuses()).containsExactly("404", "400");
        assertThat(lookups.keySet()).containsExactly("a");
        assertThat(invalid).hasSize(1);
    }

    @Test
    void otherRequest_nothingInFlight_isPassedOnUntouchedWithAllBehindIt() {
        receive(OTHER + lookup("a"));

        assertThat(passedOn()).isEqualTo(OTHER + lookup("a"));
        assertThat(channel.pipeline().get(FastPathConnection.class)).isNull();
        assertThat(channel.config().isAutoRead()).isTrue();
        assertThat(lookups).isEmpty();
    }

    @Test
    void otherRequest_behindLookups_isPassedOnOnlyWhenTheyAreAnswered() {
        receive(lookup("a") + lookup("b") + OTHER);
        receive("and more");
        receive(" of it");
        end("a", NOT_FOUND);
        assertThat(channel.inboundMessages()).isEmpty();
        assertThat(channel.config().isAutoRead()).isFalse();

        end("b", FAILED);

        assertThat(statuses()).containsExactly("404", "500");
        assertThat(passedOn()).isEqualTo(OTHER + "and more of it");
        assertThat(channel.config().isAutoRead()).isTrue();
        assertThat(left).hasSize(1);
    }

    @Test
    void otherRequest_passedOn_isTheEndOfTheFastPath() {
        receive(OTHER);
        assertThat(passedOn()).isEqualTo(OTHER);

        receive(lookup("a"));

        assertThat(passedOn()).isEqualTo(lookup("a"));
        assertThat(lookups).isEmpty();
    }

    @Test
    void incompleteRequest_isPassedOn() {
        String half = lookup("a").substring(0, 20);

        receive(lookup("b") + half);
        end("b", NOT_FOUND);

        assertThat(passedOn()).isEqualTo(half);
    }

    @Test
    void unwritable_isNotReadFromUntilItIsWritable() {
        receive(lookup("a"));
        writable(false);
        assertThat(channel.config().isAutoRead()).isFalse();

        end("a", NOT_FOUND);
        assertThat(channel.config().isAutoRead()).isFalse();
        writable(true);

        assertThat(channel.config().isAutoRead()).isTrue();
    }

    @Test
    void maxInFlight_isNotReadFromUntilOneIsAnswered() {
        receive(requests(FastPathConnection.MAX_IN_FLIGHT - 1));
        assertThat(channel.config().isAutoRead()).isTrue();
        receive(lookup("last"));
        assertThat(channel.config().isAutoRead()).isFalse();

        end("last", NOT_FOUND);
        assertThat(channel.config().isAutoRead()).isFalse();
        end("u0", NOT_FOUND);

        assertThat(channel.config().isAutoRead()).isTrue();
    }

    /** What was read together is not taken apart: it is in memory already. */
    @Test
    void maxInFlight_exceededByOneRead_startsAllOfIt() {
        receive(requests(FastPathConnection.MAX_IN_FLIGHT + 10));

        assertThat(lookups).hasSize(FastPathConnection.MAX_IN_FLIGHT + 10);
        assertThat(channel.config().isAutoRead()).isFalse();
    }

    /** Half-close is one: without ALLOW_HALF_CLOSURE Netty closes the channel at the end of the input. */
    @Test
    void disconnect_discardsPendingResponses() {
        receive(lookup("a"));
        drain.begin();

        var _ = channel.close();
        assertThat(left).hasSize(1);
        assertThat(drain.connections()).isZero();
        assertThat(drain.drained().isComplete()).isFalse();
        end("a", NOT_FOUND);

        assertThat(sent()).isEmpty();
        assertThat(drain.drained().succeeded()).isTrue();
        channel.checkException();
    }

    @Test
    void disconnect_releasesTheBytesKept() {
        ByteBuf in = bytes(lookup("a") + OTHER);
        channel.writeInbound(in);
        assertThat(in.refCnt()).isEqualTo(1);

        var _ = channel.close();
        end("a", NOT_FOUND);

        assertThat(in.refCnt()).isZero();
        assertThat(channel.inboundMessages()).isEmpty();
    }

    @Test
    void read_ofPlainLookups_releasesTheBytes() {
        ByteBuf in = bytes(lookup("a"));

        channel.writeInbound(in);

        assertThat(in.refCnt()).isZero();
    }

    @Test
    void drain_nextRequest_isPassedOnBehindTheResponsesInFlight() {
        receive(lookup("a"));
        drain.begin();
        receive(lookup("b"));
        assertThat(channel.inboundMessages()).isEmpty();
        assertThat(drain.drained().isComplete()).isFalse();

        end("a", NOT_FOUND);

        assertThat(statuses()).containsExactly("404");
        assertThat(passedOn()).isEqualTo(lookup("b"));
        assertThat(drain.drained().succeeded()).isTrue();
        assertThat(left).hasSize(1);
    }

    /** Vert.x has seen no request of it, and would wait for its first. */
    @Test
    void close_connectionThatHasCarriedARequest_isClosed_andNoOther() {
        EmbeddedChannel without = serving(new EmbeddedChannel(), context, 1 << 20);
        EmbeddedChannel passedOn = serving(new EmbeddedChannel(), context, 1 << 20);
        receive(lookup("a"));
        end("a", NOT_FOUND);
        drain.begin();
        passedOn.writeInbound(bytes(OTHER));

        drain.close();

        assertThat(channel.isOpen()).isFalse();
        assertThat(without.isOpen()).isTrue();
        assertThat(passedOn.isOpen()).isTrue();
        assertThat(drain.connections()).isZero();
        without.finishAndReleaseAll();
        passedOn.finishAndReleaseAll();
    }

    @Test
    void drain_connectionWithoutRequests_isNotCounted() {
        drain.begin();

        assertThat(drain.connections()).isZero();
        assertThat(drain.drained().succeeded()).isTrue();
        var _ = channel.close();
        assertThat(left).isEmpty();
    }

    /** The handler that closes idle connections stands behind this one, where nothing of the fast path passes. */
    @Test
    void read_ofPlainLookups_countsAsTrafficOfTheConnection() {
        EmbeddedChannel idling = new EmbeddedChannel();
        idling.freezeTime();
        idling.pipeline().addLast(new IdleStateHandler(0, 0, 10));
        serving(idling, context, 1 << 20);
        List<Object> events = new ArrayList<>();
        idling.pipeline().addLast(new RecordedEvents(events));

        for (int i = 0; i < 5; i++) {
            idling.advanceTimeBy(9, TimeUnit.SECONDS);
            idling.runScheduledPendingTasks();
            idling.writeInbound(bytes(lookup("a")));
        }
        assertThat(events).isEmpty();
        idling.advanceTimeBy(11, TimeUnit.SECONDS);
        idling.runScheduledPendingTasks();

        assertThat(events).hasSize(1);
        idling.finishAndReleaseAll();
    }

    /** @param maxUnread bytes that may be kept on the loop */
    private EmbeddedChannel serving(EmbeddedChannel channel, FastPathContext shared, long maxUnread) {
        UnreadBudget budget = new UnreadBudget(new ManualTime(), maxUnread, refused::incrementAndGet);
        channel.pipeline()
                .addFirst(new FastPathConnection(
                        shared, UnreadResponses.install(channel, budget, new TurnBudget(new ManualTime()))));
        return channel;
    }

    private static String lookup(String id) {
        return "GET /v1/users?user_id=" + id + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }

    private static String requests(int count) {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < count; i++) {
            requests.append(lookup("u" + i));
        }
        return requests.toString();
    }

    private void receive(String text) {
        channel.writeInbound(bytes(text));
    }

    private void end(String id, LookupResult result) {
        requireNonNull(lookups.get(id)).complete(result);
    }

    private void writable(boolean is) {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(BIT, is);
        channel.runPendingTasks();
    }

    private String sent() {
        return drainTo(channel.outboundMessages());
    }

    private String passedOn() {
        return drainTo(channel.inboundMessages());
    }

    private List<String> statuses() {
        return sent().lines()
                .filter(line -> line.contains("HTTP/1.1 "))
                .map(line -> line.replaceAll(".*HTTP/1.1 (\\d+) .*", "$1"))
                .toList();
    }

    private static String drainTo(Queue<Object> messages) {
        StringBuilder text = new StringBuilder();
        Object message;
        while ((message = messages.poll()) != null) {
            ByteBuf bytes = (ByteBuf) message;
            text.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
        }
        return text.toString();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.buffer().writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Keeps the events that reach the end of the pipeline. */
    private static final class RecordedEvents extends ChannelInboundHandlerAdapter {

        private final List<Object> events;

        private RecordedEvents(List<Object> events) {
            this.events = events;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            events.add(event);
        }
    }
}
