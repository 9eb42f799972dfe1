package dev.hotcold.app.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Users loaded from files, as an operator does it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LoadUsersIT {

    private static final String ROWS =
            "SELECT user_id || '|' || deeplink || '|' || promo_message FROM users ORDER BY user_id COLLATE \"C\"";

    @TempDir
    private Path directory;

    private final Servers servers = Servers.shared();

    private String file(String content) throws IOException {
        return Files.writeString(directory.resolve("users.csv"), content).toString();
    }

    private Program.Ended load(String content, String... more) throws IOException {
        return load(servers.environment(), content, more);
    }

    private Program.Ended load(Map<String, String> environment, String content, String... more) throws IOException {
        String[] arguments = new String[2 + more.length];
        arguments[0] = "load-users";
        arguments[1] = file(content);
        System.arraycopy(more, 0, arguments, 2, more.length);
        return Program.run(environment, arguments);
    }

    private void assertNothingLoaded(Program.Ended ended) {
        assertThat(ended.exitCode()).as(ended.err()).isEqualTo(1);
        assertThat(ended.err()).endsWith("error: nothing was loaded\n").doesNotContain("\tat ");
        assertThat(servers.queryLong("SELECT count(*) FROM users")).isZero();
    }

    @Test
    void load_newChangedAndSameUsers_areCountedAndStoredAsWritten() throws IOException {
        servers.put("same", "app://same", "");
        servers.put("changed", "app://old", "old");
        servers.put("other", "app://other", "stays");

        Program.Ended ended = load("""
                promo_message,user_id,deeplink
                ,same,app://same
                "Hi, ""you""
                there 🎉 \\n",changed,app://new
                  blanks stay  ,new,
                """);

        assertThat(ended.out()).as(ended.err()).isEqualTo("inserted 1, updated 1, unchanged 1\n");
        assertThat(ended.exitCode()).isZero();
        assertThat(servers.queryStrings(ROWS))
                .containsExactly(
                        "changed|app://new|Hi, \"you\"\nthere 🎉 \\n",
                        "new||  blanks stay  ",
                        "other|app://other|stays",
                        "same|app://same|");
    }

    @Test
    void load_byteOrderMarkQuotedHeaderAndCrLf_areNoPartOfValues() throws IOException {
        Program.Ended ended =
                load("\uFEFF\"user_id\",deeplink,\"promo_message\"\r\nu1,d,\"a\r\nb\"\r\nu2,d,no line end");

        assertThat(ended.out()).as(ended.err()).startsWith("inserted 2");
        assertThat(servers.queryStrings(ROWS)).containsExactly("u1|d|a\r\nb", "u2|d|no line end");
    }

    @Test
    void load_malformedIds_areAllNamedByLine() throws IOException {
        Program.Ended ended = load("""
                user_id,deeplink,promo_message
                u1,"three
                lines
                of it",p
                no blank,d,p
                "two
                lines",d,p
                u2,d,p
                ,d,p
                ümlaut,d,p
                a23456789012345678901,d,p
                """);

        assertNothingLoaded(ended);
        assertThat(ended.err().lines().filter(line -> line.contains("is no user_id")))
                .extracting(line -> line.replaceFirst(".*users\\.csv:", "").replaceFirst(" is no user_id.*", ""))
                .containsExactly(
                        "5: \"no blank\"",
                        "6: \"two\\nlines\"",
                        "9: \"\"",
                        "10: \"ümlaut\"",
                        "11: \"a23456789012345678901\"");
    }

    @Test
    void load_manyBadLines_areCounted() throws IOException {
        StringBuilder content = new StringBuilder("user_id,deeplink,promo_message\n");
        for (int i = 0; i < 100; i++) {
            content.append("no id ").append(i).append(",d,p\n");
        }

        Program.Ended ended = load(content.toString());

        assertNothingLoaded(ended);
        assertThat(ended.err())
                .contains("users.csv:21: \"no id 19\"", "error: and 80 more")
                .doesNotContain("no id 20");
    }

    @Test
    void load_idTwice_isNamed() throws IOException {
        Program.Ended ended = load("user_id,deeplink,promo_message\nu1,d,p\nu2,d,p\nu1,e,p\n");

        assertNothingLoaded(ended);
        assertThat(ended.err()).contains("users.csv:4: \"u1\" is there twice");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "u2,d",
                "u2,d,p,more",
                "\"u2\",d,\"no end of the quote",
                "\\.\nu3,d,p",
                "\\.",
                "u2,d,a\u0000b",
                "u2,d,\r"
            })
    void load_lineThatHasNotThreeValues_isNamedAndNothingBehindItLost(String line) throws IOException {
        Program.Ended ended = load("user_id,deeplink,promo_message\nu1,d,p\n" + line + "\n");

        assertNothingLoaded(ended);
        assertThat(ended.err()).containsPattern("users\\.csv:[34]: ");
    }

    @Test
    void load_endMarkWithinQuotes_isText() throws IOException {
        Program.Ended ended = load("user_id,deeplink,promo_message\nu1,d,\"a\n\\.\nb\"\nu2,\\.,\\.\n");

        assertThat(ended.out()).as(ended.err()).startsWith("inserted 2");
        assertThat(servers.queryStrings(ROWS)).containsExactly("u1|d|a\n\\.\nb", "u2|\\.|\\.");
    }

    @Test
    void load_textThatIsNoUtf8_isNamed() throws IOException {
        Path file = directory.resolve("users.csv");
        Files.write(file, new byte[] {
            'u',
            's',
            'e',
            'r',
            '_',
            'i',
            'd',
            ',',
            'd',
            'e',
            'e',
            'p',
            'l',
            'i',
            'n',
            'k',
            ',',
            'p',
            'r',
            'o',
            'm',
            'o',
            '_',
            'm',
            'e',
            's',
            's',
            'a',
            'g',
            'e',
            '\n',
            'u',
            '1',
            ',',
            'd',
            ',',
            (byte) 0xFC,
            '\n'
        });

        Program.Ended ended = Program.run(servers.environment(), "load-users", file.toString());

        assertNothingLoaded(ended);
        assertThat(ended.err()).contains("users.csv:2: ", "UTF8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "user_id,deeplink", "user_id;deeplink;promo_message", "user_id,user_id,deeplink", "u1,d,p"})
    void load_otherHeader_isRefused(String header) throws IOException {
        Program.Ended ended = load(header + "\nu1,d,p\n");

        assertNothingLoaded(ended);
        assertThat(ended.err()).contains("users.csv:1: the header must name user_id,deeplink,promo_message");
    }

    @Test
    void load_fileThatIsNotThere_isNamed() {
        Program.Ended ended = Program.run(servers.environment(), "load-users", "no-such.csv");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err()).isEqualTo("error: no such file: no-such.csv\n");
    }

    @Test
    void load_standardInput_isRead() {
        Program.Ended ended = Program.runWithInput(
                "user_id,deeplink,promo_message\nu1,d,p\n", servers.environment(), "load-users", "-");

        assertThat(ended.out()).as(ended.err()).startsWith("inserted 1");
    }

    @Test
    void load_dryRun_changesNothing() throws IOException {
        Program.Ended ended = load("user_id,deeplink,promo_message\nu1,d,p\n", "--dry-run");

        assertThat(ended.out()).as(ended.err()).isEqualTo("would be inserted 1, updated 0, unchanged 0\n");
        assertThat(servers.queryLong("SELECT count(*) FROM users")).isZero();
    }

    @Test
    void load_databaseUnset_isExitCodeTwo() {
        Program.Ended ended = Program.run(Map.of(), "load-users", "-");

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err()).contains("DATABASE_URL is not set", "no service with an embedded PostgreSQL runs on ");
    }

    @Test
    void load_rowThatTheTableRefuses_isTold() throws IOException {
        servers.sql("ALTER TABLE users ADD CONSTRAINT app CHECK (deeplink LIKE 'app:%')");
        try {
            Program.Ended ended = load("user_id,deeplink,promo_message\nu1,app:1,p\nu2,http:2,p\n");

            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.err()).contains("error: PostgreSQL: ", "violates check constraint", "u2");
            assertThat(servers.queryLong("SELECT count(*) FROM users")).isZero();
        } finally {
            servers.sql("ALTER TABLE users DROP CONSTRAINT app");
        }
    }

    /** Each is a table as its owner has made it, and what becomes of a load. */
    @Test
    void load_ownersTable_isWhatTheServiceReads() throws IOException {
        String texts = "deeplink text NOT NULL, promo_message text";
        record Case(List<String> table, String idColumn, String expected) {}
        for (Case owners : List.of(
                new Case(
                        List.of(
                                "CREATE TABLE users (user_id text PRIMARY KEY, " + texts
                                        + ") PARTITION BY HASH (user_id)",
                                "CREATE TABLE p0 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                                "CREATE TABLE p1 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 1)"),
                        "7",
                        "inserted 1, updated 1, unchanged 1"),
                new Case(
                        List.of("CREATE TABLE users (user_id bigint PRIMARY KEY, " + texts + ")"),
                        "7",
                        "inserted 1, updated 1, unchanged 1"),
                new Case(
                        List.of(
                                "CREATE SCHEMA tenant",
                                "CREATE TABLE tenant.users (user_id char(20) PRIMARY KEY, " + texts + ")",
                                "ALTER DATABASE owners SET search_path = tenant"),
                        "7",
                        "inserted 1, updated 1, unchanged 1"))) {
            try (OwnersDatabase database =
                    OwnersDatabase.create(servers, "", owners.table().toArray(String[]::new))) {
                database.sql("INSERT INTO users VALUES ('8', 'd', 'p'), ('9', 'd', NULL)");

                Program.Ended ended = load(
                        database.environment(),
                        "user_id,deeplink,promo_message\n" + owners.idColumn() + ",d,p\n8,d,p\n9,d,\n");

                assertThat(ended.out() + ended.err())
                        .as(owners.table().toString())
                        .contains(owners.expected());
            }
        }
    }

    @Test
    void load_numbersInTheTable_refusesOtherIds() throws IOException {
        try (OwnersDatabase database = OwnersDatabase.create(
                servers, "", "CREATE TABLE users (user_id integer PRIMARY KEY, deeplink text, promo_message text)")) {
            Program.Ended words = load(database.environment(), "user_id,deeplink,promo_message\n1,d,p\nalice,d,p\n");
            Program.Ended twice = load(database.environment(), "user_id,deeplink,promo_message\n7,d,p\n007,d,p\n");

            assertThat(words.err())
                    .contains("users.csv:3: \"alice\" is no user_id: user_id of public.users is a number");
            assertThat(twice.err()).contains("users.csv:3: ", "is there twice");
        }
    }

    @Test
    void load_whatIsNoTableWithOneRowPerUser_isRefusedWithAReason() throws IOException {
        String columns = "(user_id varchar(20), deeplink text, promo_message text)";
        String csv = "user_id,deeplink,promo_message\nu1,d,p\n";
        try (OwnersDatabase database = OwnersDatabase.create(
                servers, "", "CREATE TABLE t " + columns, "CREATE VIEW users AS SELECT * FROM t")) {
            assertThat(load(database.environment(), csv).err())
                    .contains("error: the view public.users is no table of rows of its own");

            database.sql("DROP VIEW users; CREATE TABLE users " + columns);
            assertThat(load(database.environment(), csv).err())
                    .contains("no unique index makes user_id unique", "CREATE UNIQUE INDEX ON public.users (user_id);");

            database.sql("CREATE UNIQUE INDEX ON public.users (user_id)");
            assertThat(load(database.environment(), csv).out()).startsWith("inserted 1");

            database.sql("DROP TABLE users");
            assertThat(load(database.environment(), csv).err())
                    .contains("the table \"users\" is missing", "hotcold migrate");
        }
    }
}
