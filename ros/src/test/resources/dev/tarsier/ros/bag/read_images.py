"""Reads images as messages: stamp, size, encoding, MD5 of the pixels; texts as they are."""
import hashlib
import sys

import rosbag

with rosbag.Bag(sys.argv[1]) as bag:
    for topic, m, time in bag.read_messages():
        if topic == "/image":
            print(m.header.stamp.to_nsec(), m.width, m.height, m.encoding,
                  hashlib.md5(m.data).hexdigest())
        else:
            print(m.data)
