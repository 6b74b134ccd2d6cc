"""Plays a bag with Debian's rosbag (C++) under a roscore of its own, and counts what arrives."""
import os
import signal
import subprocess
import sys
import time

bag, port = sys.argv[1:]
os.environ.update(ROS_MASTER_URI="http://127.0.0.1:" + port, ROS_HOSTNAME="127.0.0.1",
                  ROS_IP="127.0.0.1", ROS_HOME=os.path.dirname(bag), ROS_LOG_DIR=os.path.dirname(bag))
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
core = subprocess.Popen(["roscore", "-p", port], **quiet)
try:
    import rosgraph
    import rospy
    from sensor_msgs.msg import Image
    from std_msgs.msg import String

    limit = time.time() + 30
    while not rosgraph.is_master_online() and time.time() < limit:
        time.sleep(0.1)
    rospy.init_node("listener", disable_signals=True)
    images, texts = [], []
    rospy.Subscriber("/image", Image, images.append)
    rospy.Subscriber("/text", String, texts.append)
    code = subprocess.call(["rosbag", "play", "-q", "-d", "2", bag], **quiet)
    while (len(images) < 40 or len(texts) < 10) and time.time() < limit:
        time.sleep(0.1)
    print("played: %d images, %d texts" % (len(images), len(texts)))
    rospy.signal_shutdown("done")
finally:
    core.send_signal(signal.SIGINT)
    core.wait(20)
sys.stdout.flush()
os._exit(code)
