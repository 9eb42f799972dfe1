/*
 * The image's health check: exits with 0 when /healthz on the management port answers 200 and the public port accepts
 * connections, else with 1 and says why. The public port opens last: what waits for health can send lookups then. It gets
 * no request, because it may want a certificate; nor is /readyz asked, which has the end of the service delayed for
 * whoever asks it again and again (SHUTDOWN_DELAY_SEC).
 *
 * In C, because it runs every ten seconds of a container's life: a JVM takes 40 ms of processor time before it does
 * anything, and `hotcold healthcheck`, which does much the same, 0.4 s. This takes one millisecond.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* As the service reads its environment: an empty value counts as unset. */
static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : otherwise;
}

/* A service that listens on all addresses is asked on the loopback one; brackets around an IPv6 address are optional. */
static void reachable(const char *host, char *into, size_t size) {
    size_t length = strlen(host);
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 || strcmp(host, "[::]") == 0) {
        snprintf(into, size, "127.0.0.1");
    } else if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        snprintf(into, size, "%.*s", (int) (length - 2), host + 1);
    } else {
        snprintf(into, size, "%s", host);
    }
}

/* Returns a connected socket; or -1, and has said why. */
static int connected(const char *host, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;
    int unknown = getaddrinfo(host, port, &hints, &addresses);
    if (unknown != 0) {
        fprintf(stderr, "%s port %s: %s\n", host, port, gai_strerror(unknown));
        return -1;
    }
    /* For each step, the connection included; below the timeout of the image's HEALTHCHECK, so that there is time to say why. */
    struct timeval timeout = {.tv_sec = 2};
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next) {
        int to = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (to < 0) {
            continue;
        }
        setsockopt(to, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
        setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        if (connect(to, at->ai_addr, at->ai_addrlen) == 0) {
            return to;
        }
        close(to);
    }
    fprintf(stderr, "%s port %s: no connection\n", host, port);
    return -1;
}

int main(void) {
    const char *port = setting("MANAGEMENT_PORT", "9090");
    char host[256];
    reachable(setting("MANAGEMENT_HOST", "127.0.0.1"), host, sizeof host);

    int to = connected(host, port);
    if (to < 0) {
        return 1;
    }

    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static const char healthy[] = "HTTP/1.1 200 ";
    /* To its end, or the service would see a connection that was reset. */
    char response[4096] = "";
    size_t length = 0;
    if (send(to, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t) (sizeof request - 1)) {
        ssize_t more;
        while ((more = recv(to, response + length, sizeof response - 1 - length, 0)) > 0) {
            length += (size_t) more;
        }
    }
    if (strncmp(response, healthy, sizeof healthy - 1) != 0) {
        const char *said = length == 0 ? "no answer" : response;
        fprintf(stderr, "%s port %s: %.*s\n", host, port, (int) strcspn(said, "\r\n"), said);
        return 1;
    }
    return connected("127.0.0.1", setting("PORT", "8080")) < 0;
}
