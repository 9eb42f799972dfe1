package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.access.AllowedOrigins;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What CORS_ALLOWED_ORIGINS may say, and what it is told that says something else. */
final class OriginsTest {

    private static final String NAME = "CORS_ALLOWED_ORIGINS";

    @Test
    void load_unsetOrStar_isNoneOrAll() {
        assertThat(origins("")).isEqualTo(AllowedOrigins.NONE);
        assertThat(origins("*")).isEqualTo(AllowedOrigins.ALL);
    }

    @Test
    void load_list_isTheseOnly() {
        AllowedOrigins origins = origins("https://a.example.com ,http://localhost:3000, https://a.example.com");

        assertThat(origins).isEqualTo(AllowedOrigins.of(Set.of("https://a.example.com", "http://localhost:3000")));
        assertThat(origins.include("https://a.example.com")).isTrue();
        assertThat(origins.include("https://b.example.com")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://app.example.com",
                "https://app.example.com:8443",
                "http://127.0.0.1:8080",
                "http://[::1]:3000",
                "http://my_host",
                "https://xn--bcher-kva.example",
                "capacitor://localhost",
                "chrome-extension://abcdefghijklmnop",
            })
    void load_originAsBrowsersWriteIt_isAccepted(String origin) {
        assertThat(origins(origin).listed()).containsExactly(origin);
    }

    /** Each advice, followed, is accepted. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                https://a.example/           | end it behind host and port, without a slash                  | https://a.example
                https://a.example/app        | end it behind host and port, without a slash                  | https://a.example
                https://a.example?x          | end it behind host and port, without a slash                  | https://a.example
                a.example                    | put https:// or http:// in front                              | https://a.example
                localhost:3000               | put https:// or http:// in front                              | http://localhost:3000
                https://A.example            | write it in lower case, as browsers do                        | https://a.example
                https://b\u00fccher.example | write the host as browsers send it, with xn--                 | https://xn--bcher-kva.example
                https://a.example:443        | leave the port out, as browsers do with the scheme's own      | https://a.example
                http://a.example:80          | leave the port out, as browsers do with the scheme's own      | http://a.example
                https://*.example            | list each origin: there are no patterns                       | https://a.example,https://b.example
                *,https://a.example          | write * alone, or list the origins without it                 | *
                https://a.example,           | leave out the comma that nothing follows or precedes          | https://a.example
                null                         | leave out null, the origin of local files and of pages in a sandbox; * includes it | *
                """)
    void load_usualMistake_tellsTheFix(String text, String fix, String followed) {
        Loading loading = Loading.load(NAME, text.translateEscapes());

        assertThat(loading.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.name()).isEqualTo(NAME);
            assertThat(problem.fix()).isEqualTo(fix);
            assertThat(problem.allowed())
                    .isEqualTo("origins such as https://app.example.com, separated by commas, or * alone");
        });
        assertThat(Loading.load(NAME, followed).problems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://",
                "https://a b",
                "https://a.example https://b.example",
                "https://a.example;https://b.example",
                "https://user:pw@a.example",
                "https://a.example:0",
                "https://a.example:65536",
                "https://a..example",
                "https://[::1",
                "://a",
                "\"https://a.example\"",
            })
    void load_whatNoBrowserSends_isRefused(String text) {
        assertThat(Loading.load(NAME, text).problems())
                .isNotEmpty()
                .extracting(Problem::name)
                .containsOnly(NAME);
    }

    private static AllowedOrigins origins(String text) {
        return Loading.valid(NAME, text).config().serving().http().access().origins();
    }
}
