package dev.hotcold.table;

import dev.hotcold.user.UserId;
import java.math.BigInteger;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How PostgreSQL compares the id that was asked for with the column user_id. A row may only be cached by the name that the change
 * feed will call it by, its own; and an absence only where no row of another name could end it.
 */
public enum IdMatch {

    /** The same text: text, varchar, name, with a deterministic collation. */
    EXACT,

    /** The same text but for blanks at the end, which no id that is asked for has: char(n). */
    PADDED {
        @Override
        public Optional<UserId> ofRow(String stored) {
            int end = stored.length();
            while (end > 0 && stored.charAt(end - 1) == ' ') {
                end--;
            }
            return super.ofRow(stored.substring(0, end));
        }
    },

    /** The same number: smallint, integer, bigint. 007 is found as 7, which is its own name. */
    INTEGER {
        @Override
        public boolean isAsked(UserId id) {
            return DIGITS.matcher(id.value()).matches() && new BigInteger(id.value()).bitLength() < Long.SIZE;
        }

        @Override
        public boolean isKnownAbsent(UserId id) {
            return !isAsked(id) || CANONICAL.matcher(id.value()).matches();
        }
    },

    /** The same number, which may be written in several ways: numeric. */
    NUMERIC {
        @Override
        public boolean isAsked(UserId id) {
            return DIGITS.matcher(id.value()).matches();
        }

        @Override
        public boolean isKnownAbsent(UserId id) {
            return !isAsked(id);
        }
    },

    /** What a collation or a type of an extension takes for the same: citext, a nondeterministic collation. */
    LOOSE {
        @Override
        public boolean isKnownAbsent(UserId id) {
            return false;
        }
    };

    private static final Pattern DIGITS = Pattern.compile("-?[0-9]+");
    private static final Pattern CANONICAL = Pattern.compile("0|-?[1-9][0-9]*");

    /** Whether a query may have this id; otherwise there is no such user, and PostgreSQL would refuse the id. */
    public boolean isAsked(UserId id) {
        return true;
    }

    /** Whether the change feed would tell by this very id that such a user came to be. */
    public boolean isKnownAbsent(UserId id) {
        return true;
    }

    /** The id by which requests ask for a row, and by which it is cached; empty = none can be. */
    public Optional<UserId> ofRow(String stored) {
        return UserId.parse(stored) instanceof UserId id ? Optional.of(id) : Optional.empty();
    }
}
