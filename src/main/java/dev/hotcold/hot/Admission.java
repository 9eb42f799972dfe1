package dev.hotcold.hot;

import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A user that is read in order to be kept near, and how long its key has left.
 *
 * <p>Confined to: its event loop.
 */
final class Admission {

    /** The longest that a user is kept whose key has no end, or one that is further away. */
    private static final Duration LONGEST = Duration.ofDays(1);

    /** What PTTL replies for a key without an end. */
    private static final long NO_END = -1;

    private final UserId id;
    private @Nullable UserJson user;
    private boolean tracked;
    private boolean forbidden;
    private long endsAt;

    Admission(UserId id) {
        this.id = id;
    }

    UserId id() {
        return id;
    }

    /** What was read may have changed since: it must not be kept. */
    void forbid() {
        forbidden = true;
    }

    /** The user to keep; empty: Redis has none, does not track it, or has told of a change meanwhile. */
    Optional<UserJson> user() {
        return tracked && !forbidden ? Optional.ofNullable(user) : Optional.empty();
    }

    /** When the key ends at the earliest, by the monotonic clock. */
    long endsAt() {
        return endsAt;
    }

    /**
     * The commands that read users: first what they are, under tracking, then how long their keys have left. A change between
     * the two is told between their replies.
     *
     * @param now by the monotonic clock; no later than the commands are sent
     * @param ended hears of each, when its last reply has come
     */
    static List<RedisCommand<byte[], byte[], ?>> commands(
            List<Admission> admissions, long now, Consumer<Admission> ended) {
        List<RedisCommand<byte[], byte[], ?>> commands = new ArrayList<>(admissions.size() + 2);
        commands.add(Tracking.trackNext(reply -> {
            if (!reply.hasError()) {
                admissions.forEach(admission -> admission.tracked = true);
            }
        }));
        CommandArgs<byte[], byte[]> keys = Tracking.args();
        for (Admission admission : admissions) {
            keys.addKey(UserKeys.user(admission.id));
        }
        MgetOutput values = new MgetOutput(admissions.size());
        commands.add(Tracking.command(CommandType.MGET, values, keys, reply -> {
            if (!reply.hasError()) {
                for (int i = 0; i < admissions.size(); i++) {
                    admissions.get(i).found(values.value(i));
                }
            }
        }));
        for (Admission admission : admissions) {
            IntegerOutput<byte[], byte[]> left = new IntegerOutput<>(ByteArrayCodec.INSTANCE);
            CommandArgs<byte[], byte[]> key = Tracking.args().addKey(UserKeys.user(admission.id));
            commands.add(Tracking.command(CommandType.PTTL, left, key, reply -> {
                admission.lives(reply.hasError() ? null : left.get(), now);
                ended.accept(admission);
            }));
        }
        return commands;
    }

    private void found(byte @Nullable [] value) {
        user = value == null || value.length > NearCache.LONGEST ? null : CachedValue.read(id, value);
    }

    private void lives(@Nullable Long millis, long now) {
        if (millis == null || millis < NO_END) {
            forbid();
        } else {
            long most = LONGEST.toMillis();
            endsAt = now
                    + Duration.ofMillis(millis == NO_END ? most : Math.min(most, millis))
                            .toNanos();
        }
    }
}
