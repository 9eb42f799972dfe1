package dev.hotcold.cold.pooler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerOptionsTest {

    /** As PostgreSQL reads them. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-c search_path=tenant | tenant",
                "-csearch_path=tenant | tenant",
                "--search_path=tenant | tenant",
                "--search-path=tenant | tenant",
                "-c SEARCH_PATH=tenant | tenant",
                "-c search_path=a,\\ b | a, b",
                "-c search_path=\"$user\",public | \"$user\",public",
                "-c search_path=a\\\\b | a\\b",
                "  -c  search_path=a  -c search_path=b -c geqo=off | b",
                "-c search_path= | ''",
                "-c geqo=off |",
                "-c |",
                "-c search_path |",
                "'' |",
            })
    void searchPath(String options, String searchPath) {
        assertThat(ServerOptions.searchPath(options)).isEqualTo(Optional.ofNullable(searchPath));
    }
}
