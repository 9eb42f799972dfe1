package dev.hotcold.http.access;

/** A file named by a setting cannot be used. The message tells an operator which file and why, without its content. */
public final class UnusableFileException extends Exception {

    private static final long serialVersionUID = 1L;

    UnusableFileException(String setting, String why) {
        super(setting + ": " + why);
    }
}
