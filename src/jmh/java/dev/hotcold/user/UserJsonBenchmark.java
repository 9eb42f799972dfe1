package dev.hotcold.user;

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

/** Encoding a user as it comes from PostgreSQL, and proving one as it comes from Redis. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseCompactObjectHeaders")
public class UserJsonBenchmark {

    private UserId id = (UserId) UserId.parse("u0000001");
    private User plain = new User(
            id,
            "https://app.example.com/offers/u0000001/w",
            "Welcome back! Take 25 percent off until Sunday, code u0000001.");
    private User escaped =
            new User(id, "https://app.example.com/offers/\"u0000001\"/w", "Grüße!\nTake 25 % off, 🎉 until Sunday.");
    private byte[] plainBytes = UserJson.encode(plain).toObject();
    private byte[] escapedBytes = UserJson.encode(escaped).toObject();

    @Benchmark
    public UserJson encode() {
        return UserJson.encode(plain);
    }

    @Benchmark
    public UserJson encodeEscaped() {
        return UserJson.encode(escaped);
    }

    @Benchmark
    public @Nullable UserJson prove() {
        return UserJson.prove(id, plainBytes, 1);
    }

    @Benchmark
    public @Nullable UserJson proveEscaped() {
        return UserJson.prove(id, escapedBytes, 1);
    }
}
