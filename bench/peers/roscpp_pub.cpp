// Publishes 640x480 rgb8 images at a rate with roscpp; the peer of TransportBench.
// usage: roscpp_pub TOPIC RATE COUNT; the first 8 bytes of each image count, its stamp is the time of publishing
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <ros/ros.h>
#include <sensor_msgs/Image.h>

int main(int argc, char** argv) {
  ros::init(argc, argv, "roscpp_pub");
  ros::NodeHandle node;
  const double rate = std::atof(argv[2]);
  const uint64_t count = std::strtoull(argv[3], nullptr, 10);
  ros::Publisher publisher = node.advertise<sensor_msgs::Image>(argv[1], 10);
  sensor_msgs::Image image;
  image.header.frame_id = "camera";
  image.width = 640;
  image.height = 480;
  image.step = 3 * 640;
  image.encoding = "rgb8";
  image.data.assign(3 * 640 * 480, 7);
  while (ros::ok() && publisher.getNumSubscribers() == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto period = std::chrono::nanoseconds(static_cast<int64_t>(1e9 / rate));
  auto next = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < count && ros::ok(); ++i) {
    std::this_thread::sleep_until(next);
    next += period;
    std::memcpy(image.data.data(), &i, sizeof i);
    image.header.stamp = ros::Time::now();
    publisher.publish(image);
  }
  while (ros::ok() && publisher.getNumSubscribers() > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return 0;
}
