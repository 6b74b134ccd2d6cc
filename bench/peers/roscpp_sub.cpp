// Receives the images of roscpp_pub or of TransportBench with roscpp and prints their latencies.
// usage: roscpp_sub TOPIC COUNT; prints one line at the last image, or after 3 s without one
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>
#include <ros/callback_queue.h>
#include <ros/ros.h>
#include <sensor_msgs/Image.h>

static std::vector<double> latencies_us;
static uint64_t count;
static bool done = false;
static std::chrono::steady_clock::time_point last;

static void take(const sensor_msgs::Image::ConstPtr& image) {
  latencies_us.push_back((ros::Time::now() - image->header.stamp).toSec() * 1e6);
  last = std::chrono::steady_clock::now();
  uint64_t index;
  std::memcpy(&index, image->data.data(), sizeof index);
  done = index + 1 == count;
}

static double percentile(double p) {
  return latencies_us.empty() ? 0 : latencies_us[static_cast<size_t>(p * (latencies_us.size() - 1))];
}

int main(int argc, char** argv) {
  ros::init(argc, argv, "roscpp_sub");
  ros::NodeHandle node;
  count = std::strtoull(argv[2], nullptr, 10);
  latencies_us.reserve(count);
  ros::Subscriber subscriber =
      node.subscribe<sensor_msgs::Image>(argv[1], 10, take, ros::TransportHints().tcpNoDelay());
  while (ros::ok() && !done) {
    ros::getGlobalCallbackQueue()->callAvailable(ros::WallDuration(0.1));
    if (!latencies_us.empty() && std::chrono::steady_clock::now() - last > std::chrono::seconds(3)) break;
  }
  std::sort(latencies_us.begin(), latencies_us.end());
  std::printf("RESULT %zu %.1f %.1f %.1f -1\n", latencies_us.size(), percentile(0.5), percentile(0.99),
              latencies_us.empty() ? 0 : latencies_us.back());
  return 0;
}
