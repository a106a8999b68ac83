/* Runs a program again and again, one process after the other, and says how long each took, from before it
 * was started until it had ended and its answer was read: nanoseconds, one number a line.
 *
 *     spawn COUNT EXPECTED RUN BODY PROGRAM [ARGUMENT]...
 *
 * Each process gets the file BODY on standard input, with every @ID@ in it and in the arguments replaced by
 * RUN and a number of eight digits, so that BODY's length stays the same. Its answer must contain EXPECTED
 * and its exit status must be 0: else this program ends with 1, and says what it got.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { room = 32768 };

extern char **environ;

static void stop(const char *what)
{
    perror(what);
    exit(2);
}

/* A copy of the text with the id in place of every @ID@. */
static char *filled(const char *text, const char *id)
{
    static const char mark[] = "@ID@";
    char *result = calloc(1, room * 2);
    const char *next;

    if (!result || strlen(text) > room)
        stop("text");
    while ((next = strstr(text, mark))) {
        strncat(result, text, (size_t)(next - text));
        strcat(result, id);
        text = next + sizeof mark - 1;
    }
    return strcat(result, text);
}

static long long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long run(char **arguments, const char *body, const char *expected)
{
    static char answer[1 << 20];
    posix_spawn_file_actions_t actions;
    size_t length = 0;
    ssize_t got;
    int in[2], out[2], status, error;
    long long start = now();
    pid_t child;

    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        stop("pipe2");
    /* It fits into the pipe, so nobody has to read yet. */
    if (write(in[1], body, strlen(body)) != (ssize_t)strlen(body))
        stop("write");
    close(in[1]);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    if ((error = posix_spawn(&child, arguments[0], &actions, NULL, arguments, environ))) {
        fprintf(stderr, "%s: %s\n", arguments[0], strerror(error));
        exit(2);
    }
    close(in[0]);
    close(out[1]);
    while ((got = read(out[0], answer + length, sizeof answer - 1 - length)) > 0)
        length += (size_t)got;
    if (waitpid(child, &status, 0) != child)
        stop("waitpid");
    start = now() - start;
    close(out[0]);
    posix_spawn_file_actions_destroy(&actions);
    answer[length] = 0;
    if (status != 0 || !strstr(answer, expected)) {
        fprintf(stderr, "%s: status %d, answer %.300s\n", arguments[0], status, answer);
        exit(1);
    }
    return start;
}

int main(int argc, char **argv)
{
    char template[room + 1] = "", id[256];
    int count, file, i, j;
    char **arguments;

    if (argc < 6)
        return 64;
    count = atoi(argv[1]);
    arguments = calloc((size_t)argc, sizeof *arguments);
    file = open(argv[4], O_RDONLY | O_CLOEXEC);
    if (!arguments || file < 0 || read(file, template, room) < 0)
        stop(argv[4]);
    for (i = 1; i <= count; i++) {
        char *body;

        snprintf(id, sizeof id, "%s%08d", argv[3], i);
        body = filled(template, id);
        for (j = 5; j < argc; j++)
            arguments[j - 5] = filled(argv[j], id);
        printf("%lld\n", run(arguments, body, argv[2]));
        for (j = 5; j < argc; j++)
            free(arguments[j - 5]);
        free(body);
    }
    return 0;
}
