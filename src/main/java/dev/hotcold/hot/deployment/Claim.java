package dev.hotcold.hot.deployment;

import dev.hotcold.freshness.Deployment;
import dev.hotcold.hot.layout.UserKeys;
import io.lettuce.core.protocol.CommandArgs;
import java.time.Duration;

/**
 * A deployment's claim to the cache, as the script has it.
 *
 * @param keys of the mark
 * @param deployment whose claim it is
 * @param token of who asks: of those that share a deployment, one clears what the one before has left
 */
public record Claim(UserKeys keys, Deployment deployment, String token) {

    /** How long a claim lives that nobody renews: another deployment takes over after so long, and a moment. */
    public static final Duration LIFE = Duration.ofSeconds(30);

    /** How long what was said of a claim is relied on. Who ends leaves it for so long to those that go on. */
    static final Duration TRUST = Duration.ofSeconds(4);

    /** How many keys the script has. */
    public static final int KEYS = 2;

    /** What is asked. */
    public enum How {
        /** What has no mark is taken as it is: a version before has filled it, or it is empty. */
        CLAIM("claim"),
        /** The same; but what is to be cleared is left to others. */
        JOIN("join"),
        /** Nothing is taken: another's mark was there a moment ago. */
        WAIT("wait"),
        /** What has no living owner is taken, to be cleared by who asks. */
        SEIZE("seize"),
        /** Who asks has cleared it. */
        CLEARED("cleared"),
        /** Who asks ends. */
        LEAVE("leave");

        private final String word;

        How(String word) {
            this.word = word;
        }
    }

    /** Adds keys and values to a call of the script. */
    public void addTo(CommandArgs<byte[], byte[]> arguments, How how) {
        arguments
                .addKey(keys.mark())
                .addKey(keys.markIsAlive())
                .add(deployment.system())
                .add(Mark.body(deployment))
                .add((how == How.LEAVE ? TRUST : LIFE).toMillis())
                .add(token)
                .add(how.word);
    }
}
