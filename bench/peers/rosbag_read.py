"""Reads all messages of a bag with Debian's rosbag, raw, several times; the peer of BagReadBench.

Run with /usr/bin/python3 (package python3-rosbag). Prints the seconds of each turn and, with them,
how many messages and bytes of bodies there were.
"""
import sys
import time

import rosbag

path, turns = sys.argv[1], int(sys.argv[2])
for _ in range(turns):
    start = time.perf_counter()
    count = size = 0
    with rosbag.Bag(path) as bag:
        for _, message, _ in bag.read_messages(raw=True):
            count += 1
            size += len(message[1])
    print("%.6f %d %d" % (time.perf_counter() - start, count, size), flush=True)
