package dev.hotcold.cold.driver;

import dev.hotcold.cold.pooler.StatementNames;
import dev.hotcold.loop.AnswersInMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Stands between a socket and the driver, and ends the connection at what PostgreSQL may not send. Until the login is over it
 * passes on one message after the other, and logs in by SCRAM itself, off the event loop: the driver would compute on it
 * whatever number of iterations is asked for. After that it only follows, by {@link MessageFraming}, and gives prepared statements
 * names that are nobody else's.
 *
 * <p>Confined to: its event loop.
 */
final class MessageGuard extends ChannelDuplexHandler {

    private static final int SSL_REQUEST = 80877103;
    private static final int CANCEL_REQUEST = 80877102;

    /** How long a request to cancel may take to be passed on. */
    private static final Duration CANCEL_GRACE = Duration.ofSeconds(2);

    private static final int HEADER = 5;

    /** Until the login is over: parameters, notices, challenges. */
    private static final int MOST_BYTES = 1 << 16;

    private static final int MOST_MESSAGES = 1000;

    private static final int OK = 0;
    private static final int SASL = 10;
    private static final int SASL_CONTINUE = 11;
    private static final int SASL_FINAL = 12;

    private final ScramLogin login;
    private final Executor worker;
    private final Consumer<PgRefusal> onRefusal;
    private final MessageFraming framing =
            new MessageFraming(Runtime.getRuntime().maxMemory(), AnswersInMemory.OF_PROCESS.share());
    private final StatementNames names = new StatementNames();
    private final ByteBuf held = Unpooled.buffer();
    private boolean isLoggedIn;
    private boolean isRefused;
    private boolean awaitsTlsAnswer;
    private boolean cancels;
    private int messages;

    /**
     * @param worker computes
     * @param onRefusal hears why the connection is ended
     */
    MessageGuard(ScramLogin login, Executor worker, Consumer<PgRefusal> onRefusal) {
        this.login = login;
        this.worker = worker;
        this.onRefusal = onRefusal;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        held.release();
        framing.ended();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        framing.asked();
        if (message instanceof ByteBuf sent) {
            if (isLoggedIn) {
                names.replace(sent);
            } else if (sent.readableBytes() == 8) {
                awaitsTlsAnswer = sent.getInt(sent.readerIndex() + 4) == SSL_REQUEST;
            } else if (sent.readableBytes() == 16) {
                cancels = sent.getInt(sent.readerIndex() + 4) == CANCEL_REQUEST;
            }
        }
        var _ = context.write(message, promise);
    }

    /** The driver closes behind a request to cancel at once, and a pooler drops one whose sender has gone. PostgreSQL closes itself. */
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (cancels) {
            Runnable close = () -> {
                var _ = context.close(promise);
            };
            var _ = context.executor().schedule(close, CANCEL_GRACE.toMillis(), TimeUnit.MILLISECONDS);
        } else {
            var _ = context.close(promise);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (isRefused || !(message instanceof ByteBuf in)) {
            ReferenceCountUtil.release(message);
            return;
        }
        try {
            if (isLoggedIn) {
                passOn(context, in.retain());
            } else {
                held.writeBytes(in);
                logIn(context);
            }
        } catch (PgRefusal refusal) {
            refuse(context, refusal);
        } finally {
            in.release();
        }
    }

    private void passOn(ChannelHandlerContext context, ByteBuf in) throws PgRefusal {
        String refusal;
        try {
            refusal = framing.read(in);
        } finally {
            in.release();
        }
        if (refusal != null) {
            throw new PgRefusal(refusal);
        }
        ByteBuf next;
        while ((next = framing.next()) != null) {
            context.fireChannelRead(next);
        }
    }

    /** Whether the driver did not get all rows of the last answer, for want of memory. */
    boolean hasCut() {
        return framing.isCut();
    }

    /** Bytes of the rows of the last answer that the driver got. */
    long rowBytes() {
        return framing.rowBytes();
    }

