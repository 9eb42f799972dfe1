package dev.hotcold.testkit;

import dev.hotcold.app.SocketTransport;
import dev.hotcold.hot.connection.RedisResources;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.util.Objects;

/** Lettuce as a client of tests, on the transport of a service in the same process: Lettuce takes but one. */
public final class RedisClients {

    /** The setting for the whole test run, from its own environment. */
    static final String IO_URING = Objects.requireNonNullElse(System.getenv("IO_URING"), "auto");

    private static final boolean IS_IO_URING =
            SocketTransport.choose(!IO_URING.equals("off")).isIoUring();

    static {
        RedisResources.chooseTransport(IS_IO_URING);
    }

    private RedisClients() {}

    /** What connections of the service's own share. */
    public static RedisResources resources() {
        return new RedisResources(IS_IO_URING);
    }

    /** A client of this Redis. */
    public static RedisClient of(RedisURI uri) {
        return RedisClient.create(uri);
    }
}
