package dev.hotcold.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CellTest {

    @Test
    void some_haveEachShapeReaderAndType() {
        List<Cell> some = Cell.some().stream().filter(Cell::isPossible).toList();

        assertThat(some).hasSizeLessThan(30);
        assertThat(some).extracting(Cell::shape).contains(Shape.values());
        assertThat(some).extracting(Cell::reader).contains(Reader.values());
        assertThat(some).extracting(Cell::type).contains(IdType.values());
    }
}
