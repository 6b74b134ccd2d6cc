"""Reads a bag of the node's outputs with Debian's rosbag, beside the bag that was played, and
computes anew what the bundle brightness-v1 must have said; prints one line for each topic.

usage: outputs.py PLAYED IMAGE_TOPIC RECORDED
"""
import sys
import numpy as np
import genpy
import rosbag

played, image_topic, recorded = sys.argv[1:4]
images = {}
with rosbag.Bag(played) as bag:
    # bz2 is slow, and the tests play no more than this.
    end = genpy.Time.from_sec(bag.get_start_time() + 2.5)
    for _, message, _ in bag.read_messages(topics=[image_topic], end_time=end):
        images[message.header.stamp] = message

counts, wrong, worst = {}, 0, 0.0
with rosbag.Bag(recorded) as bag:
    for topic, message, _ in bag.read_messages():
        counts[topic] = counts.get(topic, 0) + 1
        if not topic.startswith("/tarsier_perception") or topic.endswith("classes"):
            continue
        source = images.get(message.header.stamp)
        if source is None or source.header.frame_id != message.header.frame_id:
            wrong += 1
        elif topic.endswith("/depth") and hasattr(source, "encoding"):
            assert source.encoding == "bgr8" and message.encoding == "32FC1"
            pixels = np.frombuffer(source.data, np.uint8)
            pixels = pixels.reshape(24, source.height // 24, 32, source.width // 32, 3)
            small = pixels.mean(axis=(1, 3)).round()
            expected = small.reshape(12, 2, 16, 2, 3).mean(axis=(1, 3, 4)) / 25.5
            depth = np.frombuffer(message.data, "<f4").reshape(message.height, message.width)
            worst = max(worst, float(np.abs(depth - expected).max()))
        elif topic.endswith("/camera_info"):
            wrong += not (message.width == 16 and message.height == 12
                          and abs(message.K[0] - 585.0 / 40) < 1e-9)
for topic in sorted(counts):
    print(topic, counts[topic])
print("wrong", wrong)
print("worst %.4f" % worst)
