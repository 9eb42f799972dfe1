package dev.hotcold.docs;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds in Java sources the texts that operators read: those given to certain calls as string literals, as concatenations
 * of such, as either arm of a conditional, or by the name of a constant of the same source. What is not a literal becomes
 * {@code {}}, so that {@code "cannot connect to " + host} is the template {@code cannot connect to {}}.
 */
final class OperatorTexts {

    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern CONSTANT = Pattern.compile("\\bString\\s+([A-Z][A-Z0-9_]*)\\s*=\\s*");
    private static final Pattern WRAPPED = Pattern.compile("String\\.valueOf\\((.*)\\)", Pattern.DOTALL);
    private static final String PLACEHOLDER = "{}";

    private OperatorTexts() {}

    /**
     * One call.
     *
     * @param templates of its arguments, those that hold a literal; may be empty
     */
    record Call(String name, List<String> templates) {}

    /** @param names a pattern of what stands before the opening parenthesis */
    static Stream<Call> calls(String source, Pattern names) {
        String code = withoutComments(source);
        Map<String, String> constants = constants(code);
        Matcher start =
                Pattern.compile("(?<!\\w)(" + names.pattern() + ")\\s*\\(").matcher(code);
        List<Call> found = new ArrayList<>();
        while (start.find()) {
            List<String> templates = split(code.substring(start.end()), ',').stream()
                    .flatMap(argument -> templates(argument, constants))
                    .toList();
            found.add(new Call(start.group(1), templates));
        }
        return found.stream();
    }

    /** The templates of what is returned, or is the value of a switch's arm. */
    static Stream<String> results(String source) {
        String code = withoutComments(source);
        Matcher start = Pattern.compile("(?:->|\\breturn\\b)\\s*(?=\")").matcher(code);
        return start.results()
                .flatMap(match ->
                        template(split(code.substring(match.end()), ';').getFirst()).stream());
    }

    /** The literals that constants of this source stand for, by their names. */
    private static Map<String, String> constants(String code) {
        Map<String, String> constants = new HashMap<>();
        Matcher declaration = CONSTANT.matcher(code);
        while (declaration.find()) {
            template(split(code.substring(declaration.end()), ';').getFirst())
                    .ifPresent(text -> constants.put(declaration.group(1), text));
        }
        return constants;
    }

    private static Stream<String> templates(String argument, Map<String, String> constants) {
        String expression = argument.strip();
        Matcher wrapped = WRAPPED.matcher(expression);
        if (wrapped.matches()) {
            return templates(wrapped.group(1), constants);
        }
        List<String> conditional = split(expression, '?');
        if (conditional.size() == 2) {
            return split(conditional.getLast(), ':').stream().flatMap(arm -> templates(arm, constants));
        }
        String constant = constants.get(expression);
        return constant == null ? template(expression).stream() : Stream.of(constant);
    }

    /** A concatenation with a literal in it, as a template; empty: any other expression. */
    private static Optional<String> template(String expression) {
        StringBuilder template = new StringBuilder();
        boolean hasLiteral = false;
        for (String operand : split(expression, '+')) {
            Matcher literal = LITERAL.matcher(operand.strip());
            if (literal.matches()) {
                hasLiteral = true;
                template.append(literal.group(1).translateEscapes());
            } else {
                template.append(PLACEHOLDER);
            }
        }
        return hasLiteral ? Optional.of(template.toString()) : Optional.empty();
    }

    /** What stands before the end of the bracket that the code is in, split where {@code separator} is in no bracket. */
    private static List<String> split(String code, char separator) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int begin = 0;
        int i = 0;
        while (i < code.length() && depth >= 0) {
            char c = code.charAt(i);
            if (c == '"' || c == '\'') {
                i = endOfLiteral(code, i);
                continue;
            } else if ("([{".indexOf(c) >= 0) {
                depth++;
            } else if (")]}".indexOf(c) >= 0) {
                depth--;
            } else if (c == separator && depth == 0) {
                parts.add(code.substring(begin, i));
                begin = i + 1;
            }
            i++;
        }
        parts.add(code.substring(begin, depth < 0 ? i - 1 : i));
        return parts;
    }

    private static String withoutComments(String source) {
        StringBuilder code = new StringBuilder(source.length());
        int i = 0;
        while (i < source.length()) {
            char c = source.charAt(i);
            if (c == '"' || c == '\'') {
                int end = endOfLiteral(source, i);
                code.append(source, i, end);
                i = end;
            } else if (source.startsWith("//", i)) {
                i = endOr(source, source.indexOf('\n', i));
            } else if (source.startsWith("/*", i)) {
                i = endOr(source, source.indexOf("*/", i) + 2);
            } else {
                code.append(c);
                i++;
            }
        }
        return code.toString();
    }

    private static int endOr(String source, int end) {
        return end < 2 ? source.length() : end;
    }

    /** Behind the literal that begins here: a text block, a string or a character. */
    private static int endOfLiteral(String source, int begin) {
        String quote = source.startsWith("\"\"\"", begin) ? "\"\"\"" : source.substring(begin, begin + 1);
        int i = begin + quote.length();
        while (i < source.length() && !source.startsWith(quote, i)) {
            i += source.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(source.length(), i + quote.length());
    }
}