    private void logIn(ChannelHandlerContext context) throws PgRefusal {
        if (awaitsTlsAnswer && held.isReadable()) {
            if (held.readableBytes() > 1) {
                // Somebody on the way may have added it; it would pass for encrypted.
                throw new PgRefusal("sent more than a yes or no to encryption");
            }
            awaitsTlsAnswer = false;
            context.fireChannelRead(held.readBytes(1));
        }
        while (!isLoggedIn && !isRefused && held.readableBytes() >= HEADER) {
            byte type = held.getByte(held.readerIndex());
            long length = held.getInt(held.readerIndex() + 1);
            checkLogin(type, length);
            if (held.readableBytes() < length + 1) {
                return;
            }
            if (++messages > MOST_MESSAGES) {
                throw new PgRefusal("sent more than " + MOST_MESSAGES + " messages for a login");
            }
            ByteBuf whole = held.readBytes(Math.toIntExact(length + 1));
            held.discardSomeReadBytes();
            isLoggedIn = type == 'Z';
            if (type == 'R') {
                authentication(context, whole);
            } else {
                context.fireChannelRead(whole);
            }
        }
        if (isLoggedIn && held.isReadable()) {
            passOn(context, held.readBytes(held.readableBytes()));
        }
    }

    private static void checkLogin(byte type, long length) throws PgRefusal {
        switch (type) {
            case 'R', 'S', 'K', 'N', 'E', 'Z', 'v' -> {}
            default -> throw new PgRefusal("sent what belongs to no login");
        }
        if (length < 4 || length > MOST_BYTES) {
            throw new PgRefusal("announced a message of " + length + " bytes for a login");
        }
    }

    /** What is none of SCRAM is left to the driver. */
    private void authentication(ChannelHandlerContext context, ByteBuf whole) throws PgRefusal {
        boolean isOurs = true;
        try {
            if (whole.readableBytes() < HEADER + 4) {
                throw new PgRefusal("sent what belongs to no login");
            }
            int kind = whole.getInt(whole.readerIndex() + HEADER);
            ByteBuf body = whole.slice().skipBytes(HEADER + 4);
            switch (kind) {
                case SASL -> send(context, login.begin(body, context.pipeline().get(SslHandler.class)));
                case SASL_CONTINUE -> {
                    login.challenge(body);
                    answer(context);
                }
                case SASL_FINAL -> login.end(body);
                case OK -> {
                    if (!login.hasBegun()) {
                        login.checkNotRequired("asks for no login");
                    }
                    if (!login.isSettled()) {
                        throw new PgRefusal("has not proven that it knows the password");
                    }
                    isOurs = false;
                }
                default -> {
                    login.checkNotRequired("asks for a login without SCRAM");
                    isOurs = false;
                }
            }
        } finally {
            if (isOurs) {
                whole.release();
            }
        }
        if (!isOurs) {
            context.fireChannelRead(whole);
        }
    }

    private void answer(ChannelHandlerContext context) {
        worker.execute(() -> {
            // It may have waited for the answers of other connections, and be too late.
            if (!context.channel().isActive()) {
                return;
            }
            Runnable next;
            try {
                ByteBuf answer = login.answer();
                next = () -> send(context, answer);
            } catch (PgRefusal refusal) {
                next = () -> refuse(context, refusal);
            }
            try {
                context.executor().execute(next);
            } catch (RejectedExecutionException stopping) {
                // The service stops, and the loop has ended with the connection.
            }
        });
    }

    private static void send(ChannelHandlerContext context, ByteBuf message) {
        var _ = context.writeAndFlush(message);
    }

    private void refuse(ChannelHandlerContext context, PgRefusal refusal) {
        isRefused = true;
        onRefusal.accept(refusal);
        // So that what is in flight fails for this reason.
        context.fireExceptionCaught(refusal);
        var _ = context.close();
    }
}
