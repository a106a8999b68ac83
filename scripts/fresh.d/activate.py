"""Stands in for systemd where none runs: holds the socket of khoins-callback.socket and starts the service on it, as the
unit says: /usr/bin/khoins-callback as its user, with the settings in its environment. SIGHUP restarts the service while
the socket stays open, SIGTERM ends both.

    activate.py SOCKET SETTINGS
"""

import grp
import os
import pwd
import signal
import socket
import sys

path, settings = sys.argv[1:]
user = pwd.getpwnam("khoins-callback")

listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
listener.bind(path)
os.chown(path, user.pw_uid, grp.getgrnam("www-data").gr_gid)
os.chmod(path, 0o660)
listener.listen(4096)


def environment():
    result = {"PATH": "/usr/bin:/bin"}
    for line in open(settings):
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            result[name] = value
    return result


def start():
    variables = environment()
    process = os.fork()
    if process:
        return process
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)
    os.setgid(user.pw_gid)
    os.setgroups([])
    os.setuid(user.pw_uid)
    os.umask(0o027)
    variables.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.execve("/usr/bin/khoins-callback", ["/usr/bin/khoins-callback"], variables)


awaited = {signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD}
signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
service = start()
print("ready", flush=True)
while True:
    received = signal.sigwait(awaited)
    if received == signal.SIGCHLD:
        process, status = os.waitpid(service, os.WNOHANG)
        if process:
            sys.exit(f"the service ended by itself, with {status}")
        continue
    os.kill(service, signal.SIGTERM)
    os.waitpid(service, 0)
    signal.sigtimedwait({signal.SIGCHLD}, 0)
    if received == signal.SIGTERM:
        os.unlink(path)
        break
    service = start()
