package dev.hotcold.http.request;

/** Where lookups are served. */
public final class UsersRoute {

    /** The path. */
    public static final String PATH = "/v1/users";

    /** The path and the question mark of a query. */
    public static final String PATH_WITH_QUERY = PATH + "?";

    private UsersRoute() {}
}
