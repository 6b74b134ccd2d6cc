"""Writes a bag out of order in time, of many chunks: python's writer with roslz4 and bz2."""
import sys

import genpy
import rosbag
from std_msgs.msg import String

with rosbag.Bag(sys.argv[1], "w", compression=sys.argv[2], chunk_threshold=500) as bag:
    for i in range(200):
        late = i * 7919 % 200
        bag.write("/t%d" % (late % 3), String("text %d" % late), genpy.Time(1600000000, late))
