package dev.hotcold.app.doctor;

import dev.hotcold.app.doctor.Finding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Collects what is found about one area. Confined to: one thread. */
final class Findings {

    /** Where in an advice the fix begins: what the service says elsewhere is one text. */
    private static final Pattern FIX = Pattern.compile("(?:: |; |\\()((?:as an administrator: |create it with )?"
            + "(?:(?:ALTER|CREATE|DROP|GRANT|ACL|SELECT|CONFIG) [A-Z]|`hotcold |set [A-Z_]+|give each a [A-Z_]+).*)");

    private final String area;
    private final List<Finding> all;

    private Findings(String area, List<Finding> all) {
        this.area = area;
        this.all = all;
    }

    static Findings none() {
        return new Findings("", new ArrayList<>());
    }

    /** What is added to it is added here too. */
    Findings of(String other) {
        return new Findings(other, all);
    }

    void ok(String what) {
        all.add(new Finding(Severity.OK, area, what, ""));
    }

    void warn(String what, String fix) {
        all.add(new Finding(Severity.WARN, area, what, fix));
    }

    void fail(String what, String fix) {
        all.add(new Finding(Severity.FAIL, area, what, fix));
    }

    /** What the service says where it finds this itself: what is wrong, and behind it how to fix that. */
    void advice(Severity severity, String advice) {
        Matcher fix = FIX.matcher(advice);
        Optional<Matcher> found = fix.find() ? Optional.of(fix) : Optional.empty();
        all.add(new Finding(
                severity,
                area,
                found.map(at -> advice.substring(0, at.start())).orElse(advice),
                found.map(at -> at.group(1)).orElse("")));
    }

    List<Finding> all() {
        return List.copyOf(all);
    }
}
