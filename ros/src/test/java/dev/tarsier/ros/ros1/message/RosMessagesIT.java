package dev.tarsier.ros.ros1.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.Python;
import dev.tarsier.runtime.testing.Prerequisites;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's ROS as the oracle: rospy for the bytes, rosmsg for MD5s and definitions. */
final class RosMessagesIT {
  @TempDir Path folder;

  @Test
  void rospyWritesTheSameBytesAndWeReadThem() throws Exception {
    List<String> lines = Python.run(RosMessagesIT.class, "messages.py", folder);
    List<RosMessage> ours = SampleMessages.all();
    assertThat(lines).hasSameSizeAs(ours);
    for (int i = 0; i < ours.size(); i++) {
      String[] words = lines.get(i).split(" ");
      MessageType<?> type = ours.get(i).type();
      assertThat(type.name()).isEqualTo(words[0]);
      assertThat(type.md5()).as(words[0]).isEqualTo(words[1]);
      assertThat(HexFormat.of().formatHex(ours.get(i).toBody().array()))
          .as(words[0])
          .isEqualTo(words[2]);
      assertThat((Object) type.read(ByteBuffer.wrap(HexFormat.of().parseHex(words[2]))))
          .isEqualTo(ours.get(i));
    }
  }

  @Test
  void rosmsgComputesTheSameMd5sAndOurRulesFitItsTexts() throws Exception {
    Prerequisites.programs("rosmsg");
    for (MessageType<?> type : List.of(CameraInfo.TYPE, DiagnosticArray.TYPE, Log.TYPE)) {
      List<String> md5 = Python.program(folder, "rosmsg", "md5", type.name());
      assertThat(md5).as(type.name()).containsExactly(type.md5());
    }
    // a text of many comments, and of nested types that are not there: the own fields in our words
    for (String flat : List.of("std_msgs/Header", "sensor_msgs/RegionOfInterest")) {
      // Not by 'rosmsg show': in Debian that needs the packages for C++.
      Path text = Path.of("/usr/share", flat.replace("/", "/msg/") + ".msg");
      List<String> md5 = Python.program(folder, "rosmsg", "md5", flat);
      assertThat(MessageDefinition.md5(flat, Files.readString(text))).isEqualTo(md5.get(0));
    }
  }

  @Test
  void genpyBuildsClassesFromOurDefinitions() throws Exception {
    List<String> arguments = new ArrayList<>();
    for (MessageType<?> type : MessageTypesTest.ALL) {
      arguments.add(type.name());
      arguments.add(type.definition());
    }
    List<String> lines =
        Python.run(RosMessagesIT.class, "definitions.py", folder, arguments.toArray(new String[0]));
    for (int i = 0; i < MessageTypesTest.ALL.size(); i++) {
      MessageType<?> type = MessageTypesTest.ALL.get(i);
      assertThat(lines.get(i)).isEqualTo(type.name() + " " + type.md5());
    }
  }
}
