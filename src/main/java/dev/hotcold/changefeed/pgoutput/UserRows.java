package dev.hotcold.changefeed.pgoutput;

import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.changefeed.pgoutput.PgOutput.Row;
import dev.hotcold.changefeed.pgoutput.PgOutput.Table;
import dev.hotcold.freshness.UserChange;
import dev.hotcold.table.IdMatch;
import dev.hotcold.table.UsersTable;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns rows of the table of users into changes. Skips rows of other tables, and ids that no request can name.
 *
 * <p>Confined to: the thread of its feed.
 */
public final class UserRows {

    private static final Logger LOG = LoggerFactory.getLogger(UserRows.class);

    private static final List<String> TEXTS = List.of(UsersTable.DEEPLINK, UsersTable.PROMO_MESSAGE);

    private final UsersTable users;
    private final IdMatch match;
    private final boolean onlyOutdated;

    /** Those with rows of their own: a partitioned table by which others are published has no identity that would count. */
    private final Set<Long> members;

    /** @param users whose rows; by their identity, whatever they are called */
    public UserRows(UsersTable users) {
        this.users = users;
        this.match = users.match().orElseThrow();
        this.onlyOutdated = users.whyOnlyOutdated().isPresent();
        this.members = users.members().stream().map(UsersTable.Member::oid).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether the table of users was truncated. */
    public boolean isTruncation(Message message) {
        return message instanceof Message.Truncate truncate
                && truncate.tables().stream().anyMatch(this::isUsers);
    }

    /**
     * Whether the message is of a change of the table of users that does not say which user had the row before: its replica
     * identity is something else, be it for a moment.
     */
    public boolean isUnnamed(Message message) {
        Table table = switch (message) {
            case Message.Update update -> update.after().table();
            case Message.Delete delete -> delete.before().table();
            case Message.Begin _,
                    Message.Commit _,
                    Message.Insert _,
                    Message.Truncate _,
                    Message.Described _,
                    Message.Other _ -> null;
        };
        return table != null
                && !table.keys().contains(UsersTable.USER_ID)
                && members.contains(Integer.toUnsignedLong(table.oid()));
    }

    /** The changes of a message; empty for one that concerns no user. */
    public List<UserChange> changes(Message message) {
        return switch (message) {
            case Message.Insert insert -> stored(insert.row()).stream().toList();
            case Message.Update update -> changed(update);
            case Message.Delete delete -> outdated(delete.before()).stream().toList();
            case Message.Begin _, Message.Commit _, Message.Truncate _, Message.Described _, Message.Other _ ->
                List.of();
        };
    }

    /** The old id, if the message has one, is outdated unless it is the new one too. */
    private List<UserChange> changed(Message.Update update) {
        Optional<UserChange> after = stored(update.after());
        if (update.before() == null) {
            return after.stream().toList();
        }
        return Stream.concat(
                        outdated(update.before())
                                .filter(old -> after.isEmpty()
                                        || !old.id().equals(after.get().id()))
                                .stream(),
                        after.stream())
                .toList();
    }

    private Optional<UserChange> stored(Row row) {
        return id(row).map(id -> {
            Object deeplink = row.get(UsersTable.DEEPLINK);
            Object promoMessage = row.get(UsersTable.PROMO_MESSAGE);
            if (deeplink == PgOutput.UNREADABLE || promoMessage == PgOutput.UNREADABLE) {
                LOG.warn("A changed user has text that is no UTF-8: it is no longer cached, and cannot be looked up");
                LOG.debug("Its user_id: {}", id);
            }
            if (onlyOutdated
                    || !row.table().columns().containsAll(TEXTS)
                    || !isText(deeplink)
                    || !isText(promoMessage)) {
                return new UserChange.Outdated(id);
            }
            return new UserChange.Stored(new User(id, text(deeplink), text(promoMessage)));
        });
    }

    private static boolean isText(@Nullable Object value) {
        return value == null || value instanceof String;
    }

    private Optional<UserChange> outdated(Row row) {
        return id(row).map(UserChange.Outdated::new);
    }

    private Optional<UserId> id(Row row) {
        return isUsers(row.table()) && row.get(UsersTable.USER_ID) instanceof String text
                ? match.ofRow(text)
                : Optional.empty();
    }

    private boolean isUsers(Table table) {
        return users.tree().contains(Integer.toUnsignedLong(table.oid()));
    }

    /** As the lookup reads it: a text that is NULL counts as empty. */
    private static String text(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }
}
