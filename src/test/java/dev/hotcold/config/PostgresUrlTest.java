package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.driver.PostgresEndpoint;
import dev.hotcold.cold.driver.PostgresSession;
import dev.hotcold.cold.server.PostgresServer;
import dev.hotcold.cold.server.ServerList;
import dev.hotcold.cold.server.TargetSession;
import dev.hotcold.cold.trust.ClientCertificate;
import dev.hotcold.cold.trust.PostgresTrust;
import dev.hotcold.cold.trust.PostgresTrust.SslMode;
import dev.hotcold.config.parse.PercentEncoding;
import io.netty.pkitesting.CertificateBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PostgresUrlTest {

    private static final Path FILES = Path.of("src/test/resources/dev/hotcold/tls");
    private static final Path CERTIFICATE = FILES.resolve("rsa.pem");

    /** Whatever the mode: some would go on without encryption. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sslcert=TLS/rsa.pem&sslkey=DIR/rsa-encrypted.key | sslcert and sslkey | give its password by sslpassword",
                "sslcert=TLS/rsa.pem&sslkey=DIR/rsa-encrypted.key&sslpassword=x | sslcert and sslkey"
                        + " | rsa-encrypted.key cannot be decrypted with this sslpassword",
                "sslcert=TLS/rsa.pem&sslkey=DIR/ec.key | sslcert and sslkey | ec.key holds no RSA key",
                "sslcert=TLS/rsa.pem&sslkey=DIR/other.key | sslcert and sslkey | other.key is not the key of the first",
                "sslcert=pom.xml&sslkey=DIR/rsa.key | sslcert and sslkey | pom.xml holds no certificate in PEM form",
                "sslrootcert=pom.xml | sslrootcert | pom.xml holds no certificate in PEM form",
                "sslrootcert=DIR/half.pem | sslrootcert | half.pem holds a certificate that is cut off: write the file again",
            })
    void load_fileThatCannotBeUsed_isRefused(String parameters, String names, String why, @TempDir Path directory)
            throws Exception {
        for (String file : List.of("rsa.key", "ec.key", "rsa-encrypted.key")) {
            Files.setPosixFilePermissions(
                    Files.copy(FILES.resolve(file), directory.resolve(file)),
                    PosixFilePermissions.fromString("rw-------"));
        }
        Files.createFile(
                directory.resolve("other.key"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(
                directory.resolve("other.key"),
                new CertificateBuilder()
                        .subject("CN=other")
                        .setIsCertificateAuthority(true)
                        .rsa2048()
                        .buildSelfSigned()
                        .getPrivateKeyPEM());
        String whole = Files.readString(CERTIFICATE);
        Files.writeString(directory.resolve("half.pem"), whole + whole.substring(0, whole.length() / 2));
        String files = parameters.replace("TLS/", FILES + "/").replace("DIR/", directory + "/");

        for (String mode : List.of("", "&sslmode=allow", "&sslmode=verify-full")) {
            assertThat(Loading.load("DATABASE_URL", "postgres://app@db?" + files + mode)
                            .problems())
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.allowed()).isEqualTo(names + " that can be used"))
                    .satisfies(problem -> assertThat(problem.fix()).contains(why));
        }
    }

    /** As psql does. */
    @Test
    void load_keyInDerForm_isTaken(@TempDir Path directory) throws IOException {
        Path key = Files.copy(FILES.resolve("rsa.der"), directory.resolve("k.der"));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));

        assertThat(settings("postgres://app@db?sslcert=" + CERTIFICATE + "&sslkey=" + key)
                        .trust()
                        .client())
                .isPresent();
    }

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
        "allow, ALLOW",
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
        Path file = Files.copy(CERTIFICATE, directory.resolve("root ca.pem"));

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
                "postgres://app@h1,/x      | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@,h2/x      | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@h1,h 2/x   | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@h1,h2:x/x  | a port from 1 to 65535",
                "postgres://app@h1:1,h2:2/x?host=h3 | one port for all hosts, or as many ports as hosts",
                "postgres://app@h1,h2,h3/x?port=1,2 | one port for all hosts, or as many ports as hosts",
                "postgres://app@h1,h2/x?host=h1,h2,h3 | one port for all hosts, or as many ports as hosts",
                "postgres://app@h1,h2/x?port=1,0 | a port from 1 to 65535",
                "postgres://app@db/x?host= | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@%2Ftmp/x?host= | one host: a name, an IPv4 address or an IPv6 address",
                "postgres://app@db/x?user= | a user name before the host",
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
                "postgres://app@db?sslmode=any | sslmode disable, allow, prefer, require, verify-ca or verify-full",
                "postgres://app@db?sslmode= | sslmode disable, allow, prefer, require, verify-ca or verify-full",
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

    @ParameterizedTest
    @CsvSource({
        "postgres:///users?host=db&user=app,                          db, 5432, app, users",
        "postgres://app@/users?host=db&port=6543,                     db, 6543, app, users",
        "postgres://app@:6543/users?host=db,                          db, 6543, app, users",
        "postgres://x@other:1/y?host=db&port=2&user=app&dbname=users, db, 2, app, users",
        "postgres://app@/users?host=::1,                              ::1, 5432, app, users",
        "postgres:///users?host=/var/run/postgresql&user=app,         /var/run/postgresql, 5432, app, users",
        "postgres://app@/users?host=%2Fvar%2Frun&port=6543,           /var/run, 6543, app, users",
        "postgres://app@%2Fvar%2Frun/users,                           /var/run, 5432, app, users",
        "postgres://app@%2fvar%2frun:6543/users,                      /var/run, 6543, app, users",
        "postgresql://app@db/users?dbname=,                           db, 5432, app, app",
        "postgresql://app@db:1/users?port=,                           db, 5432, app, users",
        "postgresql://app@:1/users?host=db&port=,                     db, 5432, app, users",
        "postgresql://app:pw@db/users?password=,                      db, 5432, app, users",
    })
    void load_parametersInPlaceOfParts_areReadAsLibpqDoes(
            String url, String host, int port, String user, String database) {
        assertThat(settings(url).endpoint())
                .isEqualTo(new PostgresEndpoint(host, port, database, user, Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "postgres://app@h1,h2/x                             | h1:5432 h2:5432",
                "postgres://app@h1:1,h2:2/x                         | h1:1 h2:2",
                "postgres://app@h1,h2:2/x                           | h1:5432 h2:2",
                "postgres://app@[::1]:1,[2001:db8::7],h3/x          | [::1]:1 [2001:db8::7]:5432 h3:5432",
                "postgres://app@h1,h2/x?port=7                      | h1:7 h2:7",
                "postgres://app@h1:1,h2:2/x?port=3,4                | h1:3 h2:4",
                "postgres://app@h1:1,h2:2/x?port=3,                 | h1:3 h2:5432",
                "postgres://app@h1:1,h2:2/x?port=                   | h1:5432 h2:5432",
                "postgres://app@/x?host=h1,h2                       | h1:5432 h2:5432",
                "postgres://app@/x?host=h1,h2&port=1,2              | h1:1 h2:2",
                "postgres://app@/x?host=h1,h2&port=,2               | h1:5432 h2:2",
                "postgres://app@/x?host=h1,::1,/tmp&port=9          | h1:9 [::1]:9 /tmp/.s.PGSQL.9",
                "postgres://app@a:1,b:2/x?host=h1,h2                | h1:1 h2:2",
                "postgres://app@:6/x?host=h1,h2                     | h1:6 h2:6",
                "postgres://app@%2Ftmp:1,h2/x                       | /tmp/.s.PGSQL.1 h2:5432",
            })
    void load_severalHosts_areReadAsLibpqDoes(String url, String servers) {
        assertThat(settings(url).endpoint().servers().all())
                .extracting(PostgresServer::toString)
                .containsExactly(servers.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "any, ANY",
        "read-write, READ_WRITE",
        "primary, PRIMARY",
    })
    void load_targetSessionAttrs_isRead(String text, TargetSession target) {
        assertThat(settings("postgres://app@h1,h2/x?target_session_attrs=" + text)
                        .endpoint()
                        .servers())
                .isEqualTo(new ServerList(
                        List.of(new PostgresServer("h1", 5432), new PostgresServer("h2", 5432)), target, false));
        assertThat(settings("postgres://app@h1/x?load_balance_hosts=random&target_session_attrs=")
                        .endpoint()
                        .servers()
                        .isRandom())
                .isTrue();
    }

    /** What the change feed has applied, a standby may not have replayed: a fill from there would keep the old user. */
    @ParameterizedTest
    @CsvSource({"read-only, READ_ONLY", "standby, STANDBY", "prefer-standby, PREFER_STANDBY"})
    void load_targetThatAvoidsThePrimary_onlyWithoutTheChangeFeed(String text, TargetSession target) {
        String url = "postgres://app@h1,h2/x?target_session_attrs=" + text;

        assertThat(Loading.load("DATABASE_URL", url).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.allowed())
                        .startsWith("target_session_attrs=" + text + " only with CHANGE_FEED=off: a standby sees"))
                .satisfies(problem -> assertThat(problem.fix())
                        .isEqualTo("write target_session_attrs=read-write, or set CHANGE_FEED=off"));
        assertThat(Loading.load("CHANGE_FEED", "on", "DATABASE_URL", url).problems())
                .hasSize(1);
        assertThat(Loading.valid("CHANGE_FEED", "off", "DATABASE_URL", url)
                        .config()
                        .stores()
                        .postgres()
                        .endpoint()
                        .servers()
                        .target())
                .isEqualTo(target);
        assertThat(Loading.load("CHANGE_FEED_DATABASE_URL", url).expectations())
                .containsExactly("the primary, which alone can be followed");
        assertThat(Loading.load(
                                "DATABASE_URL",
                                url.replace(text, "read-write"),
                                "CHANGE_FEED_DATABASE_URL",
                                url.replace(text, "primary"))
                        .problems())
                .isEmpty();
    }

    @Test
    void load_parametersOfTheSession_areRead() {
        PostgresSession session = settings("postgres://app@db?application_name=a%20b&options=-c%20x%3Dy&search_path=t"
                        + "&connect_timeout=7&keepalives=0&keepalives_idle=1&keepalives_interval=2&keepalives_count=3")
                .endpoint()
                .session();

        assertThat(session)
                .isEqualTo(new PostgresSession(
                        "a b",
                        Optional.of("-c x=y"),
                        Optional.of("t"),
                        Optional.of(Duration.ofSeconds(7)),
                        new PostgresSession.KeepAlive(false, 1, 2, 3)));
    }

    /** Asking for what is done anyway. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "target_session_attrs=any",
                "load_balance_hosts=disable",
                "gssencmode=disable",
                "gssencmode=prefer",
                "client_encoding=UTF8",
                "client_encoding=utf-8",
                "client_encoding=auto",
                "sslnegotiation=postgres",
                "sslsni=1",
                "sslcompression=0",
                "sslcertmode=allow",
                "channel_binding=prefer",
                "replication=false",
                "min_protocol_version=3.0",
                "max_protocol_version=3.0",
                "max_protocol_version=latest",
                "ssl_min_protocol_version=TLSv1"
            })
    void load_parameterThatAsksForTheDefault_changesNothing(String parameter) {
        assertThat(Loading.valid("DATABASE_URL", "postgres://app@db?" + parameter))
                .isEqualTo(Loading.valid("DATABASE_URL", "postgres://app@db"));
    }

    /** None is passed over in silence, and each is named with what to do. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hostaddr=10.0.0.1                    | hostaddr | write the address as the host",
                "passfile=/home/app/.pgpass           | passfile | write what the file says into the URL",
                "service=app                          | service | write what the file says into the URL",
                "servicefile=/etc/pg_service.conf     | servicefile | write what the file says into the URL",
                "replication=database                 | replication | leave it out",
                "tcp_user_timeout=1000                | tcp_user_timeout | leave it out",
                "gssencmode=require                   | gssencmode | log in by a password",
                "gssdelegation=1                      | gssdelegation | log in by a password",
                "gsslib=gssapi                        | gsslib | log in by a password",
                "krbsrvname=postgres                  | krbsrvname | log in by a password",
                "require_auth=scram-sha-256           | require_auth | channel_binding=require",
                "requirepeer=postgres                 | requirepeer | protect the socket's directory",
                "sslcrl=/etc/crl.pem                  | sslcrl | need a new authority",
                "sslcrldir=/etc/crl                   | sslcrldir | need a new authority",
                "sslcompression=1                     | sslcompression | never compressed",
                "sslsni=0                             | sslsni | leave it out",
                "sslcertmode=require                  | sslcertmode | leave it out",
                "sslnegotiation=direct                | sslnegotiation | leave it out",
                "sslkeylogfile=/tmp/keys              | sslkeylogfile | never written",
                "min_protocol_version=3.2             | min_protocol_version | version 3.0 is spoken",
                "min_protocol_version=latest          | min_protocol_version | version 3.0 is spoken",
                "max_protocol_version=2.0             | max_protocol_version | version 3.0 is spoken",
                "oauth_issuer=https://id              | oauth_issuer | not by OAuth",
                "oauth_client_id=x                    | oauth_client_id | not by OAuth",
                "oauth_client_secret=x                | oauth_client_secret | not by OAuth",
                "oauth_scope=x                        | oauth_scope | not by OAuth",
                "scram_client_key=x                   | scram_client_key | give the password",
                "scram_server_key=x                   | scram_server_key | give the password",
                "requiressl=1                         | requiressl | write sslmode=require",
                "ssl=on                               | ssl | write sslmode=require",
                "client_encoding=LATIN1               | client_encoding | write client_encoding=UTF8",
                "currentSchema=tenant                 | currentSchema | write search_path",
                "schema=tenant                        | schema | write search_path",
                "ApplicationName=x                    | ApplicationName | write application_name",
                "pool_max_conns=10                    | pool_max_conns | set PG_MAX_CONNS",
                "statement_timeout=5000               | statement_timeout | options=-c%20statement_timeout%3DVALUE",
                "default_query_exec_mode=exec         | default_query_exec_mode | leave it out",
                "SSLMODE=require                      | SSLMODE | leave it out",
            })
    void load_parameterThatIsNotSupported_isRefusedByName(String parameter, String name, String fix) {
        assertThat(Loading.load("DATABASE_URL", "postgres://app@db?" + parameter)
                        .problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.allowed()).endsWith(" " + name))
                .satisfies(problem -> assertThat(problem.fix()).contains(fix));
        assertThat(Loading.load("CHANGE_FEED_DATABASE_URL", "postgres://app@db?" + parameter)
                        .problems())
                .singleElement()
                .extracting(Problem::name)
                .isEqualTo("CHANGE_FEED_DATABASE_URL");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "connect_timeout=0           | connect_timeout from 1 to 300",
                "connect_timeout=-1          | connect_timeout from 1 to 300",
                "connect_timeout=1s          | connect_timeout from 1 to 300",
                "keepalives=yes              | keepalives from 0 to 1",
                "channel_binding=on          | channel_binding disable, prefer or require",
                "sslrootcert=system&sslmode=require | sslrootcert=system only with sslmode=verify-full",
                "ssl=true&sslmode=verify-full | sslmode or ssl, not both",
                "sslmode=disable&channel_binding=require | channel_binding=require only with encryption",
                "host=/tmp&channel_binding=require | channel_binding=require only with encryption",
                "ssl_max_protocol_version=TLSv1.1 | ssl_min_protocol_version and ssl_max_protocol_version with TLSv1.2"
                        + " or TLSv1.3 between them",
                "ssl_min_protocol_version=SSLv3 | ssl_min_protocol_version TLSv1.2 or TLSv1.3",
                "sslcert=pom.xml             | sslcert and sslkey together",
                "sslpassword=x               | sslcert and sslkey together",
                "host=a,                     | one host: a name, an IPv4 address or an IPv6 address",
                "target_session_attrs=master | target_session_attrs any, read-write, read-only, primary, standby or"
                        + " prefer-standby",
                "load_balance_hosts=yes      | load_balance_hosts disable or random",
                "host=@abstract              | one host: a name, an IPv4 address or an IPv6 address",
                "port=0                      | a port from 1 to 65535",
                "port=1,2                    | one port for all hosts, or as many ports as hosts",
            })
    void load_parameterWithAWrongValue_tellsWhatIsAllowed(String parameters, String allowed) {
        String url = "postgres://app@" + (parameters.startsWith("host=@") ? "/" : "db/") + "x?"
                + parameters.replace("@", "%40");

        assertThat(Loading.load("DATABASE_URL", url).expectations()).containsExactly(allowed);
    }

    @Test
    void load_sslrootcertSystem_verifiesTheHost() {
        PostgresTrust trust = settings("postgres://app@db?sslrootcert=system").trust();

        assertThat(trust.verifiesHost()).isTrue();
        assertThat(trust.rootCertificate()).isEmpty();
    }

    @Test
    void load_clientCertificate_isRead(@TempDir Path directory) throws IOException {
        Path key = secret(directory, "rw-------");

        PostgresSettings settings =
                settings("postgres://app@db?sslcert=" + CERTIFICATE + "&sslkey=" + key + "&sslpassword=p%26w");

        assertThat(settings.trust().client()).contains(new ClientCertificate(CERTIFICATE, key, Optional.of("p&w")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-rw----", "rw-r--r--", "rw-----w-", "rwx--x---"})
    void load_keyThatOthersMayUse_isRefused(String permissions, @TempDir Path directory) throws IOException {
        Path key = secret(directory, permissions);

        assertThat(Loading.load("DATABASE_URL", "postgres://app@db?sslcert=pom.xml&sslkey=" + key)
                        .problems())
                .singleElement()
                .extracting(Problem::fix)
                .asString()
                .contains(key + " can be read or written by others than its owner: chmod 0600");
    }

    /** A name may be a part of the password that was cut at its own separator. */
    @Test
    void load_unknownParameterBesideAPassword_isNotQuoted() {
        assertThat(Loading.load("DATABASE_URL", "postgres://app@db?password=aaa&bbbb=cccc")
                        .texts())
                .isNotEmpty()
                .noneMatch(text -> text.contains("bbbb") || text.contains("aaa"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "postgres://app:secret1@db/users?sslcert=CERT&sslkey=KEY&sslpassword=secret2"
                        + " | postgres://app:****@db:5432/users?sslmode=prefer&sslcert=CERT&sslkey=KEY&sslpassword=****",
                "postgres:///users?user=app&password=secret1&host=/var/run&options=-c%20a%3Db"
                        + " | postgres://app:****@/users?host=/var/run&port=5432&sslmode=prefer&options=-c%20a%3Db",
                "postgres://app:secret1@h1:1,h2/users?target_session_attrs=read-write&load_balance_hosts=random"
                        + " | postgres://app:****@h1:1,h2:5432/users?target_session_attrs=read-write"
                        + "&load_balance_hosts=random&sslmode=prefer",
                "postgres://app@/users?host=h1,/var/run&port=1,2"
                        + " | postgres://app@/users?host=h1,/var/run&port=1,2&sslmode=prefer",
                "postgres://app@db?application_name=x&connect_timeout=3&keepalives_idle=5&sslmode=allow"
                        + " | postgres://app@db:5432/app?sslmode=allow&application_name=x&connect_timeout=3"
                        + "&keepalives_idle=5",
            })
    void effective_url_showsAllButSecrets(String url, String shown, @TempDir Path directory) throws IOException {
        String key = secret(directory, "rw-------").toString();
        for (String setting : List.of("DATABASE_URL", "CHANGE_FEED_DATABASE_URL")) {
            assertThat(Loading.load(setting, url.replace("KEY", key).replace("CERT", CERTIFICATE.toString()))
                            .effective())
                    .contains(new Effective(
                            setting,
                            shown.replace("KEY", key).replace("CERT", CERTIFICATE.toString()),
                            Effective.Origin.ENVIRONMENT));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sslmode=prefer&sslrootcert=CERT  | with sslmode=prefer a server that sslrootcert does not trust is used"
                        + " without encryption; sslmode=verify-full refuses it",
                "sslrootcert=CERT                 | with sslmode=prefer a server that sslrootcert does not trust is used"
                        + " without encryption; sslmode=verify-full refuses it",
                "sslmode=disable&sslrootcert=CERT | sslrootcert has no effect with sslmode=disable",
                "sslmode=disable&sslcert=CERT&sslkey=KEY | sslcert has no effect with sslmode=disable",
                "sslmode=disable&sslrootcert=CERT&sslcert=CERT&sslkey=KEY | sslrootcert and sslcert have no effect with"
                        + " sslmode=disable",
                "host=/tmp&sslmode=verify-full       | sslmode=verify-full has no effect on a unix socket, where nothing is"
                        + " encrypted",
            })
    void load_protectionThatIsLessThanItSeems_isWarnedAbout(String parameters, String warning, @TempDir Path directory)
            throws IOException {
        String files = parameters
                .replace("CERT", CERTIFICATE.toString())
                .replace("KEY", secret(directory, "rw-------").toString());
        assertThat(Loading.valid("DATABASE_URL", "postgres://app@db/x?" + files).warnings())
                .containsExactly("DATABASE_URL: " + warning);
    }

    private static Path secret(Path directory, String permissions) throws IOException {
        Path key = Files.copy(FILES.resolve("rsa.key"), directory.resolve("client.key"));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString(permissions));
        return key;
    }

    private static PostgresSettings settings(String url) {
        return Loading.valid("DATABASE_URL", url).config().stores().postgres();
    }
}
