"""Builds a message class from each definition, as rosbag does when it reads: type, MD5."""
import sys

import genpy.dynamic

for name, text in zip(sys.argv[1::2], sys.argv[2::2]):
    print(name, genpy.dynamic.generate_dynamic(name, text)[name]._md5sum)
