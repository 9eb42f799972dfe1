/**
 * The table of users as it really is: which relation the name stands for, what a user_id of it equals, whose rows it shows, and
 * what of it PostgreSQL's log tells. Knows no driver: lookups, change feed and verification all go by what is found here.
 */
@NullMarked
package dev.hotcold.table;

import org.jspecify.annotations.NullMarked;
