/* Calls of the C library that Swift's Glibc module leaves out: as their manual pages declare them, or their headers. */
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

/* syncfs(2) */
int syncfs(int fd);

/* accept4(2) */
int accept4(int fd, struct sockaddr *__restrict address, socklen_t *__restrict length, int flags);

/* sync_file_range(2), and its flags of linux/fs.h */
int sync_file_range(int fd, long offset, long length, unsigned flags);
enum { SYNC_FILE_RANGE_WRITE_AND_WAIT = 1 | 2 | 4 };

/* memfd_create(2), and its flag of linux/memfd.h */
int memfd_create(const char *name, unsigned flags);
enum { MEMFD_CLOEXEC = 1 };

/* prctl(2) has a variable number of arguments, which Swift cannot call. */
static inline int make_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* posix_spawn_file_actions_addclosefrom_np(3) */
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/* The flag of open(2) that, with O_DIRECTORY, makes a file without a name (O_TMPFILE of asm-generic/fcntl.h), and the
   one of linkat(2) that links a descriptor (AT_EMPTY_PATH of linux/fcntl.h). */
enum { OPEN_UNNAMED = 020000000, LINK_DESCRIPTOR = 0x1000 };
