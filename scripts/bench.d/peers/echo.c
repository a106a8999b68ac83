/* The ceiling: a FastCGI responder that reads the request, answers as khoins-callback would, and stores
 * nothing. THREADS threads, each in accept(2) by itself: no lock around it.
 *
 *     echo SOCKET THREADS
 */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int listener;

static void *work(void *unused)
{
    static const char body[] = "{\"status\":\"ok\",\"trxid\":\"echo\",\"result\":\"created\"}\n";
    FCGX_Request request;
    char block[65536];

    (void)unused;
    FCGX_InitRequest(&request, listener, 0);
    while (FCGX_Accept_r(&request) == 0) {
        while (FCGX_GetStr(block, sizeof block, request.in) == (int)sizeof block)
            ;
        FCGX_FPrintF(request.out, "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                     (int)strlen(body), body);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc == 3 ? atoi(argv[2]) : 0;
    pthread_t thread;

    if (threads < 1) {
        fprintf(stderr, "usage: echo SOCKET THREADS\n");
        return 64;
    }
    FCGX_Init();
    listener = FCGX_OpenSocket(argv[1], 4096);
    if (listener < 0)
        return 2;
    while (--threads > 0)
        if (pthread_create(&thread, NULL, work, NULL) != 0)
            return 2;
    work(NULL);
    return 2;
}
