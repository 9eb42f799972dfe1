package dev.hotcold.http.access;

/** A file named by a setting cannot be used. The message tells an operator which file and why, without its content. */
public final class UnusableFileException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean gone;

    /** @param gone whether there is nothing in the place of the file that could be corrected */
    UnusableFileException(String setting, String why, boolean gone) {
        super(setting + ": " + why);
        this.gone = gone;
    }

    /** Whether the file is removed, empty, may not be read, or is no file: its owner may have meant that. */
    boolean isGone() {
        return gone;
    }
}
