package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.connection.RedisEndpoint;
import dev.hotcold.hot.connection.RedisLocation;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RedisAddressTest {

    @ParameterizedTest
    @CsvSource({
        "cache,                        cache, 6379, false, '', '', 0",
        "cache:7000,                   cache, 7000, false, '', '', 0",
        "10.0.0.1:7000,                10.0.0.1, 7000, false, '', '', 0",
        "[::1],                        ::1, 6379, false, '', '', 0",
        "[::1]:7000,                   ::1, 7000, false, '', '', 0",
        "redis://cache,                cache, 6379, false, '', '', 0",
        "redis://cache:7000/,          cache, 7000, false, '', '', 0",
        "redis://cache/15,             cache, 6379, false, '', '', 15",
        "rediss://[::1]:7000/2,        ::1, 7000, true, '', '', 2",
        "REDIS://:pw@cache,            cache, 6379, false, '', pw, 0",
        "rediss://reader:p%40%2F@cache/1, cache, 6379, true, reader, p@/, 1",
        "redis://reader:p@:w@cache/1,  cache, 6379, false, reader, p@:w, 1"
    })
    void load_address_isRead(
            String text, String host, int port, boolean tls, String username, String password, int database) {
        RedisEndpoint endpoint =
                Loading.valid("REDIS_ADDR", text).config().stores().redis().endpoint();

        assertThat(endpoint.location()).isEqualTo(new RedisLocation.Server(host, port));
        assertThat(endpoint.tls()).isEqualTo(tls);
        assertThat(endpoint.username().orElse("")).isEqualTo(username);
        assertThat(endpoint.password().orElse("")).isEqualTo(password);
        assertThat(endpoint.database()).isEqualTo(database);
        assertThat(endpoint.isEmbedded()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "redis-sentinel://s1,s2:7000,[::1]/3?master=main | redis-sentinel://s1:26379,s2:7000,[::1]:26379/3?master=main",
                "rediss-sentinel://reader:pw@s1?master=my+main   | rediss-sentinel://s1:26379/0?master=my+main",
            })
    void load_sentinels_areRead(String text, String endpoint) {
        assertThat(Loading.valid("REDIS_ADDR", text).config().stores().redis().endpoint())
                .hasToString(endpoint);
    }

    @Test
    void load_loginOfSentinels_isTheirOwn() {
        RedisEndpoint endpoint = Loading.valid(
                        "REDIS_ADDR",
                        "redis-sentinel://reader:pw@s1?master=main",
                        "REDIS_SENTINEL_USERNAME",
                        "watcher",
                        "REDIS_SENTINEL_PASSWORD",
                        "other")
                .config()
                .stores()
                .redis()
                .endpoint();

        assertThat(endpoint.location())
                .isEqualTo(new RedisLocation.Sentinels(
                        List.of(new RedisLocation.Server("s1", 26379)),
                        "main",
                        Optional.of("watcher"),
                        Optional.of("other")));
        assertThat(endpoint.password()).contains("pw");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "redis-sentinel://s1   | the name that the Sentinels have for the primary",
                "redis-sentinel://s1?master= | the name that the Sentinels have for the primary",
                "redis-sentinel://s1,?master=m | one host: a name, an IPv4 address or an IPv6 address",
                "redis-sentinel://s1:0?master=m | a port from 1 to 65535",
                ":6379                 | one host: a name, an IPv4 address or an IPv6 address",
                "::1                   | one host: a name, an IPv4 address or an IPv6 address",
                "a/b                   | one host: a name, an IPv4 address or an IPv6 address",
                "cache:                | a port from 1 to 65535",
                "cache:0               | a port from 1 to 65535",
                "cache:65536           | a port from 1 to 65535",
                "cache:1:2             | a port from 1 to 65535",
                "reader:pw@cache:6379  | user and password only in a URL",
                "http://cache          | host:port, or a URL that starts with redis://, rediss://, redis-sentinel:// or rediss-sentinel://",
                "redis://              | one host: a name, an IPv4 address or an IPv6 address",
                "redis://cache:x       | a port from 1 to 65535",
                "redis://pw@cache      | a colon between user and password",
                "redis://u:%@cache     | in the password, % only before two hexadecimal digits of UTF-8 text",
                "redis://cache/x       | after the host, a database number from 0 to 10000",
                "redis://cache/10001   | after the host, a database number from 0 to 10000",
                "redis://cache/-1      | after the host, a database number from 0 to 10000"
            })
    void load_malformedAddress_tellsWhatIsAllowed(String text, String allowed) {
        assertThat(Loading.load("REDIS_ADDR", text).expectations()).containsExactly(allowed);
    }
}
