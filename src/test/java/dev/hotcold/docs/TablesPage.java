package dev.hotcold.docs;

import dev.hotcold.matrix.Cell;
import dev.hotcold.matrix.IdType;
import dev.hotcold.matrix.Ledger;
import dev.hotcold.matrix.Outcome;
import dev.hotcold.matrix.Outcome.Kind;
import dev.hotcold.matrix.Reader;
import dev.hotcold.matrix.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The page docs/operate/tables.md: what becomes of the users of each table, as the tests have seen it.
 */
final class TablesPage {

    private static final int NEWEST = 17;
    private static final int OLDER = 15;

    private static final String HEAD = """
            <!-- Generated from what the tests have seen; to see it anew: make tables -->

            # Tables that the service has been run on

            Each cell was run on PostgreSQL %d and %d: the service was started on such a table, users were looked up, changed,
            removed and made again, and its owner ran the same statements before and beside the service, with the same
            results each time. [What a table must have](stores.md#postgresql) says why.

            - `values`: a change replaces the cached user.
            - `removals`: a change removes the cached user, and the next lookup reads it anew.
            - `not followed`: users are served, and changes show when `CACHE_TTL_SECONDS` is over.
            - `refused`: the service does not start.
            - –: PostgreSQL has no such thing.

            Numbers point to what the service says, in `/readyz` or when it is started.
            """.formatted(OLDER, NEWEST);

    private final Ledger newest = Ledger.of(NEWEST);
    private final Ledger older = Ledger.of(OLDER);
    private final List<String> reasons = new ArrayList<>();

    static String render() {
        return new TablesPage().page();
    }

    private String page() {
        StringBuilder page = new StringBuilder(HEAD);
        for (Shape shape : Shape.values()) {
            page.append("\n## ").append(capitalised(shape.title())).append("\n\n| looked up by |");
            Arrays.stream(IdType.values())
                    .forEach(type -> page.append(' ').append(type.title()).append(" |"));
            page.append("\n|---|").append("---|".repeat(IdType.values().length)).append('\n');
            for (Reader reader : Reader.values()) {
                page.append("| ").append(reader.title()).append(" |");
                for (IdType type : IdType.values()) {
                    page.append(' ')
                            .append(entry(new Cell(shape, reader, type)))
                            .append(" |");
                }
                page.append('\n');
            }
        }
        page.append("\n## What it says\n\n| | |\n|---|---|\n");
        for (int i = 0; i < reasons.size(); i++) {
            page.append("| ").append(i + 1).append(" | ").append(reasons.get(i)).append(" |\n");
        }
        return page.toString();
    }

    private String entry(Cell cell) {
        if (!cell.isPossible()) {
            return "–";
        }
        String now = newest.outcome(cell).map(this::entry).orElse("not run");
        String before = older.outcome(cell).map(this::entry).orElse("not run");
        return now.equals(before) ? now : now + "; on " + OLDER + ": " + before;
    }

    private String entry(Outcome outcome) {
        String kind = outcome.kind() == Kind.SERVED
                ? "not followed"
                : outcome.kind().name().toLowerCase(Locale.ROOT);
        if (outcome.reason().isEmpty()) {
            return kind;
        }
        if (!reasons.contains(outcome.reason())) {
            reasons.add(outcome.reason());
        }
        return kind + " (" + (reasons.indexOf(outcome.reason()) + 1) + ")";
    }

    private static String capitalised(String title) {
        return title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1);
    }
}
