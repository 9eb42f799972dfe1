package dev.hotcold.hot.connection;

import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What errors that Redis replies with mean, in an operator's words. Never part of a response. */
public final class RedisProblems {

    /** Of a command that was renamed, or that a managed Redis leaves out. */
    private static final Pattern NO_SCRIPTS =
            Pattern.compile("^ERR unknown command\\W+EVAL(?:SHA)?\\b", Pattern.CASE_INSENSITIVE);

    /** The name follows from Redis 7 on. */
    private static final Pattern SCRIPTS_FORBIDDEN = Pattern.compile(
            "^NOPERM (?:User (\\S+) has|.*) no permissions to run the '(?:eval|evalsha)", Pattern.CASE_INSENSITIVE);

    /** What an error begins with. */
    private static final Pattern CODE = Pattern.compile("[A-Z]+ ");

    private RedisProblems() {}

    /**
     * What an error means; a reason.
     *
     * @param said by Redis
     * @param withoutIds takes the ids of users out of what is repeated of it
     */
    public static String ofErrorReply(String said, UnaryOperator<String> withoutIds) {
        if (NO_SCRIPTS.matcher(said).find()) {
            return "does not know EVAL and EVALSHA, without which no user is cached: take the lines with rename-command for them out of"
                    + " redis.conf, and restart Redis";
        }
        Matcher forbidden = SCRIPTS_FORBIDDEN.matcher(said);
        if (forbidden.find()) {
            String user = forbidden.group(1) == null ? "default" : forbidden.group(1);
            return "may not run EVAL and EVALSHA, without which no user is cached: ACL SETUSER " + user
                    + " +eval +evalsha";
        }
        return "replied with an error: " + quoted(said, withoutIds);
    }

    /** A user may be called as an error is. */
    private static String quoted(String said, UnaryOperator<String> withoutIds) {
        Matcher code = CODE.matcher(said);
        int rest = code.lookingAt() ? code.end() : 0;
        return said.substring(0, rest) + withoutIds.apply(said.substring(rest));
    }
}
