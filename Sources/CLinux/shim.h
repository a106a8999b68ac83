/* Calls of the C library that Swift's Glibc module leaves out: as their manual pages declare them, or their headers. */
#include <malloc.h>
#include <semaphore.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <unistd.h>

/* syncfs(2) */
int syncfs(int fd);

/* accept4(2) */
int accept4(int fd, struct sockaddr *__restrict address, socklen_t *__restrict length, int flags);

/* sync_file_range(2), and its flags of linux/fs.h */
int sync_file_range(int fd, long offset, long length, unsigned flags);
enum { SYNC_FILE_RANGE_WRITE_AND_WAIT = 1 | 2 | 4 };

/* memmem(3) */
void *memmem(const void *bytes, size_t count, const void *wanted, size_t wanted_count);

/* What no other file on no other mount has, since the machine started: the mount's identity, which is given once only
   (statx(2), STATX_MNT_ID_UNIQUE), the inode, the second of its birth, and the device with the nanoseconds (snapshots of a
   btrfs share all but the device). 0 where the kernel tells all of them, or else -1. A symbolic link counts as itself. */
static inline int mounted_file(int directory, const char *name, uint64_t found[4]) {
#ifdef SYS_statx
    enum { NO_FOLLOW = 0x100, INODE = 0x100, BIRTH = 0x800, UNIQUE_MOUNT = 0x4000 };
    unsigned char status[256] = {0};
    uint32_t told, nanoseconds, major, minor;
    if (syscall(SYS_statx, directory, name, NO_FOLLOW, INODE | BIRTH | UNIQUE_MOUNT, status) != 0) return -1;
    memcpy(&told, status, 4);
    if ((told & (INODE | BIRTH | UNIQUE_MOUNT)) != (INODE | BIRTH | UNIQUE_MOUNT)) return -1;
    memcpy(&found[0], status + 144, 8);
    memcpy(&found[1], status + 32, 8);
    memcpy(&found[2], status + 80, 8);
    memcpy(&nanoseconds, status + 88, 4);
    memcpy(&major, status + 136, 4);
    memcpy(&minor, status + 140, 4);
    found[3] = (uint64_t)(major << 20 | minor) << 32 | nanoseconds;
    return 0;
#else
    (void)directory, (void)name, (void)found;
    return -1;
#endif
}

/* getdents64(2) */
ssize_t getdents64(int fd, void *buffer, size_t length);

/* memfd_create(2), and its flag of linux/memfd.h */
int memfd_create(const char *name, unsigned flags);
enum { MEMFD_CLOEXEC = 1 };

/* sem_clockwait(3) */
int sem_clockwait(sem_t *__restrict semaphore, clockid_t clock, const struct timespec *__restrict until);

/* The first word that the program was started with (program_invocation_name(3)), which nobody changes. */
extern char *program_invocation_name;
static inline char *first_argument(void) { return program_invocation_name; }

/* prctl(2) has a variable number of arguments, which Swift cannot call. */
static inline int make_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* posix_spawn_file_actions_addclosefrom_np(3) */
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/* A flag of posix_spawnattr_setflags(3): the new process leads a session of its own (POSIX_SPAWN_SETSID of spawn.h). */
enum { SPAWN_NEW_SESSION = 0x80 };

/* The flag of open(2) that, with O_DIRECTORY, makes a file without a name (O_TMPFILE of asm-generic/fcntl.h), and the
   one of linkat(2) that links a descriptor (AT_EMPTY_PATH of linux/fcntl.h). */
enum { OPEN_UNNAMED = 020000000, LINK_DESCRIPTOR = 0x1000 };

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>
#include <string.h>

/* Whether the processor has the instruction that computes CRC-32C (SSE 4.2; cpuid leaf 1). */
static inline int has_crc32c_instruction(void) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

/* Takes bytes into a CRC-32C's state by that instruction, eight at a time. */
__attribute__((target("sse4.2")))
static inline uint32_t crc32c_by_instruction(uint32_t state, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    uint64_t wide = state;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    state = (uint32_t)wide;
    for (; count > 0; count--) state = __builtin_ia32_crc32qi(state, *next++);
    return state;
}
#else
#include <stddef.h>
#include <stdint.h>

static inline int has_crc32c_instruction(void) { return 0; }
static inline uint32_t crc32c_by_instruction(uint32_t state, const void *bytes, size_t count) {
    (void)bytes, (void)count;
    return state;
}
#endif
