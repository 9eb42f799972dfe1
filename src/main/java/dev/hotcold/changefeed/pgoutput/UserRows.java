package dev.hotcold.changefeed.pgoutput;

import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.changefeed.pgoutput.PgOutput.Row;
import dev.hotcold.changefeed.pgoutput.PgOutput.Table;
import dev.hotcold.freshness.UserChange;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns rows of the table of users into changes. Skips rows of other tables, and ids that no request can name. */
public final class UserRows {

    private static final String TABLE = "users";
    private static final String USER_ID = "user_id";
    private static final String DEEPLINK = "deeplink";
    private static final String PROMO_MESSAGE = "promo_message";

    private final String schema;

    /** @param schema of the table of users: one of that name elsewhere is another table */
    public UserRows(String schema) {
        this.schema = schema;
    }

    /** Whether the table of users was truncated. */
    public boolean isTruncation(Message message) {
        return message instanceof Message.Truncate truncate
                && truncate.tables().stream().anyMatch(this::isUsers);
    }

    /** The changes of a message; empty for one that concerns no user. */
    public List<UserChange> changes(Message message) {
        return switch (message) {
            case Message.Insert insert -> stored(insert.row()).stream().toList();
            case Message.Update update -> changed(update);
            case Message.Delete delete -> outdated(delete.before()).stream().toList();
            case Message.Begin _, Message.Commit _, Message.Truncate _, Message.Other _ -> List.of();
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
            Object deeplink = row.get(DEEPLINK);
            Object promoMessage = row.get(PROMO_MESSAGE);
            boolean isComplete = row.table().columns().containsAll(List.of(DEEPLINK, PROMO_MESSAGE));
            if (!isComplete || deeplink == PgOutput.UNCHANGED || promoMessage == PgOutput.UNCHANGED) {
                return new UserChange.Outdated(id);
            }
            return new UserChange.Stored(new User(id, text(deeplink), text(promoMessage)));
        });
    }

    private Optional<UserChange> outdated(Row row) {
        return id(row).map(UserChange.Outdated::new);
    }

    private Optional<UserId> id(Row row) {
        return isUsers(row.table())
                        && row.get(USER_ID) instanceof String text
                        && UserId.parse(text) instanceof UserId id
                ? Optional.of(id)
                : Optional.empty();
    }

    private boolean isUsers(Table table) {
        return table.name().equals(TABLE) && table.schema().equals(schema);
    }

    /** As the lookup reads it: a text that is NULL counts as empty. */
    private static String text(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }
}
