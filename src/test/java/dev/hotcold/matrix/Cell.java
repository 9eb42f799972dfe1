package dev.hotcold.matrix;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** One table, as one role reads it, with one type of ids. */
public record Cell(Shape shape, Reader reader, IdType type) {

    /** All that there are. */
    public static List<Cell> all() {
        List<Cell> all = new ArrayList<>();
        for (Shape shape : Shape.values()) {
            for (Reader reader : Reader.values()) {
                for (IdType type : IdType.values()) {
                    all.add(new Cell(shape, reader, type));
                }
            }
        }
        return all;
    }

    /** One in thirteen: each shape, each reader and each type are among them. */
    public static List<Cell> some() {
        List<Cell> all = all();
        return IntStream.range(0, all.size())
                .filter(i -> i % 13 == 0)
                .mapToObj(all::get)
                .toList();
    }

    /** Whether PostgreSQL has such a thing: only tables have policies, and views that ask as their caller. */
    public boolean isPossible() {
        return reader != Reader.ROW_SECURITY || shape.holdsRows() || shape == Shape.VIEW;
    }

    /** Its line in the record is under this name. */
    public String name() {
        return shape.name() + " " + reader.name() + " " + type.name();
    }
}
