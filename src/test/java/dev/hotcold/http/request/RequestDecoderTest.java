package dev.hotcold.http.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.budget.TurnBudget;
import dev.hotcold.testkit.ManualTime;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What the decoder passes on, whole and byte by byte. The statuses of what it refuses are in HttpRulesIT. */
class RequestDecoderTest {

    private static final String HEAD = "GET /a HTTP/1.1\r\nHost: a\r\n";
    private static final String NEXT = "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";

    private final ManualTime loop = new ManualTime();
    private final RequestDecoder decoder = new RequestDecoder(new HttpServerOptions(), new TurnBudget(loop));

    @AutoClose("finishAndReleaseAll")
    private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

    @Test
    void pipelined_waitsAsBytesForTheResponseBeforeIt() {
        channel.writeInbound(Unpooled.copiedBuffer(NEXT + HEAD + "\r\n" + NEXT, StandardCharsets.ISO_8859_1));
        assertThat(channel.inboundMessages()).as("a request and its end").hasSize(2);
        assertThat(channel.config().isAutoRead()).isFalse();

        decoder.answered();
        loop.pass(Duration.ZERO);
        assertThat(channel.inboundMessages()).hasSize(4);
        decoder.answered();
        loop.pass(Duration.ZERO);

        assertThat(channel.inboundMessages()).hasSize(6);
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    @Test
    void request_upgrade_isPassedOnWithoutIt() {
        List<Object> passed = receive(HEAD + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n");

        HttpRequest request = (HttpRequest) passed.getFirst();
        assertThat(request.decoderResult().isSuccess()).isTrue();
        assertThat(request.headers().contains(HttpHeaderNames.UPGRADE)).isFalse();
        assertThat(request.headers().contains("HTTP2-Settings")).isFalse();
    }

    @Test
    void request_refusedWithUpgrade_isPassedOnWithoutIt() {
        HttpRequest request =
                (HttpRequest) receive("GET /a HTTP/1.1\r\nUpgrade: h2c\r\n\r\n").getFirst();

        assertThat(request.decoderResult().isFailure()).isTrue();
        assertThat(request.headers().contains(HttpHeaderNames.UPGRADE)).isFalse();
    }

    @Test
    void request_refused_isTheLast() {
        assertThat(targets(receive(HEAD + ": x\r\n\r\n" + NEXT))).hasSize(1);
        assertThat(receive(NEXT)).isEmpty();
    }

    /** One that another recipient reads differently smuggles a request. */
    @Test
    void headerWhoseNameDiffersInAByte_isAnother() {
        for (String name : List.of("Content-Length", "Transfer-Encoding", "Connection", "Expect", "Host")) {
            for (int at = 0; at < name.length(); at++) {
                for (char other = '!'; other <= '~'; other++) {
                    boolean isToken = Character.isLetterOrDigit(other) || "!#$%&'*+-.^_`|~".indexOf(other) >= 0;
                    if (isToken && Character.toLowerCase(other) != Character.toLowerCase(name.charAt(at))) {
                        String odd = name.substring(0, at) + other + name.substring(at + 1);
                        EmbeddedChannel fresh =
                                new EmbeddedChannel(new RequestDecoder(new HttpServerOptions(), new TurnBudget(loop)));

                        fresh.writeInbound(
                                Unpooled.copiedBuffer(HEAD + odd + ": 7\r\n\r\n", StandardCharsets.ISO_8859_1));

                        HttpRequest request = fresh.readInbound();
                        assertThat(request.decoderResult().isSuccess()).as(odd).isTrue();
                        assertThat(request.headers().get(odd)).as(odd).isEqualTo("7");
                        assertThat(request.headers().contains(name)).as(odd).isEqualTo(name.equals("Host"));
                        fresh.finishAndReleaseAll();
                    }
                }
            }
        }
    }

    @Test
    void headOfAWebSocketDraft_hasNoBody() {
        assertThat(targets(receive(HEAD + "Sec-WebSocket-Key1: a\r\nsec-websocket-key2: b\r\n\r\n" + NEXT)))
                .containsExactly("/a", "/b");
    }

    @Test
    void minorVersion_above1_isReadAs11() {
        HttpRequest request =
                (HttpRequest) receive("GET /a HTTP/1.7\r\nHost: a\r\n\r\n").getFirst();

        assertThat(request.protocolVersion()).isEqualTo(HttpVersion.HTTP_1_1);
    }

    @Test
    void chunkedBody_isPassedOnWhenItHasEndedAndEmpty() {
        assertThat(receive(HEAD + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"))
                .isEmpty();

        List<Object> passed = receive("0\r\nT: x\r\n\r\n" + NEXT);

        assertThat(targets(passed)).containsExactly("/a", "/b");
        assertThat(passed.get(1)).isSameAs(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    @Test
    void chunkedBody_malformed_failsTheRequest() {
        List<Object> passed = receive(HEAD + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n" + NEXT);

        assertThat(targets(passed)).containsExactly("/a");
        assertThat(((HttpRequest) passed.getFirst()).decoderResult().isFailure())
                .isTrue();
    }

    @Test
    void expectation_isPassedOnWithoutTheBodyAsTheLastRequest() {
        List<Object> passed = receive(HEAD + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n" + "abc" + NEXT);

        HttpRequest request = (HttpRequest) passed.getFirst();
        assertThat(request.headers().get(HttpHeaderNames.CONNECTION)).isEqualTo("close");
        assertThat(passed).hasSize(2);
        assertThat(passed.getLast()).isSameAs(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    @Test
    void requests_byteByByte_areTheSame() {
        String requests = "\r\n" + HEAD + "X: y\r\n\r\n" + HEAD + "Content-Length: 3\r\n\r\nabc" + HEAD
                + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + NEXT;
        List<Object> passed = new ArrayList<>();
        for (int i = 0; i < requests.length(); i++) {
            passed.addAll(receive(requests.substring(i, i + 1)));
        }

        assertThat(targets(passed)).containsExactly("/a", "/a", "/a", "/b");
        assertThat(passed.stream().filter(LastHttpContent.class::isInstance)).hasSize(4);
    }

    /** Each request is answered as soon as it has been passed on. */
    private List<Object> receive(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
        List<Object> passed = new ArrayList<>();
        for (Object next = channel.readInbound(); next != null; next = channel.readInbound()) {
            if (next instanceof HttpContent) {
                ReferenceCountUtil.release(next);
            }
            passed.add(next);
            if (next instanceof LastHttpContent) {
                decoder.answered();
                loop.pass(Duration.ZERO);
            }
        }
        return passed;
    }

    private static List<String> targets(List<Object> passed) {
        return passed.stream()
                .filter(HttpRequest.class::isInstance)
                .map(message -> ((HttpRequest) message).uri())
                .toList();
    }
}
