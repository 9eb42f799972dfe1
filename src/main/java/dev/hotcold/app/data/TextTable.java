package dev.hotcold.app.data;

import dev.hotcold.log.Printable;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Rows of texts, printed as psql does: a header, and columns as wide as their longest value. */
final class TextTable {

    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    TextTable(List<String> header) {
        this.header = header.stream().map(Printable::line).toList();
    }

    void add(List<String> row) {
        rows.add(row.stream().map(Printable::line).toList());
    }

    void print(PrintStream out) {
        int[] widths = new int[header.size()];
        widen(widths, header);
        rows.forEach(row -> widen(widths, row));
        print(out, widths, header);
        StringBuilder rule = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            rule.append(i == 0 ? "" : "+").append("-".repeat(widths[i] + (i == 0 ? 1 : 2)));
        }
        out.println(rule);
        rows.forEach(row -> print(out, widths, row));
        out.println("(" + rows.size() + (rows.size() == 1 ? " row)" : " rows)"));
    }

    private static void widen(int[] widths, List<String> row) {
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(widths[i], length(row.get(i)));
        }
    }

    private static void print(PrintStream out, int[] widths, List<String> row) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            line.append(i == 0 ? "" : " | ").append(row.get(i));
            line.repeat(' ', widths[i] - length(row.get(i)));
        }
        out.println(line.toString().stripTrailing());
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
