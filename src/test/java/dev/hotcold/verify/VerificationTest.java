package dev.hotcold.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.freshness.CachedUsers;
import dev.hotcold.testkit.ManualBlockingTime;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What counts as stale and what as a change in flight, by what is read each time. */
class VerificationTest {

    private static final UserId ALICE = (UserId) UserId.parse("alice");
    private static final String NOBODY = "";

    /** Of what is cached: a note that there is no such user. */
    private static final String ABSENT = "absent";

    private final ManualBlockingTime time = new ManualBlockingTime();
    private int looks;

    /** What is cached and what is stored at each look, counted from 1. */
    private Verification.Findings compare(IntFunction<String> cached, IntFunction<String> stored) throws Exception {
        CachedUsers cache = new CachedUsers() {
            @Override
            public List<UserId> next(int about) {
                return List.of(ALICE);
            }

            @Override
            public boolean isAtStart() {
                return true;
            }

            @Override
            public List<List<UserId>> inParts(List<UserId> ids) {
                return List.of(ids);
            }

            @Override
            public Map<UserId, Optional<UserJson>> read(List<UserId> ids) {
                looks++;
                String value = cached.apply(looks);
                if (ids.isEmpty() || value.equals(NOBODY)) {
                    return Map.of();
                }
                return Map.of(
                        ALICE,
                        value.equals(ABSENT)
                                ? Optional.empty()
                                : Optional.of(UserJson.encode(new User(ALICE, value, "p"))));
            }

            @Override
            public void remove(List<UserId> ids) {
                throw new UnsupportedOperationException("not by a comparison");
            }
        };
        return new Verification(cache, ids -> users(stored.apply(looks), ids.isEmpty()), time).compare(List.of(ALICE));
    }

    private static Map<UserId, User> users(String deeplink, boolean none) {
        return none || deeplink.equals(NOBODY) ? Map.of() : Map.of(ALICE, new User(ALICE, deeplink, "p"));
    }

    @Test
    void compare_alike_findsNothingAtOneLook() throws Exception {
        Verification.Findings findings = compare(look -> "a", look -> "a");

        assertThat(findings).isEqualTo(new Verification.Findings(1, 0, List.of()));
        assertThat(looks).isEqualTo(1);
        assertThat(time.passed()).isZero();
    }

    @Test
    void compare_sameOldValueAtEveryLook_isStale() throws Exception {
        assertThat(compare(look -> "old", look -> "new").stale()).containsExactly(ALICE);
        assertThat(compare(look -> "old", look -> NOBODY).stale()).containsExactly(ALICE);
    }

    @Test
    void compare_notedAsAbsentAtEveryLook_isStaleOnlyIfThereIsSuchAUser() throws Exception {
        assertThat(compare(look -> ABSENT, look -> "new").stale()).containsExactly(ALICE);
        assertThat(compare(look -> ABSENT, look -> NOBODY)).isEqualTo(new Verification.Findings(1, 0, List.of()));
    }

    @Test
    void compare_stale_isComparedAgainAfterGrowingPauses() throws Exception {
        compare(look -> "old", look -> "new");

        assertThat(looks).isEqualTo(4);
        assertThat(time.passed()).isEqualTo(Duration.ofMillis(1500));
    }

    @Test
    void compare_refreshedOrGoneMeanwhile_isInFlight() throws Exception {
        Verification.Findings inFlight = new Verification.Findings(1, 1, List.of());

        assertThat(compare(look -> look == 1 ? "old" : "new", look -> "new")).isEqualTo(inFlight);
        looks = 0;
        assertThat(compare(look -> look == 1 ? "old" : NOBODY, look -> "new")).isEqualTo(inFlight);
    }

    /** A user that changes all the time differs at every look, but never by the same value. */
    @Test
    void compare_anotherValueAtEveryLook_isInFlight() throws Exception {
        assertThat(compare(look -> "v" + look, look -> "v" + (look + 1)).stale())
                .isEmpty();
    }

    /** A part of two, in a scan of two pages; what differs goes at once. */
    @Test
    void removeDiffering_wholeScan_removesWhatDiffersAtOnce() throws Exception {
        UserId bob = (UserId) UserId.parse("bob");
        UserId nobody = (UserId) UserId.parse("nobody");
        List<UserId> removed = new ArrayList<>();
        List<List<UserId>> pages = new ArrayList<>(List.of(List.of(ALICE, bob), List.of(nobody)));
        CachedUsers cache = new CachedUsers() {
            @Override
            public List<UserId> next(int about) {
                return pages.removeFirst();
            }

            @Override
            public boolean isAtStart() {
                return pages.isEmpty();
            }

            @Override
            public List<List<UserId>> inParts(List<UserId> ids) {
                return List.of(ids);
            }

            @Override
            public Map<UserId, Optional<UserJson>> read(List<UserId> ids) {
                throw new UnsupportedOperationException("users beyond their soft TTL count too");
            }

            @Override
            public Map<UserId, Optional<UserJson>> readAll(List<UserId> ids) {
                return ids.stream()
                        .collect(Collectors.toMap(
                                Function.identity(), id -> Optional.of(UserJson.encode(new User(id, "a", "p")))));
            }

            @Override
            public void remove(List<UserId> ids) {
                removed.addAll(ids);
            }
        };
        int[] alive = {0};
        Verification verification = new Verification(
                cache,
                ids -> ids.contains(bob)
                        ? Map.of(ALICE, new User(ALICE, "a", "p"), bob, new User(bob, "b", "p"))
                        : Map.of(),
                time);

        assertThat(verification.removeDiffering(() -> alive[0]++)).isEqualTo(2);

        assertThat(removed).containsExactly(bob, nobody);
        // For two pages of one part each.
        assertThat(alive[0]).isEqualTo(4);
        assertThat(time.passed()).isZero();
    }
}
