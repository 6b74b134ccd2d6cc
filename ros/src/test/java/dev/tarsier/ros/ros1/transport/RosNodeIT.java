package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.message.Log;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.testing.Prerequisites;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Our nodes with a real roscore. */
class RosNodeIT extends RosToolsContract {
  private static RosTools tools;

  @BeforeAll
  static void start() throws Exception {
    Prerequisites.programs("roscore", "rostopic", "rosnode", "rosparam");
    tools = RosTools.withRoscore();
  }

  @AfterAll
  static void stop() throws Exception {
    if (tools != null) {
      tools.close();
    }
  }

  @Override
  RosTools tools() {
    return tools;
  }

  private static RosTools.Running child(RosTools tools, String... arguments) throws Exception {
    String[] command = new String[arguments.length + 4];
    command[0] = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    command[1] = "-cp";
    command[2] = System.getProperty("java.class.path");
    command[3] = ChildNode.class.getName();
    System.arraycopy(arguments, 0, command, 4, arguments.length);
    return tools.start(command);
  }

  /** {@code rosout} is written with roscpp: it hears us, and we hear what it passes on. */
  @Test
  void roscppsRosoutPassesOnWhatWeLog() throws Exception {
    BlockingQueue<Log> passedOn = new LinkedBlockingQueue<>();
    try (RosNode node = node("logger")) {
      Subscription all = node.subscribe("/rosout_agg", Log.TYPE, passedOn::add);
      Await.until("rosout's connection", () -> all.publishers() == 1);
      Logger lens = (Logger) LoggerFactory.getLogger("lens");
      lens.setLevel(Level.INFO);
      lens.setAdditive(false);
      lens.addAppender(
          ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).getAppender("rosout/logger"));
      lens.debug("not for others");
      lens.warn("the {} is dirty", "lens");
      Log heard = passedOn.poll(10, TimeUnit.SECONDS);
      while (heard != null && !heard.name().equals("/logger")) {
        heard = passedOn.poll(10, TimeUnit.SECONDS);
      }
      assertThat(heard).isNotNull();
      assertThat(heard.msg()).isEqualTo("the lens is dirty");
      assertThat(heard.level()).isEqualTo(Log.WARN);
      assertThat(heard.file()).isEqualTo("RosNodeIT.java");
      assertThat(heard.topics()).contains("/rosout");
    }
  }

  @Test
  void aSignalledProcessLeavesTheGraph() throws Exception {
    RosTools.Running child = child(tools, "__name:=mortal", "_lives:=1", "chatter:=/said");
    Await.until("the child", () -> tools.knows("/mortal"));
    assertThat(tools.run("rosparam", "get", "/mortal/lives")).isEqualToIgnoringWhitespace("1");
    assertThat(tools.run("rostopic", "echo", "-n", "1", "/said")).contains("of a child");
    child.process().destroy();
    assertThat(child.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(tools.knows("/mortal")).isFalse();
  }

  @Test
  void anotherMasterOnThePortIsToldEverythingAgain() throws Exception {
    BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    try (RosTools restarted = new RosTools(RosTools.freePort())) {
      String port = Integer.toString(restarted.port());
      RosTools.Running first = restarted.start("rosmaster", "--core", "-p", port);
      try (RosNode node =
          RosNode.start(RosArguments.of("faithful", restarted.masterUri(), "127.0.0.1"))) {
        node.subscribe("/out", StringMessage.TYPE, m -> texts.add(m.data()));
        node.advertise("/in", StringMessage.TYPE, PublisherOptions.LATCHED)
            .publish(new StringMessage("still here"));
        first.process().destroyForcibly().waitFor();
        restarted.start("rosmaster", "--core", "-p", port);
        Await.until("registered again", () -> restarted.knows("/faithful"));
        restarted.start("/usr/bin/python3", script("relay.py"), "relay");
        assertThat(texts.poll(20, TimeUnit.SECONDS)).isEqualTo("rospy still here");
      }
    }
  }
}
