package dev.tarsier.trainer.dataset;

import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.exceptions.HdfException;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * One array of a MATLAB 7.3 file whose first axis, as HDF5 sees it, counts frames. Only what a
 * frame needs is read: the file keeps arrays in compressed chunks, and where a chunk holds pieces
 * of several frames these frames are decoded together and the latest such blocks are kept.
 *
 * <p>Any thread.
 */
final class MatFrames {
  /** Blocks kept: enough that readers who walk through neighbouring frames share them. */
  private static final int KEPT = 3;

  private final Path path;
  private final String variable;
  private final Dataset dataset;
  private final int[] axes;
  private final int perBlock;
  private final Map<Integer, FutureTask<Object[]>> blocks =
      new LinkedHashMap<>(8, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, FutureTask<Object[]>> eldest) {
          return size() > KEPT;
        }
      };

  MatFrames(Path path, String variable, Dataset dataset) {
    this.path = path;
    this.variable = variable;
    this.dataset = dataset;
    axes = dataset.getDimensions();
    perBlock = dataset instanceof ChunkedDataset chunked ? chunked.getChunkDimensions()[0] : 1;
  }

  /** How many frames there are. */
  int frames() {
    return axes[0];
  }

  /**
   * The length of one of the frames' axes, as HDF5 orders them; 1 is the first after the frames.
   */
  int axis(int number) {
    return axes[number];
  }

  /**
   * The values of one frame, which must be whole numbers below 65536.
   *
   * @param frame 0 to frames() − 1
   * @return in HDF5's order; shared, must not be modified
   */
  short[] shorts(int frame) {
    if (frame(frame) instanceof short[] values) {
      return values;
    }
    throw new DataException("%s: %s must hold whole numbers".formatted(path, variable));
  }

  /** As {@link #shorts}, for values in single precision. */
  float[] floats(int frame) {
    if (frame(frame) instanceof float[] values) {
      return values;
    }
    throw new DataException("%s: %s must be of single precision".formatted(path, variable));
  }

  private Object frame(int frame) {
    int number = frame / perBlock;
    FutureTask<Object[]> task;
    synchronized (blocks) {
      task = blocks.computeIfAbsent(number, n -> new FutureTask<>(() -> decode(n)));
    }
    // Whoever comes first decodes; others wait for it.
    task.run();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get()[frame % perBlock];
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      synchronized (blocks) {
        blocks.remove(number, task);
      }
      throw new DataException(
          "%s: frame %d of %s cannot be read: %s"
              .formatted(path, frame + 1, variable, e.getCause().getMessage()),
          e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Object[] decode(int block) throws HdfException {
    long[] from = new long[axes.length];
    from[0] = (long) block * perBlock;
    int[] extent = axes.clone();
    extent[0] = (int) Math.min(perBlock, axes[0] - from[0]);
    Object nested = dataset.getData(from, extent);
    int values = 1;
    for (int i = 1; i < axes.length; i++) {
      values *= axes[i];
    }
    Object[] frames = new Object[extent[0]];
    for (int i = 0; i < frames.length; i++) {
      Object one = Array.get(nested, i);
      if (dataset.getJavaType() == float.class) {
        float[] flat = new float[values];
        floats(one, flat, 0);
        frames[i] = flat;
      } else {
        short[] flat = new short[values];
        shorts(one, flat, 0);
        frames[i] = flat;
      }
    }
    return frames;
  }

  private static int floats(Object nested, float[] to, int at) {
    if (nested instanceof float[] row) {
      System.arraycopy(row, 0, to, at, row.length);
      return at + row.length;
    }
    int next = at;
    for (Object each : (Object[]) nested) {
      next = floats(each, to, next);
    }
    return next;
  }

  private int shorts(Object nested, short[] to, int at) {
    int next = at;
    if (nested instanceof int[] row) {
      for (int value : row) {
        to[next++] = (short) value;
      }
    } else if (nested instanceof Object[] rows) {
      for (Object each : rows) {
        next = shorts(each, to, next);
      }
    } else {
      throw new HdfException(
          "%s must hold whole numbers of 8 or 16 bits, or single precision".formatted(variable));
    }
    return next;
  }
}
