package dev.hotcold.matrix;

/** As whom the service looks users up. */
public enum Reader {
    OWNER("its owner"),
    SELECT("SELECT only"),
    ROW_SECURITY("row-level security"),
    COLUMNS("SELECT on the three columns"),
    OTHER_SCHEMA("table in another schema");

    private final String title;

    Reader(String title) {
        this.title = title;
    }

    /** As the page calls it. */
    public String title() {
        return title;
    }

    /** The role that it logs in as. */
    String role() {
        return this == OWNER ? "owner" : "api";
    }

    /** Where the table is. */
    String schema() {
        return this == OTHER_SCHEMA ? "app" : "public";
    }
}
