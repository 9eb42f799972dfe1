package dev.hotcold.hot.connection;

import dev.hotcold.hot.layout.UserKeys;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What errors that Redis replies with mean, in an operator's words, with what grants a right that is missing. Never part of a
 * response. Immutable.
 */
public final class RedisProblems {

    /** Of a command that was renamed, or that a managed Redis leaves out. */
    private static final Pattern NO_SCRIPTS =
            Pattern.compile("^ERR unknown command\\W+EVAL(?:SHA)?\\b", Pattern.CASE_INSENSITIVE);

    /** The command, which may be one word of another: {@code client|tracking}. Up to Redis 7.0 the user is not named. */
    private static final Pattern COMMAND_FORBIDDEN = Pattern.compile(
            "^NOPERM (?:User (\\S+) has|.*) no permissions to run the '([a-z|-]+)", Pattern.CASE_INSENSITIVE);

    private static final Pattern KEY_FORBIDDEN =
            Pattern.compile("^NOPERM .*no permissions to access .*key", Pattern.CASE_INSENSITIVE);

    private static final Pattern SCRIPT_MAY_NOT_RUN = Pattern.compile(
            "^(?:ERR|NOPERM) (?:The user executing the script can't run this command"
                    + "|ACL failure in script: .*no permissions to run the)",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern SCRIPT_MAY_NOT_ACCESS = Pattern.compile(
            "^(?:ERR|NOPERM) (?:The user executing the script can't access"
                    + "|ACL failure in script: .*no permissions to access)",
            Pattern.CASE_INSENSITIVE);

    /** What scripts call. */
    static final String COMMANDS_OF_SCRIPTS = "+get +set +psetex +del +hget +hmget +hset +hdel";

    /** What an error begins with. */
    private static final Pattern CODE = Pattern.compile("[A-Z]+ ");

    private final String user;
    private final String patterns;

    /**
     * For who is logged in.
     *
     * @param user of Redis
     * @param keys that it is to access
     */
    public RedisProblems(String user, UserKeys keys) {
        this.user = user;
        this.patterns = keys.patternsOfAcl();
    }

    /**
     * What an error means; a reason.
     *
     * @param said by Redis
     * @param withoutIds takes the ids of users out of what is repeated of it
     */
    public String ofErrorReply(String said, UnaryOperator<String> withoutIds) {
        String missing = ofMissingRight(said);
        if (missing != null) {
            return missing;
        }
        return "replied with an error: " + quoted(said, withoutIds);
    }

    /** Why a command of a connection that others wait for has failed; without the keys of users. */
    public String ofFailure(@Nullable Throwable failure) {
        String message = LettuceClients.rootMessage(failure);
        String missing = ofMissingRight(message);
        return missing == null ? message : missing;
    }

    /** @return null: it is about something else */
    private @Nullable String ofMissingRight(String said) {
        if (NO_SCRIPTS.matcher(said).find()) {
            return "does not know EVAL and EVALSHA, without which no user is cached: take the lines with rename-command for them out of"
                    + " redis.conf, and restart Redis";
        }
        Matcher command = COMMAND_FORBIDDEN.matcher(said);
        if (command.find()) {
            String who = command.group(1) == null ? user : command.group(1);
            return ofForbidden(command.group(2).toLowerCase(Locale.ROOT), who);
        }
        if (KEY_FORBIDDEN.matcher(said).find()
                || SCRIPT_MAY_NOT_ACCESS.matcher(said).find()) {
            return "may not access all keys that it needs: ACL SETUSER " + user + " " + patterns;
        }
        if (SCRIPT_MAY_NOT_RUN.matcher(said).find()) {
            return "may not run all commands that scripts need: ACL SETUSER " + user + " " + COMMANDS_OF_SCRIPTS;
        }
        return null;
    }

    private static String ofForbidden(String command, String who) {
        if (command.startsWith("eval")) {
            return "may not run EVAL and EVALSHA, without which no user is cached: ACL SETUSER " + who
                    + " +eval +evalsha";
        }
        String name = command.toUpperCase(Locale.ROOT).replace('|', ' ');
        return "may not run " + name + ": ACL SETUSER " + who + " +" + command;
    }

    /** A user may be called as an error is. */
    private static String quoted(String said, UnaryOperator<String> withoutIds) {
        Matcher code = CODE.matcher(said);
        int rest = code.lookingAt() ? code.end() : 0;
        return said.substring(0, rest) + withoutIds.apply(said.substring(rest));
    }
}
