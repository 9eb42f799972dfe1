package dev.hotcold.config.settings;

import static dev.hotcold.config.parse.WholeNumber.count;
import static dev.hotcold.config.parse.WholeNumber.milliseconds;
import static dev.hotcold.config.parse.WholeNumber.port;
import static dev.hotcold.config.parse.WholeNumber.seconds;
import static dev.hotcold.config.settings.SettingKinds.choice;
import static dev.hotcold.config.settings.SettingKinds.duration;
import static dev.hotcold.config.settings.SettingKinds.number;

import dev.hotcold.config.parse.Masking;
import dev.hotcold.http.access.AllowedOrigins;
import dev.hotcold.http.response.ResponseStyle;
import java.time.Duration;
import java.util.List;

/** The public port: timeouts, limits, and how responses look. */
public final class HttpDefinitions {
    public static final Setting<Integer> PORT =
            number("PORT", "8080", port(), "port the service listens on, on all interfaces");
    public static final Setting<Duration> HTTP_READ_TIMEOUT = duration(
            "HTTP_READ_TIMEOUT_SEC",
            "5",
            seconds(0, 3_600).zeroMeans("no limit"),
            "time limit from the first byte of a request to the end of its headers");
    public static final Setting<Duration> HTTP_WRITE_TIMEOUT = duration(
            "HTTP_WRITE_TIMEOUT_SEC",
            "5",
            seconds(0, 3_600).zeroMeans("no limit"),
            "how long a client may leave a response unread before its connection is closed");
    public static final Setting<Duration> HTTP_IDLE_TIMEOUT = duration(
            "HTTP_IDLE_TIMEOUT_SEC",
            "30",
            seconds(0, 3_600).zeroMeans("no limit"),
            "client connections idle for this long are closed; let clients close theirs sooner");
    public static final Setting<Integer> HTTP_MAX_HEADER_BYTES = number(
            "HTTP_MAX_HEADER_BYTES",
            "8192",
            count(512, 1_048_576),
            "largest headers of a request, beyond which it gets 431; a request line may have half of that, or gets 414");
    public static final Setting<Integer> HTTP_MAX_CONNECTIONS = number(
            "HTTP_MAX_CONNECTIONS",
            "20000",
            count(0, 1_000_000).zeroMeans("no limit"),
            "limit of open client connections, within what the limit of open files allows; further ones are closed, without TLS"
                    + " after a 503");
    public static final Setting<Integer> HTTP2_MAX_STREAMS = number(
            "HTTP2_MAX_STREAMS", "256", count(1, 100_000), "limit of concurrent streams on one HTTP/2 connection");
    public static final Setting<Duration> REQUEST_TIMEOUT = duration(
            "REQUEST_TIMEOUT_MS",
            "300",
            milliseconds(10, 60_000),
            "latency budget of a request: the longest a caller waits for a response");
    public static final Setting<ResponseStyle> RESPONSE_STYLE = choice(
            "RESPONSE_STYLE",
            "status",
            ResponseStyle.class,
            "what code and message say in a response: the HTTP status and the layer that answered, or 0 and ok");
    public static final Setting<Duration> HTTP_CACHE = duration(
            "HTTP_CACHE_SECONDS",
            "0",
            seconds(0, 86_400).zeroMeans("not at all"),
            "how long caches in front may keep a user; with API keys or client certificates, the caller's own only");
    public static final Setting<AllowedOrigins> CORS_ALLOWED_ORIGINS = new Setting<>(
            "CORS_ALLOWED_ORIGINS",
            "",
            Origins.ALLOWED + "; unset = none",
            "origins whose pages may look users up from a browser (CORS)",
            Masking::plain,
            Origins::parse);

    static final SettingGroup GROUP = new SettingGroup(
            "HTTP",
            List.of(
                    PORT,
                    HTTP_READ_TIMEOUT,
                    HTTP_WRITE_TIMEOUT,
                    HTTP_IDLE_TIMEOUT,
                    HTTP_MAX_HEADER_BYTES,
                    HTTP_MAX_CONNECTIONS,
                    HTTP2_MAX_STREAMS,
                    REQUEST_TIMEOUT,
                    RESPONSE_STYLE,
                    HTTP_CACHE,
                    CORS_ALLOWED_ORIGINS),
            """
            `REQUEST_TIMEOUT_MS` is divided: a reply of Redis is awaited for a third of it at most, Redis and leases together for
            half, whatever the timeouts of Redis say, so that half is always left for PostgreSQL.

            `HTTP_CACHE_SECONDS` and `CORS_ALLOWED_ORIGINS` are for [caches and browsers](proxies.md).
            """);

    private HttpDefinitions() {}
}
