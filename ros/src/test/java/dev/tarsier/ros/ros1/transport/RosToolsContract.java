package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.message.Clock;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.testing.Prerequisites;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * What Debian's ROS tools and rospy must see of our nodes, whichever master is between them.
 * Subclasses say which.
 */
abstract class RosToolsContract {
  /** The tools, with their master running. */
  abstract RosTools tools();

  final RosNode node(String name) throws InterruptedException {
    return RosNode.start(RosArguments.of(name, tools().masterUri(), "127.0.0.1"));
  }

  /** A script of the test resources. */
  static String script(String name) {
    return Prerequisites.root().resolve("ros/src/test/resources/ros").resolve(name).toString();
  }

  @Test
  void rostopicListsDescribesAndEchoesOurTopics() throws Exception {
    try (RosNode talker = node("talker")) {
      talker
          .advertise("~classes", StringMessage.TYPE, PublisherOptions.LATCHED)
          .publish(new StringMessage("{\"wall\": 3}"));
      talker.subscribe("/wanted", StringMessage.TYPE, m -> {});
      assertThat(tools().run("rostopic", "list", "-v"))
          .contains("/talker/classes [std_msgs/String] 1 publisher")
          .contains("/wanted [std_msgs/String] 1 subscriber");
      assertThat(tools().run("rostopic", "info", "/talker/classes"))
          .contains("Type: std_msgs/String")
          .contains("* /talker (" + talker.uri() + ")");
      assertThat(tools().run("rostopic", "echo", "-n", "1", "/talker/classes"))
          .contains("{\\\"wall\\\": 3}");
    }
  }

  @Test
  void rostopicMeasuresTheRateAtWhichWePublish() throws Exception {
    AtomicBoolean end = new AtomicBoolean();
    try (RosNode talker = node("ticker")) {
      Publisher<StringMessage> ticks =
          talker.advertise("/ticks", StringMessage.TYPE, PublisherOptions.queue(10));
      Thread ticker =
          new Thread(
              () -> {
                while (!end.get()) {
                  ticks.publish(new StringMessage("tick"));
                  LockSupport.parkNanos(10_000_000);
                }
              });
      ticker.start();
      RosTools.Running hz = tools().start("rostopic", "hz", "/ticks");
      Await.until("a rate", () -> hz.output().contains("average rate: "));
      String rate = hz.output().replaceAll("(?s).*?average rate: ([0-9.]+).*", "$1");
      // about 98 on an idle machine; a busy one is slower, and none is faster
      assertThat(Double.parseDouble(rate)).isBetween(5.0, 101.0);
      hz.process().destroy();
      end.set(true);
      ticker.join();
      Await.until("rostopic left", () -> ticks.subscribers() == 0);
    }
  }

  @Test
  void rosnodeDescribesPingsAndKillsOurNode() throws Exception {
    RosNode node = node("victim");
    try (node;
        RosNode talker = node("victims_talker")) {
      node.subscribe("/orders", StringMessage.TYPE, m -> {});
      Publisher<StringMessage> orders =
          talker.advertise("/orders", StringMessage.TYPE, PublisherOptions.NEWEST);
      Await.until("connected", () -> orders.subscribers() == 1);
      assertThat(tools().run("rosnode", "info", "/victim"))
          .contains("* /rosout [rosgraph_msgs/Log]")
          .contains("* /orders [std_msgs/String]")
          .contains("Pid: " + ProcessHandle.current().pid())
          .contains("* topic: /orders")
          .contains("* to: /victims_talker")
          .contains("* direction: inbound")
          .contains("* transport: TCPROS");
      assertThat(tools().run("rosnode", "info", "/victims_talker"))
          .contains("* direction: outbound")
          .contains("* to: /victim");
      assertThat(tools().run("rosnode", "ping", "-c", "1", "/victim"))
          .contains("xmlrpc reply from " + node.uri());
      assertThat(tools().run("rosnode", "kill", "/victim")).contains("killed");
      node.awaitShutdown();
      assertThat(tools().knows("/victim")).isFalse();
    }
  }

  @Test
  void rosparamAndOurNodeSeeEachOthersParameters() throws Exception {
    try (RosNode node = node("settings")) {
      node.parameters()
          .set("~tree", Map.of("rate", 2.5, "on", true, "names", List.of("a", "b"), "n", 7));
      assertThat(tools().run("rosparam", "get", "/settings/tree"))
          .contains("rate: 2.5")
          .contains("'on': true")
          .contains("n: 7")
          .containsPattern("names:\\s+- a\\s+- b");
      tools().run("rosparam", "set", "/settings/mode", "{fast: yes, gain: 1.5e-3, id: '12'}");
      assertThat(node.parameters().get("~mode"))
          .contains(Map.of("fast", true, "gain", 1.5e-3, "id", "12"));
      assertThat(node.parameters().get("~mode/id")).contains("12");
      tools().run("rosparam", "delete", "/settings/mode");
      assertThat(node.parameters().get("~mode")).isEmpty();
    }
  }

  @Test
  void rospyHearsUsAndWeHearRospy() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (RosNode node = node("partner")) {
      node.subscribe("/out", StringMessage.TYPE, m -> texts.add(m.data()));
      node.advertise("/in", StringMessage.TYPE, PublisherOptions.LATCHED)
          .publish(new StringMessage("grüße"));
      RosTools.Running relay = tools().start("/usr/bin/python3", script("relay.py"), "relay");
      assertThat(texts.poll(20, TimeUnit.SECONDS)).isEqualTo("rospy grüße");

      // a newer node of its name ends the older one, be it rospy's or ours
      try (RosNode twin = node("relay")) {
        Await.until("rospy ends", () -> !relay.process().isAlive());
        assertThat(tools().knows("/relay")).isTrue();
        tools().start("/usr/bin/python3", script("relay.py"), "relay");
        twin.awaitShutdown();
      }
      assertThat(texts.poll(20, TimeUnit.SECONDS)).isEqualTo("rospy grüße");
    }
  }

  @Test
  void simulatedTimeComesFromClock() throws Exception {
    try (RosNode simulator = node("simulator")) {
      tools().run("rosparam", "set", "/use_sim_time", "true");
      try (RosNode robot = node("sim_robot")) {
        assertThat(robot.clock().simulated()).isTrue();
        simulator
            .advertise("/clock", Clock.TYPE, PublisherOptions.LATCHED)
            .publish(new Clock(new RosTime(1234, 500)));
        Await.until("our time", () -> robot.clock().nowNanos() == 1_234_000_000_500L);
        assertThat(
                tools()
                    .run(
                        "/usr/bin/python3",
                        "-c",
                        """
                        import rospy
                        rospy.init_node('sim_rospy')
                        while rospy.get_rostime().to_nsec() == 0:
                            pass
                        print(rospy.get_rostime().to_nsec())
                        """))
            .contains("1234000000500");
      } finally {
        tools().run("rosparam", "delete", "/use_sim_time");
      }
    }
  }
}
