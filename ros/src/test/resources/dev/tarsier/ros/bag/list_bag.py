"""Lists what Debian's rosbag reads of a bag: topic, receive time, type, MD5 of type, MD5 of body."""
import hashlib
import sys

import rosbag

with rosbag.Bag(sys.argv[1]) as bag:
    for topic, (kind, body, md5, _, _), time in bag.read_messages(raw=True):
        print(topic, time.to_nsec(), kind, md5, hashlib.md5(body).hexdigest())
