package dev.hotcold.hot;

import dev.hotcold.lookup.DeadlineQueue;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.StoreHealth;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandKeyword;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;

/**
 * One user on the way into Redis: {@code SET user:ID {…} EX ttl}. Tells the observer if it does not arrive in time.
 *
 * <p>Confined to: its event loop.
 */
final class Fill extends DeadlineQueue.Entry {

    private final LookupObserver observer;
    private final StoreHealth health;
    private boolean settled;

    /** @param health how well Redis stores, apart from how well it reads */
    Fill(LookupObserver observer, StoreHealth health) {
        this.observer = observer;
        this.health = health;
    }

    /** @param timeToLive whole seconds; zero = no expiry */
    Command<byte[], byte[], String> toCommand(UserId id, UserJson user, Duration timeToLive) {
        CommandArgs<byte[], byte[]> args = new CommandArgs<>(ByteArrayCodec.INSTANCE)
                .addKey(UserKeys.user(id))
                .addValue(user.toObject());
        if (!timeToLive.isZero()) {
            args.add(CommandKeyword.EX).add(timeToLive.toSeconds());
        }
        return new Command<>(CommandType.SET, new StatusOutput<>(ByteArrayCodec.INSTANCE), args) {
            @Override
            public void complete() {
                super.complete();
                if (getOutput().hasError()) {
                    health.ailing("refuses to store: " + getOutput().getError());
                    fail(Failure.ERROR_REPLY);
                } else {
                    health.well();
                }
                settled = true;
            }

            @Override
            public boolean completeExceptionally(Throwable failure) {
                fail(Failure.DISCONNECTED);
                return super.completeExceptionally(failure);
            }
        };
    }

    private void fail(Failure failure) {
        if (!settled) {
            settled = true;
            observer.fillFailed(failure);
        }
    }

    @Override
    protected boolean isSettled() {
        return settled;
    }

    @Override
    protected void expire() {
        fail(Failure.TIMEOUT);
    }
}
