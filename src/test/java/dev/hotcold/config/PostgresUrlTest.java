package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.driver.PostgresTrust.SslMode;
import dev.hotcold.config.parse.PercentEncoding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PostgresUrlTest {

    @ParameterizedTest
    @CsvSource({
        "postgres://app@db,                       db, 5432, app, '', app",
        "postgresql://app:pw@db:6543/users,       db, 6543, app, pw, users",
        "POSTGRES://app:pw@db/,                   db, 5432, app, pw, app",
        "postgres://app:@db/users,                db, 5432, app, '', users",
        "postgres://app:pw@[::1]/users,           ::1, 5432, app, pw, users",
        "postgres://app:pw@[2001:db8::7]:1/users, 2001:db8::7, 1, app, pw, users",
        "postgres://a%40b:p%3A%2F%3F%23%25@db/u%20s, db, 5432, a@b, p:/?#%, u s",
        "postgres://%C3%A9:%F0%9F%94%91@db,       db, 5432, é, 🔑, é",
        "postgres://app:p@:#+@db/users,           db, 5432, app, p@:#+, users",
        "postgres://app:pw@my_db.svc-1/a/b,       my_db.svc-1, 5432, app, pw, a/b"
    })
    void load_url_isReadAsLibpqDoes(String url, String host, int port, String user, String password, String database) {
        PostgresSettings settings = settings(url);

        assertThat(settings.endpoint().host()).isEqualTo(host);
        assertThat(settings.endpoint().port()).isEqualTo(port);
        assertThat(settings.endpoint().user()).isEqualTo(user);
        assertThat(settings.endpoint().password().orElse("")).isEqualTo(password);
        assertThat(settings.endpoint().database()).isEqualTo(database);
        assertThat(settings.trust().sslMode()).isEqualTo(SslMode.PREFER);
        assertThat(settings.isEmbedded()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "disable, DISABLE",
        "prefer, PREFER",
        "require, REQUIRE",
        "verify-ca, VERIFY_CA",
        "verify-full, VERIFY_FULL"
    })
    void load_sslmode_isRead(String text, SslMode mode) {
        assertThat(settings("postgres://app@db?sslmode=" + text).trust().sslMode())
                .isEqualTo(mode);
    }

    @Test
    void load_sslrootcert_isThatFile(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("root ca.pem"));

        PostgresSettings settings = settings(
                "postgres://app@db?sslmode=verify-full&sslrootcert=" + PercentEncoding.encode(file.toString()));

        assertThat(settings.trust().rootCertificate()).contains(file);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/no/such/file.pem", "src"})
    void load_sslrootcertNotAReadableFile_isAProblem(String file) {
        assertThat(Loading.load("DATABASE_URL", "postgres://app@db?sslrootcert=" + file)
                        .expectations())
                .containsExactly("sslrootcert naming a readable PEM file");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mysql://app@db            | a URL that starts with postgres:// or postgresql://",
                "jdbc:postgresql://app@db  | a URL that starts with postgres:// or postgresql://",
                "host=db user=app          | a URL that starts with postgres:// or postgresql://",
                "db:5432                   | a URL that starts with postgres:// or postgresql://",
                "postgres://db             | a user name before the host",
                "postgres://@db            | a user name before the host",
                "postgres://:pw@db         | a user name before the host",
                "postgres://app@           | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@:5432/x    | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@/x         | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@::1/x      | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@[::z]/x    | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@[::1/x     | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@a b/x      | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@h1,h2/x    | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@db:/x      | a port from 1 to 65535",
                "postgres://app@db:0/x     | a port from 1 to 65535",
                "postgres://app@db:65536/x | a port from 1 to 65535",
                "postgres://app@db:+1/x    | a port from 1 to 65535",
                "postgres://app@db:x/x     | a port from 1 to 65535",
                "postgres://app:%zz@db     | in the password, % only before two hexadecimal digits of UTF-8 text",
                "postgres://app:%4@db      | in the password, % only before two hexadecimal digits of UTF-8 text",
                "postgres://app:%FF@db     | in the password, % only before two hexadecimal digits of UTF-8 text",
                "postgres://app:%00@db     | in the password, % only before two hexadecimal digits of UTF-8 text",
                "postgres://a%pp@db/x      | in the user name, % only before two hexadecimal digits of UTF-8 text",
                "postgres://app@db/%       | in the database name, % only before two hexadecimal digits of UTF-8 text",
                "postgres://app@db?sslmode=allow | sslmode disable, prefer, require, verify-ca or verify-full",
                "postgres://app@db?sslmode= | sslmode disable, prefer, require, verify-ca or verify-full",
                "postgres://app@db?sslmode | parameters as name=value, with & between them",
                "postgres://app@db?=x      | parameters as name=value, with & between them"
            })
    void load_malformedUrl_tellsWhatIsAllowed(String url, String allowed) {
        assertThat(Loading.load("DATABASE_URL", url).expectations()).containsExactly(allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgres://app:1/2@db/x", "postgres://app:1?2@db/x"})
    void load_passwordWithBareSeparator_tellsToEncodeIt(String url) {
        assertThat(Loading.load("DATABASE_URL", url).problems())
                .first()
                .extracting(Problem::fix)
                .asString()
                .startsWith("percent-encode");
    }

    private static PostgresSettings settings(String url) {
        return Loading.valid("DATABASE_URL", url).config().stores().postgres();
    }
}
