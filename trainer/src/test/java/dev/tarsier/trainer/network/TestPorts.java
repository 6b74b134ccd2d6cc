package dev.tarsier.trainer.network;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The inputs and outputs of the networks that ship, for tests. */
public final class TestPorts {
  /** The output of a head for classes. */
  public static final String CLASSES = "classes";

  /** The output of a head for depth. */
  public static final String DEPTH = "depth";

  /** Depth as an input. */
  public static final String DEPTH_INPUT = "depth_input";

  /** Classes as an input. */
  public static final String LABELS_INPUT = "labels_input";

  private TestPorts() {}

  /** The image in, classes and depth out. */
  public static Ports of(int classes) {
    return of(classes, true);
  }

  /** The image in; 0 classes for no such head. */
  public static Ports of(int classes, boolean depth) {
    List<Ports.Head> heads = new ArrayList<>();
    if (classes > 0) {
      heads.add(new Ports.Head(CLASSES, classes, null, true));
    }
    if (depth) {
      heads.add(new Ports.Head(DEPTH, 1, new Ports.Range(10, 2.5, "metres"), true));
    }
    return new Ports(heads, null);
  }

  /** The image in, classes, depth and normals out. */
  public static Ports withNormals(int classes) {
    List<Ports.Head> heads = new ArrayList<>(of(classes).heads());
    heads.add(new Ports.Head("normals", 3, null, true));
    return new Ports(heads, null);
  }

  /** The image in, classes of it as a whole out. */
  public static Ports ofImages(String... tasks) {
    return new Ports(
        Stream.of(tasks).map(task -> new Ports.Head(task, 10, null, false)).toList(), null);
  }

  /** The same with a depth map as a further input. */
  public static Ports withDepthInput(Ports ports, Fusion fusion) {
    Layer.Normalise metres = new Layer.Normalise(List.of(2.5), List.of(1.5));
    return new Ports(ports.heads(), new Ports.Input(DEPTH_INPUT, 1, metres, fusion));
  }

  /** The same with classes as a further input, one channel for each. */
  public static Ports withLabelsInput(Ports ports, Fusion fusion, int classes) {
    return new Ports(ports.heads(), new Ports.Input(LABELS_INPUT, classes, null, fusion));
  }
}
