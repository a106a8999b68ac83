/* Calls of the C library that Swift's Glibc module leaves out, as their manual pages declare them. */

/* syncfs(2) */
int syncfs(int fd);
