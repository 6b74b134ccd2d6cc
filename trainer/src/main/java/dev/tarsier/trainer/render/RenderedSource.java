package dev.tarsier.trainer.render;

import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.trainer.dataset.CachedSource;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.DataSetOpening;
import dev.tarsier.trainer.dataset.NyuV2;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.task.ClassSet;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Rendered frames as a data set: room after room, a few views of each. Sources whose ranges of
 * rooms do not overlap share no room, so one can train and the other evaluate.
 *
 * <p>Thread-safe: each call renders its frame alone. Views of a room that are asked for one after
 * the other come faster, since the last few rooms are kept with their light.
 */
public final class RenderedSource implements SampleSource {
  /**
   * Rendered rooms, at the size of the network's input.
   *
   * @param seed of the rooms
   * @param firstRoom the first; data sets whose rooms do not overlap share none
   * @param rooms how many
   * @param views frames of each room
   * @param depthNoise whether depth has a sensor's noise and holes; false when absent
   * @param labels whether the classes may be used; true when absent
   * @param depth whether the depth may be used; true when absent
   * @param perEpoch frames an epoch takes; 0 when absent
   * @param depthProtocol {@code full} when absent
   * @param optional of no consequence: they are never absent
   */
  public record Options(
      Long seed,
      Integer firstRoom,
      Integer rooms,
      Integer views,
      Boolean depthNoise,
      Boolean labels,
      Boolean depth,
      Integer perEpoch,
      String depthProtocol,
      Boolean optional)
      implements DataSet {
    /** Checks and fills in. */
    public Options {
      DataSet.require("rooms", rooms);
      seed = seed == null ? 1 : seed;
      firstRoom = firstRoom == null ? 0 : firstRoom;
      views = views == null ? 4 : views;
      depthNoise = depthNoise != null && depthNoise;
      labels = labels == null || labels;
      depth = depth == null || depth;
      perEpoch = DataSet.count(perEpoch);
      depthProtocol = depthProtocol == null ? FULL : depthProtocol;
      optional = optional != null && optional;
      if (rooms < 1 || views < 1 || firstRoom < 0) {
        throw new IllegalArgumentException(
            "rooms and views must be >= 1 and first_room >= 0, got %d, %d and %d"
                .formatted(rooms, views, firstRoom));
      }
    }

    @Override
    public boolean madeToSize() {
      return true;
    }

    @Override
    public Optional<DataSet> truth() {
      return labels
          ? Optional.empty()
          : Optional.of(
              new Options(seed, firstRoom, rooms, views, depthNoise, true, depth, 0, FULL, false));
    }

    @Override
    public DepthScale depthScale() {
      return depth ? DepthScale.METRES : DepthScale.NONE;
    }

    @Override
    public Optional<Intrinsics> camera(int width, int height) {
      return Optional.of(NyuV2.camera(width, height));
    }

    @Override
    public Optional<SampleSource> open(DataSetOpening with) {
      if (labels) {
        with.requireClasses("rendered (unless labels: false)", ClassSet.NYU_13);
      }
      return Optional.of(
          new CachedSource(
              new RenderedSource(
                  seed,
                  firstRoom,
                  rooms,
                  RenderOptions.training(with.width(), with.height())
                      .withFramesPerRoom(views)
                      .withDepthNoise(depthNoise),
                  labels,
                  depth)));
    }
  }

  /** Registers it. */
  public static final class Registered extends DataSet.Kind {
    /** For the service loader. */
    public Registered() {
      super("rendered", Options.class);
    }
  }

  private static final int KEPT_ROOMS = 8;

  private final long seed;
  private final int firstRoom;
  private final int rooms;
  private final RenderOptions options;
  private final boolean labels;
  private final boolean depth;
  private final Map<Integer, SceneSequence> recent =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, SceneSequence> eldest) {
          return size() > KEPT_ROOMS;
        }
      };

  /**
   * Names the rooms; nothing is rendered yet.
   *
   * @param seed of the whole data set
   * @param firstRoom ≥ 0
   * @param rooms how many, ≥ 1
   * @param options how; {@code framesPerRoom} is the number of views of each room
   */
  public RenderedSource(long seed, int firstRoom, int rooms, RenderOptions options) {
    this(seed, firstRoom, rooms, options, true, true);
  }

  private RenderedSource(
      long seed, int firstRoom, int rooms, RenderOptions options, boolean labels, boolean depth) {
    if (firstRoom < 0 || rooms < 1) {
      throw new IllegalArgumentException(
          "rooms must be >= 1 from room >= 0, got " + rooms + " from " + firstRoom);
    }
    if ((long) rooms * options.framesPerRoom() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "rooms x framesPerRoom must be below 2^31, got "
              + rooms
              + " x "
              + options.framesPerRoom());
    }
    this.seed = seed;
    this.firstRoom = firstRoom;
    this.rooms = rooms;
    this.options = options;
    this.labels = labels;
    this.depth = depth;
  }

  /** The number of frames. */
  @Override
  public int size() {
    return rooms * options.framesPerRoom();
  }

  /** Renders frame {@code index}; the same one each time. */
  @Override
  public Sample get(int index) {
    Sample whole = frame(index).sample();
    return RgbdSample.of(
        whole.name(),
        whole.width(),
        whole.height(),
        whole.rgb(),
        depth ? RgbdSample.depth(whole) : null,
        labels ? RgbdSample.labels(whole) : null);
  }

  /** The frame with camera and pose, and all that is known of it. */
  public RenderedFrame frame(int index) {
    int room = firstRoom + Math.floorDiv(index, options.framesPerRoom());
    if (index < 0 || index >= size()) {
      throw new IndexOutOfBoundsException("frame must be 0 to " + (size() - 1) + ", got " + index);
    }
    SceneSequence sequence;
    synchronized (recent) {
      sequence = recent.computeIfAbsent(room, r -> new SceneSequence(roomSeed(r), options));
    }
    return sequence.frame(Math.floorMod(index, options.framesPerRoom()));
  }

  /** Such as {@code rendered-7-rooms-0-499}. */
  @Override
  public String name() {
    return "rendered-%d-rooms-%d-%d".formatted(seed, firstRoom, firstRoom + rooms - 1)
        + (labels ? "" : " without labels")
        + (depth ? "" : " without depth");
  }

  /** Of what decides the frames: renderer version, seed, rooms and options. */
  @Override
  public String sha256() {
    RenderOptions one = options.withThreads(1);
    String text =
        "tarsier renderer %d; seed %d; rooms %d+%d; %s"
            .formatted(SceneSequence.RENDERER_VERSION, seed, firstRoom, rooms, one);
    String whole = Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    return labels && depth
        ? whole
        : new ContentHash().add(whole).add("labels " + labels).add("depth " + depth).hex();
  }

  private long roomSeed(int room) {
    return Dice.mix(Dice.mix(seed) + room);
  }
}
