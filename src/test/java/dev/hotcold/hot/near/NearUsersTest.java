package dev.hotcold.hot.near;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NearUsersTest {

    private static final int PLACES = 1000;

    private final NearUsers users = new NearUsers(PLACES);

    private static UserId id(int number) {
        return (UserId) UserId.parse("u" + number);
    }

    private static CachedUser cached(UserId id) {
        return new CachedUser(UserJson.encode(new User(id, "d", "p")), CachedUser.NO_EXPIRY);
    }

    /** As a lookup does, whose every read of Redis is a hit. */
    private boolean lookUp(UserId id) {
        if (users.get(id, 0) != null) {
            return true;
        }
        if (users.saw(id)) {
            users.put(id, cached(id), Long.MAX_VALUE);
        }
        return false;
    }

    private long hits(List<UserId> ids) {
        return ids.stream().filter(this::lookUp).count();
    }

    @Test
    void saw_secondTimeAmongFewOthers_isHot() {
        assertThat(users.saw(id(1))).isFalse();
        assertThat(users.saw(id(2))).isFalse();

        assertThat(users.saw(id(1))).isTrue();
    }

    @Test
    void saw_secondTimeAfterAsManyOthersAsPlaces_isNotHot() {
        users.saw(id(0));
        IntStream.rangeClosed(1, PLACES).forEach(i -> users.saw(id(i)));

        assertThat(users.saw(id(0))).isFalse();
    }

    /** Whether each of the many is asked for once or again and again in a row. */
    @Test
    void put_scanOfManyTimesThePlaces_leavesThoseInDemand() {
        List<UserId> inDemand =
                IntStream.range(0, PLACES / 2).mapToObj(NearUsersTest::id).toList();
        IntStream.range(0, 10).forEach(i -> hits(inDemand));
        assertThat(hits(inDemand)).isEqualTo(inDemand.size());

        for (int i = PLACES; i < 11 * PLACES; i++) {
            lookUp(id(i));
        }
        assertThat(hits(inDemand)).isEqualTo(inDemand.size());
        for (int i = 20 * PLACES; i < 30 * PLACES; i++) {
            lookUp(id(i));
            lookUp(id(i));
        }

        assertThat(hits(inDemand)).isGreaterThan(inDemand.size() * 9L / 10);
        assertThat(users.size()).isLessThanOrEqualTo(PLACES);
    }

    @Test
    void clear_nothingIsLeft() {
        lookUp(id(1));
        lookUp(id(1));
        assertThat(lookUp(id(1))).isTrue();

        users.clear();

        assertThat(lookUp(id(1))).isFalse();
        assertThat(users.size()).isZero();
    }
}
