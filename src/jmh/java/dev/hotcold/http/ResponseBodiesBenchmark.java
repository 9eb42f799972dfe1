package dev.hotcold.http;

import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.buffer.Buffer;
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

/** The body of a hit. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseCompactObjectHeaders")
public class ResponseBodiesBenchmark {

    private final ResponseBodies bodies = new ResponseBodies(ResponseStyle.STATUS, System::currentTimeMillis);
    private UserJson user = UserJson.encode(new User(
            (UserId) UserId.parse("u0000001"),
            "https://app.example.com/offers/u0000001/w",
            "Welcome back! Take 25 percent off until Sunday, code u0000001."));

    @Benchmark
    public Buffer found() {
        return bodies.found(user, Layer.HOT);
    }
}
