"""A bad network: joins interfaces as a switch does, and delays or loses frames. Not every kernel has tc's netem.

Usage: relay.py [--delay MILLISECONDS] [--loss PERCENT] [--mute LINK] [--deaf LINK] LINK...
       relay.py --plain-frames LINK

--mute: nothing that comes from there is handed on; --deaf: nothing is handed on to there. --plain-frames lets the
kernel make whole frames with checksums on an interface, which a bridge would do without.
"""

import argparse
import array
import fcntl
import heapq
import random
import select
import socket
import struct
import time

ETHTOOL = 0x8946
SET_TRANSMIT_CHECKSUMS, SET_SEGMENTATION, SET_GENERIC_SEGMENTATION = 0x17, 0x1F, 0x24
ALL_PROTOCOLS = 3
OUTGOING = 4  # PACKET_OUTGOING: what this end sent itself


def plain_frames(link):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in [SET_SEGMENTATION, SET_GENERIC_SEGMENTATION, SET_TRANSMIT_CHECKSUMS]:
            value = array.array("B", struct.pack("II", command, 0))
            fcntl.ioctl(any_socket, ETHTOOL, struct.pack("16sP16x", link.encode(), value.buffer_info()[0]))


def relay(options):
    sockets = {}
    for link in options.links:
        sockets[link] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
        sockets[link].bind((link, 0))
    late, number = [], 0
    while True:
        wait = max(0.0, late[0][0] - time.monotonic()) if late else None
        for ready in select.select(list(sockets.values()), [], [], wait)[0]:
            frame, source = ready.recvfrom(70000)
            if source[2] == OUTGOING or source[0] in options.mute or random.random() * 100 < options.loss:
                continue
            number += 1
            heapq.heappush(late, (time.monotonic() + options.delay / 1000, number, source[0], frame))
        while late and late[0][0] <= time.monotonic():
            _, _, origin, frame = heapq.heappop(late)
            for link, out in sockets.items():
                if link != origin and link not in options.deaf:
                    try:
                        out.send(frame)
                    except OSError:
                        pass  # the link is down: lost


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--loss", type=float, default=0)
    parser.add_argument("--mute", action="append", default=[])
    parser.add_argument("--deaf", action="append", default=[])
    parser.add_argument("--plain-frames", action="store_true")
    parser.add_argument("links", nargs="+")
    options = parser.parse_args()
    if options.plain_frames:
        plain_frames(options.links[0])
    else:
        relay(options)


if __name__ == "__main__":
    main()
