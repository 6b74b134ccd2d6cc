package dev.tarsier.ros.cli;

import java.util.Arrays;
import java.util.Locale;

/**
 * Where the process of a robot's command starts. The node as ROS starts it has no options to read,
 * and the library that reads them takes a tenth of a start and cannot be part of a class archive:
 * so nothing here mentions it before it is needed.
 */
public final class Start {
  private Start() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) throws Exception {
    if (NodeCommand.isAsRosStartsIt(arguments)) {
      System.exit(node(arguments));
    } else if (Arrays.equals(arguments, new String[] {"rehearse"})) {
      setProcessDefaults();
      System.exit(new Rehearsal().call());
    } else {
      RobotCommands.main(arguments);
    }
  }

  private static int node(String[] arguments) {
    setProcessDefaults();
    try {
      return new NodeCommand(Arrays.asList(arguments).subList(1, arguments.length)).call();
    } catch (Exception | UnsatisfiedLinkError e) {
      return RobotCommands.nodeFailed(e);
    }
  }

  /** One form of numbers for people and programs: a robot's locale may have digits of its own. */
  static void setProcessDefaults() {
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
  }
}
