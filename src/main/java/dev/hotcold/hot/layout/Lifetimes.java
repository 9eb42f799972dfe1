package dev.hotcold.hot.layout;

import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserJson;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long what is filled is kept. Soft TTLs end up to a percentage earlier than the settings say, never later, since they
 * bound how old a user may be; a key may live on behind its soft TTL.
 *
 * <p>Confined to: its event loop.
 */
public final class Lifetimes {

    /** How much shorter a TTL may be, so that what was stored together does not expire together: docs/decisions/0020. */
    private static final int JITTER_PERCENT = 10;

    /** A user as it goes into Redis. */
    public static final class Stored {

        private final byte[] value;
        private final long keyMillis;

        /** @param value not to be changed afterwards */
        public Stored(byte[] value, long keyMillis) {
            this.value = value;
            this.keyMillis = keyMillis;
        }

        /** The bytes of the value. Not to be changed. */
        public byte[] value() {
            return value;
        }

        /** The hard TTL, that of the key, as the fill script takes it; 0 = no expiry. */
        public long keyMillis() {
            return keyMillis;
        }
    }

    private final Duration timeToLive;
    private final Duration stale;
    private final Duration absence;
    private final Loop loop;

    public Lifetimes(CacheSettings settings, Loop loop) {
        this.timeToLive = settings.timeToLive();
        this.stale = timeToLive.isZero() ? Duration.ZERO : settings.staleTime();
        this.absence = settings.negativeTimeToLive();
        this.loop = loop;
    }

    /** What is stored of a user from now on. Without a time for stale users, soft and hard TTL are one. */
    public Stored toStore(UserJson user) {
        Duration softTtl = jittered(timeToLive);
        long softExpiry = stale.isZero() ? CachedUser.NO_EXPIRY : loop.epochMillis() + softTtl.toMillis();
        byte[] value = CachedUserCodec.write(new CachedUser(user, softExpiry));
        return new Stored(value, softTtl.plus(stale).toMillis());
    }

    /** How long it is remembered that there is no such user. */
    public Duration ofAbsence() {
        return jittered(absence);
    }

    private Duration jittered(Duration life) {
        long millis = life.toMillis();
        long most = millis / 100 * JITTER_PERCENT;
        return most == 0
                ? life
                : Duration.ofMillis(millis - ThreadLocalRandom.current().nextLong(most + 1));
    }
}
