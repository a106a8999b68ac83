/* The least that a command can do, for what it says: what lies above it is the command's own doing.
 *
 *     least show RECORD                  writes the record's file to standard output
 *     least list JOURNAL RECORDS COUNT   finds the newest ids at the end of the journal's newest file, and writes their
 *                                        records
 *     least make COUNT LENGTH DIRECTORY  makes as many files of that length, without a name first, as a record is made
 *     least read DIRECTORY               reads every file in it, in the directory's order
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char block[1 << 16];

static int stop(const char *what)
{
    perror(what);
    return 2;
}

static int show(int directory, const char *path)
{
    int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, block, sizeof block);

    if (length < 0 || write(1, block, (size_t)length) != length)
        return stop(path);
    return close(file);
}

static int list(const char *journal, const char *records, int count)
{
    static const char mark[] = "{\\\"refid\\\":\\\"";
    char newest[256] = "", path[4096];
    int directory = open(records, O_RDONLY | O_DIRECTORY | O_CLOEXEC), file;
    struct dirent *entry;
    struct stat status;
    DIR *stream = opendir(journal);
    char *place, *end;
    ssize_t length;

    while (stream && (entry = readdir(stream)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, newest) > 0)
            snprintf(newest, sizeof newest, "%s", entry->d_name);
    snprintf(path, sizeof path, "%s/%s", journal, newest);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (directory < 0 || file < 0 || fstat(file, &status) != 0)
        return stop(path);
    static char tail[sizeof block];
    length = pread(file, tail, sizeof tail, status.st_size > (off_t)sizeof tail ? status.st_size - (off_t)sizeof tail : 0);
    for (place = tail + (length > 0 ? length : 0) - sizeof mark; count > 0 && place > tail; place--) {
        if (memcmp(place, mark, sizeof mark - 1) != 0)
            continue;
        end = strchr(place + sizeof mark - 1, '\\');
        if (!end)
            continue;
        snprintf(path, sizeof path, "%.*s.json", (int)(end - place - (int)sizeof mark + 1), place + sizeof mark - 1);
        if (show(directory, path) != 0)
            return 2;
        count--;
    }
    return count == 0 ? 0 : 2;
}

static int make(int count, int length, const char *path)
{
    int directory, number, file;
    char name[64], own[64];

    mkdir(path, 0750);
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    memset(block, 'x', sizeof block);
    for (number = 0; number < count; number++) {
        file = openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0640);
        if (file < 0 || write(file, block, (size_t)length) != length)
            return stop(path);
        snprintf(own, sizeof own, "/proc/self/fd/%d", file);
        snprintf(name, sizeof name, "many-%08d.json", number);
        if (linkat(AT_FDCWD, own, directory, name, AT_SYMLINK_FOLLOW) != 0)
            return stop(name);
        close(file);
    }
    return 0;
}

static int read_all(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), file;
    DIR *stream = opendir(path);
    struct dirent *entry;

    while (stream && (entry = readdir(stream))) {
        if (entry->d_name[0] == '.')
            continue;
        file = openat(directory, entry->d_name, O_RDONLY | O_CLOEXEC);
        if (file < 0 || read(file, block, sizeof block) < 0)
            return stop(entry->d_name);
        close(file);
    }
    return stream ? 0 : stop(path);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int status = 64;

    if (argc == 3 && strcmp(what, "show") == 0)
        status = show(AT_FDCWD, argv[2]);
    else if (argc == 5 && strcmp(what, "list") == 0)
        status = list(argv[2], argv[3], atoi(argv[4]));
    else if (argc == 5 && strcmp(what, "make") == 0)
        status = make(atoi(argv[2]), atoi(argv[3]), argv[4]);
    else if (argc == 3 && strcmp(what, "read") == 0)
        status = read_all(argv[2]);
    if (status == 0 && (strcmp(what, "make") == 0 || strcmp(what, "read") == 0))
        puts("done");
    return status;
}
