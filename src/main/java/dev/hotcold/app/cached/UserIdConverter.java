package dev.hotcold.app.cached;

import dev.hotcold.user.UserId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a user_id of the command line. */
final class UserIdConverter implements ITypeConverter<UserId> {

    @Override
    public UserId convert(String text) {
        if (UserId.parse(text) instanceof UserId id) {
            return id;
        }
        throw new TypeConversionException(
                "'" + text + "' is no user_id: 1 to " + UserId.MAX_LENGTH + " letters, digits, _ and -");
    }
}
