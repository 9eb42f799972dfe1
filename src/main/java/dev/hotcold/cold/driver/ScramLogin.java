package dev.hotcold.cold.driver;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import com.ongres.scram.common.exception.ScramException;
import com.ongres.scram.common.util.TlsServerEndpoint;
import dev.hotcold.cold.trust.PostgresTrust.ChannelBinding;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * One login by SCRAM (RFC 5802), as the driver does it, but for two things: the number of iterations, which the server
 * dictates, has a bound, and what they cost is a step of its own, so that it can be paid on another thread.
 *
 * <p>Each step fails with {@link PgRefusal}. Confined to: one thread at a time.
 */
final class ScramLogin {

    private enum Step {
        BEGIN,
        CHALLENGE,
        ANSWER,
        COMPUTING,
        END,
        DONE
    }

    private final String user;
    private final String password;
    private final ChannelBinding binding;
    private volatile Step step = Step.BEGIN;
    private @Nullable ScramClient client;

    ScramLogin(String user, String password, ChannelBinding binding) {
        this.user = user;
        this.password = password;
        this.binding = binding;
    }

    boolean hasBegun() {
        return step != Step.BEGIN;
    }

    /** Whether nothing has begun, or all has succeeded. */
    boolean isSettled() {
        return step == Step.BEGIN || step == Step.DONE;
    }

    /**
     * Fails where {@code channel_binding=require} asks for this login, and the server for another.
     *
     * @param server what it does
     */
    void checkNotRequired(String server) throws PgRefusal {
        if (binding == ChannelBinding.REQUIRE) {
            throw new PgRefusal(server + ", which channel_binding=require forbids");
        }
    }

    /**
     * Begins.
     *
     * @param mechanisms their names as the server sends them, each with a zero behind it
     * @param tls null = there is none
     * @return the message to send
     */
    ByteBuf begin(ByteBuf mechanisms, @Nullable SslHandler tls) throws PgRefusal {
        enter(Step.BEGIN, Step.CHALLENGE);
        try {
            client = ScramClient.builder()
                    .advertisedMechanisms(names(mechanisms))
                    .username(user)
                    .password(password.toCharArray())
                    .stringPreparation(StringPreparation.POSTGRESQL_PREPARATION)
                    .channelBinding(TlsServerEndpoint.TLS_SERVER_END_POINT, channelBinding(tls))
                    .build();
        } catch (IllegalArgumentException unusable) {
            throw new PgRefusal("asks for a login that is not possible: " + unusable.getMessage());
        }
        if (!client.getScramMechanism().isPlus()) {
            checkNotRequired("binds no login to an encrypted connection");
        }
        byte[] mechanism = bytes(client.getScramMechanism().getName());
        byte[] first = bytes(client.clientFirstMessage().toString());
        ByteBuf body = Unpooled.buffer();
        body.writeBytes(mechanism).writeByte(0).writeInt(first.length).writeBytes(first);
        return message(body);
    }

    /** Takes the server's challenge, which has the number of iterations. */
    void challenge(ByteBuf challenge) throws PgRefusal {
        enter(Step.CHALLENGE, Step.ANSWER);
        int iterations;
        try {
            iterations = client().serverFirstMessage(text(challenge)).getIterationCount();
        } catch (ScramException | IllegalArgumentException unreadable) {
            throw new PgRefusal("sent a login challenge that cannot be read: " + unreadable.getMessage());
        }
        if (iterations > PostgresEndpoint.MOST_SCRAM_ITERATIONS) {
            throw new PgRefusal(
                    "asks for " + iterations + " iterations of SCRAM, and " + PostgresEndpoint.MOST_SCRAM_ITERATIONS
                            + " are the most; is this your PostgreSQL? If so, lower scram_iterations and set the password again");
        }
    }

    /**
     * Computes the answer, which takes as long as the iterations do.
     *
     * @return the message to send
     */
    ByteBuf answer() throws PgRefusal {
        enter(Step.ANSWER, Step.COMPUTING);
        try {
            ByteBuf answer = message(
                    Unpooled.wrappedBuffer(bytes(client().clientFinalMessage().toString())));
            // Not before: until then whatever the server sends is out of turn.
            step = Step.END;
            return answer;
        } catch (RuntimeException unforeseen) {
            throw new PgRefusal("sent a login challenge that cannot be answered: " + unforeseen.getMessage());
        }
    }

    /** Checks that the server knows the password too. */
    void end(ByteBuf proof) throws PgRefusal {
        enter(Step.END, Step.COMPUTING);
        try {
            client().serverFinalMessage(text(proof));
            step = Step.DONE;
        } catch (ScramException | RuntimeException unproven) {
            throw new PgRefusal("has not proven that it knows the password: " + unproven.getMessage());
        }
    }

    private void enter(Step expected, Step next) throws PgRefusal {
        if (step != expected) {
            throw new PgRefusal("asks for a login out of turn");
        }
        step = next;
    }

    private ScramClient client() {
        if (client == null) {
            throw new IllegalStateException("the login has not begun");
        }
        return client;
    }

    private static List<String> names(ByteBuf in) {
        List<String> names = new ArrayList<>();
        int length;
        while ((length = in.bytesBefore((byte) 0)) > 0) {
            names.add(in.readCharSequence(length, StandardCharsets.UTF_8).toString());
            in.skipBytes(1);
        }
        return names;
    }

    /** Empty: there is none. */
    private byte[] channelBinding(@Nullable SslHandler tls) {
        if (tls == null || binding == ChannelBinding.DISABLE) {
            return new byte[0];
        }
        try {
            Certificate[] chain = tls.engine().getSession().getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate certificate
                    ? TlsServerEndpoint.getChannelBindingData(certificate)
                    : new byte[0];
        } catch (SSLPeerUnverifiedException | CertificateException unknown) {
            return new byte[0];
        }
    }

    private static ByteBuf message(ByteBuf body) {
        return Unpooled.wrappedBuffer(Unpooled.buffer(5).writeByte('p').writeInt(4 + body.readableBytes()), body);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(ByteBuf in) {
        return in.readCharSequence(in.readableBytes(), StandardCharsets.UTF_8).toString();
    }
}
