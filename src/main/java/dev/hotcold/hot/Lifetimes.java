package dev.hotcold.hot;

import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserJson;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long is kept what is filled. The time of a user ends up to a percentage earlier than the settings say, never later,
 * since it bounds how old a user may be; its key may live on behind that.
 *
 * <p>Confined to: its event loop.
 */
final class Lifetimes {

    private final Duration user;
    private final Duration stale;
    private final Duration absence;
    private final int jitterPercent;
    private final Loop loop;

    Lifetimes(RedisSettings settings, Loop loop) {
        this.user = settings.timeToLive();
        this.stale = user.isZero() ? Duration.ZERO : settings.staleTime();
        this.absence = settings.negativeTimeToLive();
        this.jitterPercent = settings.jitterPercent();
        this.loop = loop;
    }

    /** How long a user may be served; zero = for ever. */
    Duration ofUser() {
        return jittered(user);
    }

    /** How long it is remembered that there is no such user. */
    Duration ofAbsence() {
        return jittered(absence);
    }

    /** How long the key of a user lives that may be served for so long; zero = for ever. */
    Duration ofKey(Duration time) {
        return time.plus(stale);
    }

    /** What is stored of a user that may be served for so long. */
    byte[] value(UserJson of, Duration time) {
        return CachedValue.write(of, stale.isZero() ? CachedValue.NO_END : loop.epochMillis() + time.toMillis());
    }

    private Duration jittered(Duration life) {
        long millis = life.toMillis();
        long most = millis / 100 * jitterPercent;
        return most == 0
                ? life
                : Duration.ofMillis(millis - ThreadLocalRandom.current().nextLong(most + 1));
    }
}
