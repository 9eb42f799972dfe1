package dev.hotcold.http.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hotcold.http.request.UserIdParameter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/** Whatever bytes a client sends: what is parsed as a plain lookup is the same request to Netty's decoder. */
class LookupRequestParserFuzzTest {

    private static final String TARGET = "/v1/users?";

    private final LookupRequestParser request = new LookupRequestParser(8192, true, true);

    @FuzzTest
    void parse_anyBytes_areNotPlainOrTheRequestThatNettyDecodes(byte[] bytes) {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);

        if (request.parse(in)) {
            assertThat(in.readerIndex()).isZero();
            EmbeddedChannel decoder = new EmbeddedChannel(new HttpRequestDecoder());
            decoder.writeInbound(Unpooled.copiedBuffer(in.slice(0, request.length())));
            HttpRequest same = decoder.readInbound();
            assertThat(same.decoderResult().isSuccess()).isTrue();
            assertThat(same.method()).isEqualTo(HttpMethod.GET);
            assertThat(same.protocolVersion()).isEqualTo(HttpVersion.HTTP_1_1);
            assertThat(same.uri()).startsWith(TARGET);
            assertThat(request.userId())
                    .isEqualTo(UserIdParameter.parse(same.uri().substring(TARGET.length())));
            assertThat(HttpUtil.isKeepAlive(same)).isTrue();
            assertThat(HttpUtil.is100ContinueExpected(same)).isFalse();
            assertThat(same.headers().contains(HttpHeaderNames.UPGRADE)).isFalse();
            assertThat(same.headers().contains(HttpHeaderNames.CACHE_CONTROL)).isFalse();
            assertThat(same.headers().contains(HttpHeaderNames.ORIGIN)).isFalse();
            assertThat(request.authorization()).isEqualTo(header(same, "Authorization"));
            assertThat(request.apiKey()).isEqualTo(header(same, "X-API-Key"));
            // Neither a body nor another request.
            assertThat(decoder.<Object>readInbound()).isSameAs(LastHttpContent.EMPTY_LAST_CONTENT);
            assertThat(decoder.<Object>readInbound()).isNull();
            assertThat(decoder.finish()).isFalse();
        }
    }

    private static @Nullable String header(HttpRequest of, String name) {
        return of.headers().get(name);
    }
}
