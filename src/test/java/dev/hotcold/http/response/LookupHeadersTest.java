package dev.hotcold.http.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.access.AccessSettings;
import dev.hotcold.http.access.AllowedOrigins;
import dev.hotcold.http.access.TlsSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What lookups say to caches and browsers, by the settings. */
class LookupHeadersTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Path FILE = Path.of("file");
    private static final AllowedOrigins LISTED = AllowedOrigins.of(Set.of("https://a.example"));

    @Test
    void ofUsers_noTime_isNoStoreWhoeverMayLookUp() {
        assertThat(ofUsers(Duration.ZERO, open())).isEqualTo("no-store");
        assertThat(ofUsers(Duration.ZERO, withKeys(AllowedOrigins.NONE))).isEqualTo("no-store");
    }

    @Test
    void ofUsers_time_isForSharedCachesOnlyWhereEverybodyMayLookUp() {
        assertThat(ofUsers(MINUTE, open())).isEqualTo("max-age=60");
        assertThat(ofUsers(MINUTE, withTls(Optional.empty()))).isEqualTo("max-age=60");
        assertThat(ofUsers(MINUTE, withKeys(AllowedOrigins.NONE))).isEqualTo("private, max-age=60");
        assertThat(ofUsers(MINUTE, withTls(Optional.of(FILE)))).isEqualTo("private, max-age=60");
    }

    @Test
    void ofAll_nothingThatMatters_isNothing() {
        assertThat(ofAll(open(), false)).isEmpty();
        assertThat(LookupHeaders.UNSHARED.ofAll()).isEmpty();
    }

    @Test
    void ofAll_whatChangesAResponse_isNamedInOneVary() {
        assertThat(ofAll(withKeys(AllowedOrigins.NONE), false)).containsExactly("vary: Authorization, X-API-Key");
        assertThat(ofAll(open(), true)).containsExactly("vary: Cache-Control");
        assertThat(ofAll(withKeys(LISTED), true))
                .containsExactly("vary: Authorization, X-API-Key, Cache-Control, Origin");
    }

    @Test
    void ofAll_everyOrigin_isSaidToEverybodyAndSoVariesWithNothing() {
        assertThat(ofAll(new AccessSettings(Optional.empty(), Optional.empty(), AllowedOrigins.ALL), false))
                .containsExactly(
                        "access-control-allow-origin: *",
                        "access-control-expose-headers: Cache-Status, Retry-After, WWW-Authenticate");
    }

    private static AccessSettings open() {
        return new AccessSettings(Optional.empty(), Optional.empty(), AllowedOrigins.NONE);
    }

    private static AccessSettings withKeys(AllowedOrigins origins) {
        return new AccessSettings(Optional.empty(), Optional.of(FILE), origins);
    }

    private static AccessSettings withTls(Optional<Path> clientAuthority) {
        return new AccessSettings(
                Optional.of(new TlsSettings(FILE, FILE, clientAuthority)), Optional.empty(), AllowedOrigins.NONE);
    }

    private static String ofUsers(Duration cacheTime, AccessSettings access) {
        return new LookupHeaders(cacheTime, access, false).ofUsers().toString();
    }

    private static List<String> ofAll(AccessSettings access, boolean bypass) {
        return new LookupHeaders(Duration.ZERO, access, bypass)
                .ofAll().stream()
                        .map(header -> header.name() + ": " + header.value())
                        .toList();
    }
}
