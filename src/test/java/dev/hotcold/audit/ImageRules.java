package dev.hotcold.audit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.Yaml;

/** What holds of every image that the project builds or starts. Each answer lists the lines or images that break a rule. */
final class ImageRules {

    private static final Pattern SYNTAX = Pattern.compile("# *syntax *= *(\\S+) *", Pattern.CASE_INSENSITIVE);
    private static final Pattern FROM =
            Pattern.compile("FROM +(?:--\\S+ +)*(\\S+)(?: +AS +(\\S+))? *(?:#.*)?", Pattern.CASE_INSENSITIVE);
    private static final Pattern COPY_FROM =
            Pattern.compile("(?:COPY|ADD|RUN) .*?[- ,]from=([^ ,]+).*", Pattern.CASE_INSENSITIVE);
    private static final Pattern USER = Pattern.compile("USER +(\\S+) *", Pattern.CASE_INSENSITIVE);
    private static final Pattern PINNED =
            Pattern.compile("[a-z0-9][a-z0-9._/-]*(?::[0-9]+/[a-z0-9._/-]+)?:(?!latest@)[\\w.-]+@sha256:[0-9a-f]{64}");
    /** Not root's, which is 0, and both ids, so that the group is not root's either. */
    private static final Pattern UNPRIVILEGED = Pattern.compile("[1-9][0-9]*:[1-9][0-9]*");

    private ImageRules() {}

    /** The images that a Dockerfile takes without a tag other than latest and a digest; stages of its own are no images. */
    static List<String> unpinned(String dockerfile) {
        Set<String> stages = new HashSet<>();
        List<String> unpinned = new ArrayList<>();
        for (String line : dockerfile.lines().map(String::strip).toList()) {
            for (Pattern pattern : List.of(SYNTAX, FROM, COPY_FROM)) {
                Matcher taken = pattern.matcher(line);
                if (taken.matches()) {
                    String image = taken.group(1);
                    if (!stages.contains(image) && !PINNED.matcher(image).matches()) {
                        unpinned.add(image);
                    }
                }
            }
            Matcher from = FROM.matcher(line);
            if (from.matches() && from.group(2) != null) {
                stages.add(from.group(2));
            }
        }
        return unpinned;
    }

    /** The lines of one stage, with its FROM; empty: there is none by that name. */
    static String stage(String dockerfile, String name) {
        List<String> lines = new ArrayList<>();
        boolean isWithin = false;
        for (String line : dockerfile.lines().toList()) {
            Matcher from = FROM.matcher(line.strip());
            if (from.matches()) {
                isWithin = name.equals(from.group(2));
            }
            if (isWithin) {
                lines.add(line);
            }
        }
        return String.join("\n", lines);
    }

    /** The user that the last stage runs as; empty: the base image's. */
    static String user(String dockerfile) {
        String user = "";
        for (String line : dockerfile.lines().map(String::strip).toList()) {
            Matcher named = USER.matcher(line);
            if (FROM.matcher(line).matches()) {
                user = "";
            } else if (named.matches()) {
                user = named.group(1);
            }
        }
        return user;
    }

    /** Whether that is a user and a group by number, neither of them root's. */
    static boolean isUnprivileged(String user) {
        return UNPRIVILEGED.matcher(user).matches();
    }

    /** How long a compose file gives a service to stop, as it stands there. */
    static String stopGrace(String compose, String service) {
        Map<String, Object> file = new Yaml().load(compose);
        Map<?, ?> services = (Map<?, ?>) Objects.requireNonNull(file.get("services"));
        return String.valueOf(((Map<?, ?>) Objects.requireNonNull(services.get(service))).get("stop_grace_period"));
    }

    /** The images that a compose file starts without a tag and a digest, other than those that it builds itself. */
    static List<String> unpinnedServices(String compose) {
        Map<String, Object> file = new Yaml().load(compose);
        List<String> unpinned = new ArrayList<>();
        for (Object value : ((Map<?, ?>) Objects.requireNonNull(file.get("services"))).values()) {
            Map<?, ?> service = (Map<?, ?>) value;
            String image = String.valueOf(service.get("image"));
            if (service.get("build") == null && !PINNED.matcher(image).matches()) {
                unpinned.add(image);
            }
        }
        return unpinned;
    }
}
