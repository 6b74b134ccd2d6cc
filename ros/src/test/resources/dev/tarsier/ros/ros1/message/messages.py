"""Prints, for the messages of SampleMessages.java, what rospy makes of the same values: type, hex."""
import io

import genpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rosgraph_msgs.msg import Clock, Log
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header, String

header = Header(7, genpy.Time(1600000000, 123456789), "camera_optical")
late = Header(4294967295, genpy.Time(4294967295, 999999999), "")
image = Image(header, 2, 3, "rgb8", 0, 9, bytes(range(18)))
depth = Image(late, 1, 2, "32FC1", 1, 8, bytes(8))
jpeg = CompressedImage(header, "rgb8; jpeg compressed bgr8", b"\xff\xd8\xff\xd9")
roi = RegionOfInterest(1, 2, 3, 4, True)
info = CameraInfo(
    header, 480, 640, "plumb_bob", [0.1, -0.2, 0.0, 1e-5, 3.5],
    [585.0, 0, 320, 0, 585, 240, 0, 0, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1],
    [585, 0, 320, -43.5, 0, 585, 240, 0, 0, 0, 1, 0], 2, 4, roi)
value = KeyValue("fps", "29.97")
status = DiagnosticStatus(2, "tarsier: camera", "st\u00f6rt \u2014 \U0001f4f7", "usb:3", [value, KeyValue("", "")])
log = Log(header, Log.WARN, "/node", "a message", "File.java", "run", 4000000000, ["/a", "/b"])

for message in [header, late, String("gr\u00fc\u00dfe"), image, depth, jpeg, info, value, status,
                DiagnosticArray(header, [status, DiagnosticStatus()]), Clock(genpy.Time(5, 6)), log]:
    out = io.BytesIO()
    message.serialize(out)
    print(message._type, message._md5sum, out.getvalue().hex())
