package dev.hotcold.hot.near;

import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.CommandRequest;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.user.UserId;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A user that is read to be admitted to the near cache, and how long its key has left.
 *
 * <p>Confined to: its event loop.
 */
final class Admission {

    /** The longest that a user is kept whose key has no expiry, or one that is further away. */
    private static final Duration LONGEST = Duration.ofDays(1);

    /** What PTTL replies for a key without expiry. */
    private static final long NO_EXPIRY = -1;

    private final UserId id;
    private @Nullable CachedUser user;
    private boolean tracked;
    private boolean revoked;
    private long expiresAt;

    Admission(UserId id) {
        this.id = id;
    }

    UserId id() {
        return id;
    }

    /** What was read may have changed since: it must not be kept. */
    void revoke() {
        revoked = true;
    }

    /** The user to keep; empty: Redis has none, does not track it, or has sent an invalidation in the meantime. */
    Optional<CachedUser> user() {
        return tracked && !revoked ? Optional.ofNullable(user) : Optional.empty();
    }

    /** When the key expires at the earliest, by the loop's clock. */
    long expiresAt() {
        return expiresAt;
    }

    /**
     * Reads users: first what they are, under tracking, then how long their keys have left. The invalidation of a change
     * between the two comes between their replies.
     *
     * @param now by the loop's clock
     * @param onEnd hears of each, when its last reply has come
     */
    static void enqueue(RedisLink link, List<Admission> admissions, long now, Consumer<Admission> onEnd) {
        link.enqueue(Tracking.trackNext(reply -> admissions.forEach(admission -> admission.tracked = true)));
        CommandArgs<byte[], byte[]> keys = CommandRequest.args();
        for (Admission admission : admissions) {
            keys.addKey(link.keys().user(admission.id));
        }
        link.enqueue(new CommandRequest<>(
                CommandType.MGET,
                keys,
                () -> new ValuesReply(admissions.size()),
                reply -> {
                    for (int i = 0; i < admissions.size(); i++) {
                        admissions.get(i).found(reply.value(i));
                    }
                },
                error -> {}));
        for (Admission admission : admissions) {
            link.enqueue(new CommandRequest<>(
                    CommandType.PTTL,
                    CommandRequest.args().addKey(link.keys().user(admission.id)),
                    () -> new IntegerOutput<>(ByteArrayCodec.INSTANCE),
                    reply -> {
                        admission.livesFor(reply.get(), now);
                        onEnd.accept(admission);
                    },
                    error -> {
                        admission.revoke();
                        onEnd.accept(admission);
                    }));
        }
    }

    private void found(byte @Nullable [] value) {
        user = value == null || value.length > NearCache.LONGEST ? null : CachedUserCodec.read(id, value);
    }

    private void livesFor(@Nullable Long millis, long now) {
        if (millis == null || millis < NO_EXPIRY) {
            revoke();
        } else {
            long most = LONGEST.toMillis();
            expiresAt = now
                    + Duration.ofMillis(millis == NO_EXPIRY ? most : Math.min(most, millis))
                            .toNanos();
        }
    }
}
