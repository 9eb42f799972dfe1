# syntax=docker/dockerfile:1@sha256:4edf897a3ffa55b89f906fc8cc78afdb3f1834cc9c7083565e611a8a7d5fe99e

# Images are pinned: the tag says which line it is, the digest of the multi-architecture index what is built from. How they
# are raised: docs/decisions/0012.

# The application: architecture-neutral jars, so it is built once, on the building machine's own architecture.
FROM --platform=$BUILDPLATFORM maven:3.9-eclipse-temurin-25@sha256:93b8a14ea2f412782e4e842651273b4d903e35cc496284f178fbbe2d67d00976 AS build
WORKDIR /build
# Dependencies first, in a layer that changes only with the pom. One real source file makes the compiler plug-in fetch
# its annotation processors too.
COPY .mvn .mvn
COPY pom.xml ./
COPY src/main/java/dev/hotcold/user/package-info.java src/main/java/dev/hotcold/user/
RUN mvn -q package -Dmaven.test.skip=true && rm -rf target
COPY migrations migrations
COPY src/main src/main
RUN mvn -q package -Dmaven.test.skip=true


# The health check, for the target's architecture. The glibc here is older than the last stage's, so what is linked to it
# runs there.
FROM eclipse-temurin:25-jdk@sha256:8c0a84ea11c8f6ed52600fc19f1040121f2a162998e9f50a5faebbbad9172dcc AS healthcheck
RUN apt-get update -qq && apt-get install -qq --no-install-recommends gcc libc6-dev >/dev/null
COPY deploy/image/healthcheck.c /build/
RUN mkdir /app && gcc -O2 -s -Wall -Wextra -Werror -o /app/healthcheck /build/healthcheck.c \
    && touch -d 2026-01-01T00:00:00Z /app /app/healthcheck


# The Java runtime: only the modules the service uses, for the target's architecture.
#   java.naming, java.security.jgss, java.security.sasl, java.sql   pgjdbc and Flyway
#   java.xml                                                        Flyway, logback
#   java.management, jdk.management                                 JVM and process metrics
#   jdk.jfr, jdk.unsupported                                        Netty (events; sun.misc.Unsafe)
#   jdk.net                                                         options of sockets on java.nio
# java.desktop, which pgjdbc and Micrometer name for classes the service never reaches, is left out on purpose.
FROM eclipse-temurin:25-jdk@sha256:8c0a84ea11c8f6ed52600fc19f1040121f2a162998e9f50a5faebbbad9172dcc AS runtime
RUN jlink --output /opt/runtime --strip-debug --no-header-files --no-man-pages --compress zip-6 --add-modules \
java.base,java.logging,java.management,java.naming,java.security.jgss,java.security.sasl,java.sql,java.xml,\
jdk.jfr,jdk.management,jdk.net,jdk.unsupported \
    # The archive of parsed JDK classes, in the object layout the service runs with, for starts that cannot use the cache
    # below: with an agent, say.
    && /opt/runtime/bin/java -XX:+UseCompactObjectHeaders -Xshare:dump
COPY --from=build /build/target/app/native /app/native
# lib alone: the embedded servers stay out of the image, so DATABASE_URL and REDIS_ADDR must be set.
COPY --from=build /build/target/app/lib /app/lib
# Their bill of materials.
COPY --from=build /build/target/app/bom.json /app/bom.json
COPY bin/jvm.options /app/jvm.options
COPY --from=build /build/target/app/hotcold-user-api.jar /app/hotcold-user-api.jar
# The cache of the training run holds for files of the same size and time, so they get times that no later step moves: one
# before any SOURCE_DATE_EPOCH, to which BuildKit's rewrite-timestamp takes back what is younger.
RUN find /app /opt/runtime -exec touch -h -d 2026-01-01T00:00:00Z {} +


# The AOT cache of a training run (docs/decisions/0015), with that very runtime and class path. As a user without rights,
# because PostgreSQL does not run as root, and RUN allows no namespaces to step down in. A build without a cache fails. Where
# none can be made, as it may be under emulation: --build-arg AOT_CACHE=off, and the service starts more slowly.
FROM runtime AS training
COPY --from=build /build/target/app/embedded /embedded
ARG AOT_CACHE=on
USER nobody
RUN mkdir /tmp/training && if [ "$AOT_CACHE" = off ]; then : >/tmp/training/hotcold-user-api.aot; exit; fi \
    && java -Duser.home=/tmp/training -cp '/app/hotcold-user-api.jar:/embedded/*' dev.hotcold.app.command.Main \
        train /tmp/training/data -- /opt/runtime/bin/java @/app/jvm.options -Xmx512m -Djava.library.path=/app/native \
        -XX:AOTCacheOutput=/tmp/training/hotcold-user-api.aot -cp /app/hotcold-user-api.jar dev.hotcold.app.command.Main serve \
    && { [ -s /tmp/training/hotcold-user-api.aot ] || { echo 'training left no AOT cache: see above' >&2; exit 1; }; } \
    && touch -d 2026-01-01T00:00:00Z /tmp/training/hotcold-user-api.aot


# Distroless: glibc (all that this runtime links to), certificates, time zones and an unprivileged user; no shell, and no
# OpenSSL, as the JDK brings its own TLS. A linked runtime on it is smaller than distroless' own Java image and carries
# exactly the JDK that was tested.
FROM gcr.io/distroless/base-nossl-debian13:nonroot@sha256:8c563c1fb5e120606f0d85733049775faed6192e2bd2223ef283a5393eec22b9
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="hotcold-user-api" \
    org.opencontainers.image.description="Read-through user lookups: Redis first, PostgreSQL on a miss." \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
COPY --from=runtime /opt/runtime /opt/runtime
COPY --from=runtime /app /app
WORKDIR /app
COPY --from=healthcheck /app/healthcheck /app/healthcheck
# Last, in a layer of its own: no two training runs leave the same bytes.
COPY --from=training --chown=0:0 /tmp/training/hotcold-user-api.aot /app/hotcold-user-api.aot
# By number: Kubernetes refuses a name where runAsNonRoot is set, since it cannot tell whether the name is root's.
USER 65532:65532
EXPOSE 8080 9090
# As in bin/hotcold.
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=30000
# Half of the container's memory for the heap: Netty's buffers may take as much again at most, the rest is the JVM's.
# Further options for the JVM: JDK_JAVA_OPTIONS, or _JAVA_OPTIONS where they are to win over those here.
ENTRYPOINT ["/opt/runtime/bin/java", "-XX:AOTCache=/app/hotcold-user-api.aot", "-Xlog:aot*=off", "@/app/jvm.options", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData", "-Djava.library.path=/app/native", "-cp", "/app/hotcold-user-api.jar", "dev.hotcold.app.command.Main"]
CMD ["serve"]
# Engines before 25 ignore the interval at the start: there a container is healthy after ten seconds at the earliest.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --start-interval=1s --retries=3 CMD ["/app/healthcheck"]
