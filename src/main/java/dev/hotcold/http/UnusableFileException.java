package dev.hotcold.http;

/** A file that a setting names cannot be used; the message tells an operator which, and why, without its content. */
public final class UnusableFileException extends Exception {

    private static final long serialVersionUID = 1L;

    UnusableFileException(String setting, String why) {
        super(setting + ": " + why);
    }
}
