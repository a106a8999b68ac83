/* The floor of the promise: a FastCGI responder that does no more than an acknowledgement needs. The body goes into one
 * journal with a group commit (one write and one fdatasync a batch, with space made ahead), and into one file for each
 * trxid (made without a name, linked into place); then comes the answer. It reads nothing of the report but the id, has no
 * lock against other processes, and knows no recovery. What lies between this and khoins-callback is that one's own doing.
 *
 *     floor SOCKET THREADS DIRECTORY
 */
#define _GNU_SOURCE
#include <fcgiapp.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { longest_body = 65536, space_ahead = 1 << 20, longest_batch = 1 << 23 };

/* A thread's entry, in the queue of those that wait for a commit. */
struct entry {
    const char *bytes;
    size_t length;
    int is_durable;
    pthread_cond_t wake;
    struct entry *next;
};

static int listener, records, journal;
static off_t journal_end, space_end;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *queue, **queue_end = &queue;
static int is_led;

static void append(const struct entry *entry)
{
    static char batch[longest_batch], blank[space_ahead];
    size_t length = 0;

    for (; entry; entry = entry->next) {
        memcpy(batch + length, entry->bytes, entry->length);
        length += entry->length;
    }
    if (journal_end + (off_t)length > space_end) {
        memset(blank, '\n', sizeof blank);
        if (pwrite(journal, blank, sizeof blank, journal_end + (off_t)length) != (ssize_t)sizeof blank)
            abort();
        space_end = journal_end + (off_t)length + space_ahead;
    }
    if (pwrite(journal, batch, length, journal_end) != (ssize_t)length || fdatasync(journal) != 0)
        abort();
    journal_end += (off_t)length;
}

/* Returns when the entry is durable. Who finds nobody leading leads, for all that wait. */
static void commit(struct entry *mine)
{
    struct entry *batch, *next;

    pthread_mutex_lock(&lock);
    mine->is_durable = 0;
    mine->next = NULL;
    *queue_end = mine;
    queue_end = &mine->next;
    while (!mine->is_durable && is_led)
        pthread_cond_wait(&mine->wake, &lock);
    if (!mine->is_durable) {
        is_led = 1;
        batch = queue;
        queue = NULL;
        queue_end = &queue;
        pthread_mutex_unlock(&lock);
        append(batch);
        pthread_mutex_lock(&lock);
        is_led = 0;
        for (; batch; batch = next) {
            next = batch->next;
            batch->is_durable = 1;
            if (batch != mine)
                pthread_cond_signal(&batch->wake);
        }
        if (queue)
            pthread_cond_signal(&queue->wake);
    }
    pthread_mutex_unlock(&lock);
}

/* Commits a body, and puts its record in its place. */
static void store(char *body, int length, struct entry *entry)
{
    char record[longest_body + 4096], name[256], path[64];
    char *id = strstr(body, "\"refid\":"), *end;
    int file, count;

    id = id ? strchr(id + 8, '"') : NULL;
    end = id ? strchr(++id, '"') : NULL;
    if (!end)
        return;
    snprintf(name, sizeof name, "%.*s.json", (int)(end - id), id);
    count = snprintf(record, sizeof record, "{\"trxid\":\"%.*s\",\"status\":\"Success\",\"deliveries\":[{\"body\":\"%s\"}]}\n",
                     (int)(end - id), id, body);
    file = openat(records, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0640);
    if (file < 0 || write(file, record, (size_t)count) != count)
        abort();
    body[length] = '\n';
    entry->bytes = body;
    entry->length = (size_t)length + 1;
    commit(entry);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    /* One that is there already is a repeat's. */
    if (linkat(AT_FDCWD, path, records, name, AT_SYMLINK_FOLLOW) != 0)
        (void)0;
    close(file);
}

static void *work(void *unused)
{
    FCGX_Request request;
    char body[longest_body];
    struct entry entry;
    int length;

    (void)unused;
    pthread_cond_init(&entry.wake, NULL);
    FCGX_InitRequest(&request, listener, 0);
    while (FCGX_Accept_r(&request) == 0) {
        length = FCGX_GetStr(body, sizeof body - 1, request.in);
        body[length] = 0;
        store(body, length, &entry);
        FCGX_FPrintF(request.out, "Status: 200 OK\r\nContent-Type: application/json\r\n\r\n{\"status\":\"ok\"}\n");
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc == 4 ? atoi(argv[2]) : 0;
    pthread_t thread;
    char path[4096];

    if (threads < 1) {
        fprintf(stderr, "usage: floor SOCKET THREADS DIRECTORY\n");
        return 64;
    }
    FCGX_Init();
    listener = FCGX_OpenSocket(argv[1], 4096);
    snprintf(path, sizeof path, "%s/journal", argv[3]);
    journal = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    snprintf(path, sizeof path, "%s/records", argv[3]);
    records = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (listener < 0 || journal < 0 || records < 0)
        return 2;
    while (--threads > 0)
        if (pthread_create(&thread, NULL, work, NULL) != 0)
            return 2;
    work(NULL);
    return 2;
}
