#!/usr/bin/python3
"""Sends each std_msgs/String of /in to /out, with 'rospy ' before it. Argument: the node's name."""
import sys
import rospy
from std_msgs.msg import String

rospy.init_node(sys.argv[1])
out = rospy.Publisher('/out', String, queue_size=10, latch=True)
rospy.Subscriber('/in', String, lambda message: out.publish('rospy ' + message.data))
rospy.spin()
