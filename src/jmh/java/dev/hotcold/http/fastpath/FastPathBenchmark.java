package dev.hotcold.http.fastpath;

import dev.hotcold.http.response.LookupHeaders;
import dev.hotcold.http.response.LookupResponses;
import dev.hotcold.http.response.ResponseStyle;
import dev.hotcold.lookup.LookupResult;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.loop.NettyLoop;
import dev.hotcold.user.ParsedUserId;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The two ends of the fast path: parsing a request, and encoding the response to a hit. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseCompactObjectHeaders")
public class FastPathBenchmark {

    private final ByteBufAllocator allocator = new AdaptiveByteBufAllocator();
    private final LookupRequestParser request = new LookupRequestParser(8192, false, false);
    private final LookupResponses responses =
            new LookupResponses(ResponseStyle.STATUS, LookupHeaders.UNSHARED, new NettyLoop(new DefaultEventLoop()));
    private ByteBuf in = Unpooled.directBuffer()
            .writeBytes(String.join(
                            "\r\n",
                            "GET /v1/users?user_id=u0000001 HTTP/1.1",
                            "Host: users.example.com",
                            "User-Agent: backend/1.0",
                            "Accept: */*",
                            "",
                            "")
                    .getBytes(StandardCharsets.US_ASCII));
    private LookupResult found = new Found(
            UserJson.encode(new User(
                    (UserId) UserId.parse("u0000001"),
                    "https://app.example.com/offers/u0000001/w",
                    "Welcome back! Take 25 percent off until Sunday, code u0000001.")),
            Layer.HOT);

    @Benchmark
    public ParsedUserId parse() {
        return request.parse(in) ? request.userId() : ParsedUserId.Malformed.MALFORMED;
    }

    @Benchmark
    public int encode() {
        ByteBuf out = responses.of(found).encode(allocator);
        int length = out.readableBytes();
        out.release();
        return length;
    }
}
