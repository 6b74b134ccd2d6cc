package dev.tarsier.trainer.cli;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.cli.ProgressLine;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.render.ContactSheet;
import dev.tarsier.trainer.render.PinholeCamera;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedBag;
import dev.tarsier.trainer.render.RenderedBag.DepthEncoding;
import dev.tarsier.trainer.render.RenderedFolder;
import dev.tarsier.trainer.render.RenderedFrame;
import dev.tarsier.trainer.render.RenderedMasks;
import dev.tarsier.trainer.render.SceneSequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code tarsier synth}: renders a walk through furnished rooms into a bag, a folder, a picture.
 */
@Command(
    name = "synth",
    description =
        "Renders a camera's walk through furnished rooms: colour, depth and classes. The same"
            + " options give the same bytes.",
    mixinStandardHelpOptions = true)
public final class SynthCommand implements Callable<Integer> {
  private static final int MOST_ON_SHEET = 24;
  private static final long NANOS_A_SECOND = 1_000_000_000L;

  /** The last second that a stamp of ROS can say. */
  private static final long LAST_SECOND = 0xFFFFFFFFL;

  @Option(
      names = "--frames",
      paramLabel = "N",
      description = "how many frames (default: ${DEFAULT-VALUE})")
  private int frames = 150;

  @Option(
      names = "--bag",
      paramLabel = "FILE",
      description =
          "a ROS bag: rgb8, camera_info, depth (32FC1 metres; with --noise 16UC1 millimetres),"
              + " labels (mono8)")
  private Path bag;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description =
          "a data set folder as NYUDv2's: rgb, depth, label13, splits (all; with 5 rooms or more"
              + " also train and val, which share no room)")
  private Path folder;

  @Option(
      names = "--masks",
      paramLabel = "DIR",
      description =
          "masks of some frames as CVAT exports them, with labelmap.txt: what a person would have"
              + " drawn")
  private Path masks;

  @Option(
      names = "--masked",
      paramLabel = "N",
      description = "how many frames have masks, spread over all (default: ${DEFAULT-VALUE})")
  private int masked = 50;

  @Option(
      names = "--sheet",
      paramLabel = "FILE",
      description = "a PNG that shows up to 24 of the frames: colour, classes, depth")
  private Path sheet;

  @Option(names = "--width", description = "pixels (default: ${DEFAULT-VALUE})")
  private int width = 640;

  @Option(names = "--height", description = "pixels (default: ${DEFAULT-VALUE})")
  private int height = 480;

  @Option(names = "--fps", description = "frames per second (default: ${DEFAULT-VALUE})")
  private double fps = 15;

  @Option(
      names = "--start",
      paramLabel = "SECONDS",
      description =
          "stamp of the first frame, since 1970; another one for each recording that is to be"
              + " told from the others (default: ${DEFAULT-VALUE})")
  private long start = SceneSequence.EPOCH_NANOS / NANOS_A_SECOND;

  @Option(names = "--seed", description = "which rooms (default: ${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(
      names = "--rooms",
      paramLabel = "N",
      description = "the frames are shared out over so many rooms (default: ${DEFAULT-VALUE})")
  private int rooms = 1;

  @Option(
      names = "--noise",
      description = "depth as a structured-light sensor sees it, with steps and holes")
  private boolean noise;

  @Option(
      names = "--compression",
      description = "of the bag: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private BagCompression compression = BagCompression.NONE;

  @Option(names = "--threads", description = "that render (default: all processors)")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    String wrong = wrong();
    if (wrong != null) {
      return fail(wrong);
    }
    int perRoom = (frames + rooms - 1) / rooms;
    RenderOptions options;
    try {
      options =
          new RenderOptions(
              PinholeCamera.nyuLike(width, height), fps, perRoom, true, noise, threads);
    } catch (IllegalArgumentException e) {
      return fail(e.getMessage());
    }
    try {
      render(new SceneSequence(seed, options), perRoom);
      return 0;
    } catch (IOException e) {
      return RobotCommands.fail(spec, e, RobotCommands.CANNOT_RUN);
    }
  }

  private String wrong() {
    if (bag == null && folder == null && masks == null && sheet == null) {
      return "say where to: --bag FILE, --folder DIR, --masks DIR or --sheet FILE";
    }
    if (frames < 1) {
      return "--frames must be at least 1, got " + frames;
    }
    if (start < 0 || (fps > 0 && start + frames / fps > LAST_SECOND)) {
      return "--start must be seconds from 0 to %d, got %d".formatted(LAST_SECOND, start);
    }
    if (masked < 1) {
      return "--masked must be at least 1, got " + masked;
    }
    if (rooms < 1 || rooms > frames) {
      return "--rooms must be 1 to the number of frames (" + frames + "), got " + rooms;
    }
    return null;
  }

  private void render(SceneSequence sequence, int perRoom) throws IOException {
    int used = (frames + perRoom - 1) / perRoom;
    int trainRooms = used - (used < 5 ? 0 : used / 5);
    for (Path file : new Path[] {bag, sheet}) {
      if (file != null) {
        Files.createDirectories(file.toAbsolutePath().getParent());
      }
    }
    List<RenderedFrame> shown = new ArrayList<>();
    int apart = Math.max(1, frames / MOST_ON_SHEET);
    RenderedFolder pictures = folder == null ? null : new RenderedFolder(folder);
    RenderedMasks drawn = masks == null ? null : new RenderedMasks(masks);
    try (RenderedBag out = openBag();
        ProgressLine line = ProgressLine.onStandardError()) {
      line.begin("render", "frames", 0, frames);
      for (int i = 0; i < frames; i++) {
        RenderedFrame frame = started(sequence.frame(i));
        if (out != null) {
          out.add(frame);
        }
        if (pictures != null) {
          pictures.add(frame, Math.floorDiv(i, perRoom) >= trainRooms);
        }
        if (drawn != null && (long) (i + 1) * masked / frames > (long) i * masked / frames) {
          drawn.add(frame);
        }
        if (sheet != null && i % apart == 0 && shown.size() < MOST_ON_SHEET) {
          shown.add(frame);
        }
        line.at(i + 1);
      }
      if (out != null) {
        out.finish();
      }
    }
    if (bag != null) {
      tell(bag);
    }
    if (pictures != null) {
      pictures.finish();
      tell(folder);
    }
    if (drawn != null) {
      drawn.finish();
      tell(masks, drawn.size());
    }
    if (sheet != null) {
      WholeFile.write(sheet, EncodedImage.png(ContactSheet.of(shown, shown.size() > 3 ? 2 : 1)));
      tell(sheet);
    }
  }

  private RenderedFrame started(RenderedFrame frame) {
    return new RenderedFrame(
        frame.sample(),
        frame.camera(),
        frame.pose(),
        frame.stampNanos() - SceneSequence.EPOCH_NANOS + start * NANOS_A_SECOND);
  }

  private RenderedBag openBag() throws IOException {
    if (bag == null) {
      return null;
    }
    DepthEncoding depth = noise ? DepthEncoding.MILLIMETRES_16U : DepthEncoding.METRES_32F;
    return new RenderedBag(bag, depth, compression);
  }

  private void tell(Path written) {
    tell(written, frames);
  }

  private void tell(Path written, int count) {
    spec.commandLine().getOut().printf("Written: %s (%d frames)%n", written, count);
    spec.commandLine().getOut().flush();
  }

  private int fail(String message) {
    spec.commandLine().getErr().println("tarsier synth: " + message);
    return RobotCommands.CANNOT_RUN;
  }
}
