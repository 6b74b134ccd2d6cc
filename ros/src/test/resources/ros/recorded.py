"""Reads a bag with Debian's rosbag and prints the SHA-256 over class ids and depth, frame by frame.

usage: recorded.py BAG
"""
import hashlib
import sys
import rosbag

ids, depths = [], []
with rosbag.Bag(sys.argv[1]) as bag:
    for topic, message, _ in bag.read_messages():
        if topic == "/tarsier_perception/segmentation":
            assert message.encoding == "mono8" and len(message.data) == message.step * message.height
            ids.append(message.data)
        elif topic == "/tarsier_perception/depth":
            assert message.encoding == "32FC1" and message.step == 4 * message.width
            depths.append(message.data)
digest = hashlib.sha256()
for pair in zip(ids, depths):
    for data in pair:
        digest.update(data)
print(len(ids), len(depths), digest.hexdigest())
