package dev.hotcold.hot.connection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Redis 6.0 to 8 say, quoted from them. */
class ServerRoleTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "READONLY You can't write against a read only replica. | is a replica",
                "READONLY You can't write against a read only replica. script: 1b4, on @user_script:20. | is a replica",
                "ERR Error running script (call to f_1b4): @user_script:20: -READONLY You can't write against a read only replica."
                        + " | is a replica",
                "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'. | is a replica",
                "LOADING Redis is loading the dataset in memory | is still loading its data",
                "CLUSTERDOWN Hash slot not served | is part of a cluster that is down",
                "MOVED 3999 10.0.0.1:6379 | is part of a cluster and does not have every key:"
                        + " REDIS_ADDR must name a Redis that is none",
                "ASK 3999 10.0.0.1:6379 | is part of a cluster and does not have every key: REDIS_ADDR must name a Redis that is none",
            })
    void ofError_ofAnotherServer_says(String said, String why) {
        assertThat(ServerRole.ofError(said)).contains(why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "OOM command not allowed when used memory > 'maxmemory'.",
                "NOSCRIPT No matching script.",
                "NOPERM this user has no permissions to run the 'role' command",
                "ERR READONLY",
                "READONLYISH",
                "ERR unknown command 'MOVED'",
            })
    void ofError_ofACommand_isNone(String said) {
        assertThat(ServerRole.ofError(said)).isEmpty();
    }
}
