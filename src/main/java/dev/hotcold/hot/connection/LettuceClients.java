package dev.hotcold.hot.connection;

import dev.hotcold.log.ForeignText;
import dev.hotcold.tls.AuthorityFile;
import dev.hotcold.tls.CertificateProblem;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.ExtendedKeepAliveSupport;
import io.lettuce.core.resource.IOUringProvider;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lettuce clients for an endpoint, and why they failed in an operator's words. */
public final class LettuceClients {

    private static final Duration KEEPALIVE_IDLE = Duration.ofSeconds(5);
    private static final Duration KEEPALIVE_INTERVAL = Duration.ofSeconds(1);
    private static final Duration UNACKNOWLEDGED = Duration.ofSeconds(5);

    private LettuceClients() {}

    /**
     * A client that reconnects by itself and whose commands have no time-out of its own.
     *
     * @param dialTimeout the longest for one connection attempt, handshake included
     */
    static RedisClient reconnecting(RedisEndpoint endpoint, Duration dialTimeout, ClientResources resources) {
        RedisClient client = RedisClient.create(resources, uri(endpoint, dialTimeout));
        client.setOptions(ClientOptions.builder()
                .autoReconnect(true)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .socketOptions(socket(dialTimeout))
                .sslOptions(tls(endpoint))
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .build());
        return client;
    }

    /** Lettuce refuses options that its transport lacks, as java.nio does TCP_USER_TIMEOUT: then deadlines alone notice. */
    private static SocketOptions socket(Duration dialTimeout) {
        SocketOptions.Builder options = SocketOptions.builder().connectTimeout(dialTimeout);
        if (ExtendedKeepAliveSupport.isSupported()) {
            options.keepAlive(SocketOptions.KeepAliveOptions.builder()
                    .enable()
                    .idle(KEEPALIVE_IDLE)
                    .interval(KEEPALIVE_INTERVAL)
                    .count(3)
                    .build());
        } else {
            options.keepAlive(true);
        }
        if (EpollProvider.isAvailable() || IOUringProvider.isAvailable()) {
            options.tcpUserTimeout(SocketOptions.TcpUserTimeoutOptions.builder()
                    .enable()
                    .tcpUserTimeout(UNACKNOWLEDGED)
                    .build());
        }
        return options.build();
    }

    /**
     * A client for callers that may block. It does not reconnect: its user starts over.
     *
     * @param connect the longest for one connection attempt
     * @param command the longest for one command
     */
    public static RedisClient blocking(
            RedisEndpoint endpoint, Duration connect, Duration command, ClientResources resources) {
        RedisClient client = RedisClient.create(resources, uri(endpoint, command));
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .socketOptions(SocketOptions.builder().connectTimeout(connect).build())
                .sslOptions(tls(endpoint))
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .build());
        return client;
    }

    /** @param timeout of handshake and commands */
    static RedisURI uri(RedisEndpoint endpoint, Duration timeout) {
        RedisURI.Builder uri = RedisURI.builder().withDatabase(endpoint.database());
        switch (endpoint.location()) {
            case RedisLocation.Server server -> uri.withHost(server.host()).withPort(server.port());
            case RedisLocation.Sentinels sentinels -> {
                uri.withSentinelMasterId(sentinels.primary());
                for (RedisLocation.Server server : sentinels.servers()) {
                    RedisURI.Builder sentinel =
                            RedisURI.builder().withHost(server.host()).withPort(server.port());
                    uri.withSentinel(
                            uri(sentinel, endpoint.tls(), sentinels.username(), sentinels.password(), timeout));
                }
            }
        }
        return uri(uri, endpoint.tls(), endpoint.username(), endpoint.password(), timeout);
    }

    /**
     * Where the Sentinels are; empty = there are none.
     *
     * @param timeout of handshake and commands
     */
    public static List<RedisURI> sentinels(RedisEndpoint endpoint, Duration timeout) {
        return uri(endpoint, timeout).getSentinels();
    }

    private static RedisURI uri(
            RedisURI.Builder uri, boolean tls, Optional<String> username, Optional<String> password, Duration timeout) {
        uri.withSsl(tls).withClientName("hotcold-user-api").withTimeout(timeout);
        password.ifPresent(secret -> username.ifPresentOrElse(
                user -> uri.withAuthentication(user, secret.toCharArray()),
                () -> uri.withPassword(secret.toCharArray())));
        return uri.build();
    }

    private static SslOptions tls(RedisEndpoint endpoint) {
        SslOptions.Builder tls = SslOptions.builder().jdkSslProvider();
        endpoint.authority().ifPresent(pem -> tls.trustManager((SslOptions.Resource) () -> AuthorityFile.open(pem)));
        return tls.build();
    }

    /** Why Redis cannot be reached, for an operator. */
    public static String reason(@Nullable Throwable failure, RedisEndpoint endpoint) {
        return CertificateProblem.describe(failure, String.join(", ", endpoint.hosts()), "REDIS_TLS_CA_FILE")
                .orElseGet(() -> rootMessage(failure));
    }

    /** The message at the bottom of a chain of causes, without the keys of users. */
    public static String rootMessage(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause == null) {
            return "unknown cause";
        }
        if (cause instanceof IllegalArgumentException || cause instanceof UnsupportedOperationException) {
            // Of Lettuce, which quotes what it could not decode: it may be a user.
            return "answered what makes no sense";
        }
        if (cause instanceof ClosedChannelException) {
            return "the connection was closed";
        }
        return cause.getMessage() == null
                ? cause.getClass().getSimpleName()
                : ForeignText.withoutKeys(cause.getMessage());
    }
}
