package dev.hotcold.app.doctor;

import com.sun.management.OperatingSystemMXBean;
import dev.hotcold.app.FileDescriptors;
import dev.hotcold.app.HeapPlan;
import dev.hotcold.config.Config;
import dev.hotcold.config.Loaded;
import java.lang.management.ManagementFactory;
import java.util.List;

/** The process and its host: settings that nobody knows, open files, memory. As the service has them if it is started likewise. */
final class HostChecks {

    private static final long MB = 1 << 20;

    /** What a JVM takes beside heap and direct memory: classes, code, threads, the collector. */
    private static final long BESIDE_HEAP = 128 * MB;

    /** Not exactly as many as this process would need: the service opens some more, or some less. */
    private static final int SPARE_FILES = 64;

    private HostChecks() {}

    static void settings(Findings findings, Loaded.Valid loaded) {
        List<String> warnings = loaded.warnings();
        warnings.forEach(
                warning -> findings.warn(warning, "unset it, or write what is meant; `hotcold config` shows all"));
        if (warnings.isEmpty()) {
            findings.ok("all are known and fit together");
        }
    }

    static void openFiles(Findings findings, Config config, int loops) {
        int wanted = config.serving().http().limits().connections();
        FileDescriptors files = FileDescriptors.ofProcess(config, loops);
        int clients = files.clients(wanted);
        if (clients >= FileDescriptors.enough(wanted)) {
            findings.ok("a process may open " + files.max() + " files");
        } else {
            findings.warn(
                    "a process may open " + files.max() + " files, which is enough for " + clients + " clients"
                            + (wanted == 0 ? "" : " and not for HTTP_MAX_CONNECTIONS (" + wanted + ")"),
                    "ulimit -n " + (files.forClients(wanted) + SPARE_FILES)
                            + " (LimitNOFILE= of systemd, --ulimit of docker)");
        }
    }

    static void memory(Findings findings, Config config, int loops) {
        long heap = Runtime.getRuntime().maxMemory();
        long memory =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        int wanted = config.serving().http().limits().connections();
        HeapPlan plan = HeapPlan.ofProcess(config, loops);
        if (2 * heap + BESIDE_HEAP > memory) {
            findings.warn(
                    "the heap may take " + heap / MB
                            + " MB and direct memory as much again, and host or container have " + memory / MB
                            + " MB: the kernel may kill the service",
                    "JAVA_OPTS=-Xmx" + Math.max(64, (memory - BESIDE_HEAP) / MB * 15 / 32) + "m");
        } else if (plan.clients(wanted) < HeapPlan.enough(wanted)) {
            findings.warn(
                    "the heap may take " + heap / MB + " MB, which is enough for " + plan.clients(wanted) + " clients"
                            + (wanted == 0 ? "" : " and not for HTTP_MAX_CONNECTIONS (" + wanted + ")"),
                    "JAVA_OPTS=-Xmx" + plan.forClients(wanted) / MB + "m, or more memory for the container");
        } else {
            findings.ok("the heap may take " + heap / MB + " MB of " + memory / MB + " MB");
        }
    }
}
