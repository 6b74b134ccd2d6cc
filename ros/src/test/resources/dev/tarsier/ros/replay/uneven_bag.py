"""Writes a bag of colour images at 30 Hz and depth, with ROS's own rosbag: FILE slow|late|heights."""
import sys

import genpy
import numpy
import rosbag
from sensor_msgs.msg import Image

FRAME = "camera_optical_frame"
WIDTH = 64


def at(seconds):
    return genpy.Time.from_sec(1600000000 + seconds)


def image(pixels, encoding, stamp):
    message = Image(height=pixels.shape[0], width=WIDTH, encoding=encoding)
    message.header.stamp = stamp
    message.header.frame_id = FRAME
    message.step = pixels.nbytes // pixels.shape[0]
    message.data = pixels.tobytes()
    return message


with rosbag.Bag(sys.argv[1], "w") as bag:
    for i in range(60):
        height = 48 + i if sys.argv[2] == "heights" else 48
        stamp = at(i / 30.0)
        color = numpy.full((height, WIDTH, 3), 40 + i, numpy.uint8)
        bag.write("/camera/rgb/image_color", image(color, "rgb8", stamp), stamp)
        depth = image(numpy.full((height, WIDTH), 2000, numpy.uint16), "16UC1", stamp)
        if sys.argv[2] == "late":
            bag.write("/camera/depth_registered/image_raw", depth, at(i / 30.0 + 1))
        elif i % 30 == 0:
            bag.write("/camera/depth_registered/image_raw", depth, stamp)
