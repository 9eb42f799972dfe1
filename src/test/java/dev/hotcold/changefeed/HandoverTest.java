package dev.hotcold.changefeed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.changefeed.apply.ScriptedSink;
import dev.hotcold.changefeed.pace.StopSignal;
import dev.hotcold.testkit.ManualBlockingTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An owner that ends tells the others once, and goes on until one of them is ready. */
class HandoverTest {

    private final ManualBlockingTime time = new ManualBlockingTime();
    private final List<String> diary = new ArrayList<>();
    private final ScriptedSink sink = new ScriptedSink(time, diary);
    private final StopSignal stop = new StopSignal();
    private final Handover handover = new Handover(stop, sink, time);

    private boolean isDueAfterAWhile() {
        time.pause(Duration.ofMillis(100));
        return handover.isDue();
    }

    @Test
    void isDue_doesNotEnd_isNotAndTellsNobody() {
        sink.nextIsReady();

        assertThat(isDueAfterAWhile()).isFalse();
        assertThat(isDueAfterAWhile()).isFalse();

        assertThat(diary).isEmpty();
    }

    @Test
    void isDue_endsAndNobodyIsReady_isNotAndTellsOnce() {
        stop.end();

        assertThat(isDueAfterAWhile()).isFalse();
        assertThat(isDueAfterAWhile()).isFalse();
        assertThat(isDueAfterAWhile()).isFalse();

        assertThat(diary).containsExactly("100: announce end");
    }

    /** What is noted of before it was told may be of an instance that is gone. */
    @Test
    void isDue_anotherIsReady_isAfterItWasTold() {
        stop.end();
        sink.nextIsReady();

        assertThat(isDueAfterAWhile()).isFalse();
        assertThat(isDueAfterAWhile()).isTrue();
    }
}
