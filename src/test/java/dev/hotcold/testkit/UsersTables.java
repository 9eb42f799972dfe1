package dev.hotcold.testkit;

import dev.hotcold.table.UsersTable;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tables of users for pure tests. */
public final class UsersTables {

    private static final UsersTable.Column TEXT =
            new UsersTable.Column("text", "pg_catalog.text", "=", true, true, false, true);

    private UsersTables() {}

    /** A table as the migrations make it. */
    public static UsersTable plain(long oid) {
        return new UsersTable(
                new UsersTable.Relation(oid, 5, "UTF8", "public.users", 'r'),
                new UsersTable.Reader("postgres", false, ""),
                Map.of(
                        UsersTable.USER_ID, TEXT,
                        UsersTable.DEEPLINK, TEXT,
                        UsersTable.PROMO_MESSAGE, TEXT),
                true,
                List.of(new UsersTable.Member(
                        oid, "public.users", new UsersTable.Storage('r', 'p', 1), false, true, "1:2,2:2,3:2")),
                Set.of(oid));
    }
}
