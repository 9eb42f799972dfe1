package dev.hotcold.hot.layout;

import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Reading and writing the value stored in Redis, with the end of the user's time and without. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseCompactObjectHeaders")
public class CachedUserCodecBenchmark {

    private long freshUntil = 1_767_225_600_000L;

    private UserId id = (UserId) UserId.parse("u0000001");
    private UserJson user = UserJson.encode(new User(
            id,
            "https://app.example.com/offers/u0000001/w",
            "Welcome back! Take 25 percent off until Sunday, code u0000001."));
    private byte[] endless = CachedUserCodec.write(new CachedUser(user, CachedUser.NO_EXPIRY));
    private byte[] ending = CachedUserCodec.write(new CachedUser(user, freshUntil));

    @Benchmark
    public @Nullable CachedUser read() {
        return CachedUserCodec.read(id, endless);
    }

    @Benchmark
    public @Nullable CachedUser readWithEnd() {
        return CachedUserCodec.read(id, ending);
    }

    @Benchmark
    public byte[] write() {
        return CachedUserCodec.write(new CachedUser(user, CachedUser.NO_EXPIRY));
    }

    @Benchmark
    public byte[] writeWithEnd() {
        return CachedUserCodec.write(new CachedUser(user, freshUntil));
    }
}
