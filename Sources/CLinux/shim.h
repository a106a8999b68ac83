/* Calls of the C library that Swift's Glibc module leaves out: as their manual pages declare them, or their headers. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* syncfs(2) */
int syncfs(int fd);

/* accept4(2) */
int accept4(int fd, struct sockaddr *__restrict address, socklen_t *__restrict length, int flags);
