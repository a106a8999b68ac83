/* Runs a program, static ones too, that believes it is another time: clock SECONDS PROGRAM [ARGUMENT]...

   SECONDS are added to what its clock tells. The program takes this process's place: its number, its signals, its end.

   A program reads the clock in a page that the kernel maps into each (vDSO), and asks the kernel itself where it is told of
   none. So a second process (1) takes that out of what the kernel tells the program at its start, and (2) answers its
   questions for the time of day, which a seccomp filter sends here. What the kernel measures itself, such as files' times
   and how long a wait lasts, is as ever. Needs root. */

#define _GNU_SOURCE
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long ptrace(int, ...); /* glibc's header has other names for what the kernel's defines */

enum { word = sizeof(long) };

static long peek(pid_t pid, unsigned long at)
{
    errno = 0;
    long found = ptrace(PTRACE_PEEKDATA, pid, at, 0);
    if (errno) err(1, "the program's stack");
    return found;
}

/* Of a program that has just begun: count, arguments, environment, and then what the kernel tells it. */
static void hide_vdso(pid_t pid)
{
    struct ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 0) err(1, "ptrace");
    unsigned long at = info.stack_pointer + word;
    for (int lists = 0; lists < 2; at += word)
        if (!peek(pid, at)) lists++;
    for (; peek(pid, at) != AT_NULL; at += 2 * word)
        if (peek(pid, at) == AT_SYSINFO_EHDR) ptrace(PTRACE_POKEDATA, pid, at, AT_IGNORE);
}

/* Answers one question for the time of day. */
static void answer(int listener, const struct seccomp_notif *question, long seconds)
{
    struct seccomp_notif_resp reply = {.id = question->id};
    int has_clock = question->data.nr == SYS_clock_gettime;
    struct timespec now; /* a timeval is of the same form */
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += seconds;
    if (!has_clock) now.tv_nsec /= 1000;
    struct iovec from = {&now, sizeof now}, to = {(void *)(unsigned long)question->data.args[has_clock], sizeof now};
    if (process_vm_writev(question->pid, &from, 1, &to, 1, 0) != sizeof now) reply.error = -EFAULT;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

/* The second process. Each end of a step is told by a byte. */
static void attend(pid_t pid, int from, int to, long seconds)
{
    int status, number;
    if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC)) err(1, "ptrace");
    if (write(to, "", 1) != 1 || read(from, &number, sizeof number) != sizeof number) err(1, "pipe");
    int listener = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), number, 0);
    if (listener < 0) err(1, "pidfd_getfd");
    if (write(to, "", 1) != 1 || waitpid(pid, &status, __WALL) != pid) err(1, "pipe");
    if (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8)) exit(1);
    hide_vdso(pid);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    struct pollfd waiting = {.fd = listener, .events = POLLIN};
    while (poll(&waiting, 1, -1) == 1 && !(waiting.revents & POLLHUP)) {
        struct seccomp_notif question = {0};
        if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question)) answer(listener, &question, seconds);
    }
    exit(0);
}

int main(int count, char **words)
{
    int there[2], back[2];
    char byte;
    if (count < 3) errx(64, "usage: clock SECONDS PROGRAM [ARGUMENT]...");
    pid_t pid = getpid();
    if (pipe2(there, O_CLOEXEC) || pipe2(back, O_CLOEXEC)) err(1, "pipe");
    if (fork() == 0) attend(pid, there[0], back[1], atol(words[1]));
    close(back[1]);
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_gettimeofday, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_clock_gettime, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ, CLOCK_REALTIME, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (read(back[0], &byte, 1) != 1) errx(1, "the second process has ended");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (listener < 0 || fcntl(listener, F_SETFD, FD_CLOEXEC)) err(1, "seccomp");
    if (write(there[1], &listener, sizeof listener) != sizeof listener || read(back[0], &byte, 1) != 1) err(1, "pipe");
    execv(words[2], words + 2);
    err(1, "%s", words[2]);
}
