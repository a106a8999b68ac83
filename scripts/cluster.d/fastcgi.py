"""The smallest FastCGI client: one request a connection, as a web server without kept connections makes it."""

import socket
import struct

VERSION, BEGIN, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 1, 3, 4, 5, 6
RESPONDER = 1


class NotSent(Exception):
    """Nobody took the connection: the request was never made."""


class NoAnswer(Exception):
    """The request was made, and what became of it is not known."""


def record(kind, content):
    return struct.pack(">BBHHBB", VERSION, kind, 1, len(content), 0, 0) + content


def pair(name, value):
    name, value = name.encode(), value.encode()

    def length(text):
        return bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)

    return length(name) + length(value) + name + value


def request(path, token, body=None, timeout=8.0):
    """POSTs a body, or makes a GET where there is none.

    Returns the status and the answer's body. Throws `NotSent` or `NoAnswer`."""
    variables = {
        "REQUEST_METHOD": "GET" if body is None else "POST", "SCRIPT_NAME": "/laporan/khoins", "QUERY_STRING": "",
        "REQUEST_URI": "/laporan/khoins", "SERVER_PROTOCOL": "HTTP/1.1", "GATEWAY_INTERFACE": "CGI/1.1",
        "REMOTE_ADDR": "192.0.2.7", "CONTENT_LENGTH": str(len(body or b"")), "CONTENT_TYPE": "application/json",
        "HTTP_X_CALLBACK_TOKEN": token}
    message = record(BEGIN, struct.pack(">HB5x", RESPONDER, 0))
    message += record(PARAMS, b"".join(pair(*item) for item in variables.items())) + record(PARAMS, b"")
    if body:
        message += record(STDIN, body)
    message += record(STDIN, b"")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(path)
        except OSError as problem:
            raise NotSent(str(problem)) from None
        try:
            connection.sendall(message)
            return parse(answer(connection))
        except OSError as problem:
            raise NoAnswer(str(problem)) from None


def answer(connection):
    received, out = b"", b""
    while True:
        while len(received) >= 8:
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", received[:8])
            if len(received) < 8 + length + padding:
                break
            if kind == STDOUT:
                out += received[8:8 + length]
            elif kind == END_REQUEST:
                return out
            received = received[8 + length + padding:]
        more = connection.recv(65536)
        if not more:
            raise NoAnswer("the connection ended before the answer")
        received += more


def parse(out):
    head, _, body = out.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"status":
            return int(value.split()[0]), body
    if not head:
        raise NoAnswer("an empty answer")
    return 200, body
