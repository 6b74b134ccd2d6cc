package dev.tarsier.trainer.render;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The textures that rooms are made of, each in several variants, drawn when first used and kept for
 * the whole process. All repeat without a seam except the pictures.
 */
enum Pattern {
  PLASTER,
  STRIPES,
  DAMASK,
  BRICK,
  PLANKS,
  TILES,
  CARPET,
  MARBLE,
  WOOD,
  WEAVE,
  PLAID,
  LEATHER,
  BRUSHED,
  CARDBOARD,
  SPINE,
  FLORAL,
  TERRAZZO,
  CEILING_PANEL,
  FOLDS,
  LEAVES,
  PAINTING,
  SCREEN,
  OUTDOOR,
  PACKAGE;

  private static final int SIZE = 256;
  private static final int VARIANTS = 8;
  private static final Set<Pattern> PICTURES = EnumSet.of(PAINTING, SCREEN, OUTDOOR, PACKAGE);
  private static final Map<String, Texture> DRAWN = new ConcurrentHashMap<>();

  /** A variant's texture; variants repeat after 8, pictures after 32. */
  Texture variant(int variant) {
    int kept = Math.floorMod(variant, twoTone() ? VARIANTS : 4 * VARIANTS);
    // A string's hash is laid down by the language, so the seed is the same everywhere.
    return DRAWN.computeIfAbsent(name() + kept, key -> draw(new Dice(key.hashCode())));
  }

  /** Whether it mixes a material's two colours; the others have their own. */
  boolean twoTone() {
    return !PICTURES.contains(this);
  }

  private Texture draw(Dice dice) {
    if (!twoTone()) {
      return Pictures.draw(this, dice);
    }
    int[] texels = new int[SIZE * SIZE];
    float[] soft = cloud(dice, 4, 4, 5);
    float[] fine = cloud(dice, 32, 32, 3);
    float[] streaks = cloud(dice, 3, 48, 3);
    Shape shape = shape(dice, soft, fine, streaks);
    double[] out = new double[2];
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        int i = y * SIZE + x;
        shape.at(x, y, i, out);
        int mix = (int) Math.max(0, Math.min(255, Math.round(255 * out[0])));
        int shade = (int) Math.max(0, Math.min(255, Math.round(128 * out[1])));
        texels[i] = mix << 16 | shade << 8;
      }
    }
    return new Texture(SIZE, texels);
  }

  /** Mix (0 to 1) and shade (1 = as is) of a texel. */
  private interface Shape {
    void at(int x, int y, int i, double[] mixAndShade);
  }

  private Shape shape(Dice dice, float[] soft, float[] fine, float[] streaks) {
    long key = dice.nextLong();
    double p = dice.next();
    double q = dice.next();
    return switch (this) {
      case STRIPES -> {
        int bands = 2 + dice.below(7);
        double duty = dice.between(0.25, 0.75);
        yield (x, y, i, o) -> {
          double place = x * bands / (double) SIZE;
          double in = place - Math.floor(place);
          double line = in < 0.06 ? 0.5 : in < duty ? 1 : 0;
          set(o, line, 0.96 + 0.08 * fine[i]);
        };
      }
      case DAMASK -> {
        int n = 2 + dice.below(3);
        int m = 1 + dice.below(3);
        yield (x, y, i, o) -> {
          double u = 2 * Math.PI * n * x / SIZE;
          double v = 2 * Math.PI * n * y / SIZE;
          double a = StrictMath.sin(u) * StrictMath.sin(v);
          double b = StrictMath.cos(m * u) * StrictMath.cos((m + 1) * v);
          set(o, step(a + 0.7 * b + 0.2 * (soft[i] - 0.5), 0.1, 0.2), 0.97 + 0.06 * fine[i]);
        };
      }
      case BRICK -> {
        int across = 4;
        int up = 8 + 4 * dice.below(2);
        yield (x, y, i, o) -> {
          int row = y * up / SIZE;
          int shift = (row & 1) * SIZE / (2 * across);
          int place = (x + shift) % SIZE;
          int column = place * across / SIZE;
          double ex = edge(place, SIZE / across);
          double ey = edge(y, SIZE / up);
          boolean mortar = Math.min(ex, ey) < 1.7;
          double tone = Dice.hash(key + row * 64L + column, 1);
          set(
              o,
              mortar ? 1 : 0.45 * tone + 0.2 * soft[i],
              (mortar ? 0.95 : 0.8 + 0.3 * tone) + 0.25 * (fine[i] - 0.5));
        };
      }
      case PLANKS -> {
        int rows = 4 << dice.below(2);
        double contrast = dice.between(0.25, 0.8);
        yield (x, y, i, o) -> {
          int row = y * rows / SIZE;
          int joint = (int) (SIZE * Dice.hash(key + row, 2));
          int place = (x + SIZE - joint) % SIZE;
          boolean second = place > SIZE * (0.4 + 0.2 * Dice.hash(key + row, 3));
          double tone = Dice.hash(key + row * 2L + (second ? 1 : 0), 4);
          double gap = Math.min(edge(y, SIZE / rows), edge(place, SIZE));
          int shifted = y * SIZE + (x + (int) (tone * 200)) % SIZE;
          set(
              o,
              contrast * tone + (1 - contrast) * 0.5 + 0.55 * (streaks[shifted] - 0.5),
              (gap < 0.8 ? 0.62 : 1) * (0.93 + 0.14 * fine[i]));
        };
      }
      case TILES -> {
        int n = 2 << dice.below(3);
        boolean check = dice.chance(0.3);
        double grout = dice.chance(0.5) ? 0.72 : 1.2;
        yield (x, y, i, o) -> {
          int cx = x * n / SIZE;
          int cy = y * n / SIZE;
          double tone = Dice.hash(key + cy * 64L + cx, 5);
          double gap = Math.min(edge(x, SIZE / n), edge(y, SIZE / n));
          double mix = check ? (cx + cy) & 1 : 0.3 * tone + 0.5 * soft[i];
          set(o, mix, gap < 1.4 ? grout : 0.95 + 0.1 * tone);
        };
      }
      case CARPET ->
          (x, y, i, o) ->
              set(
                  o,
                  0.5 * soft[i] + 0.6 * (Dice.hash(key + i, 6) - 0.2) * (0.5 + fine[i]),
                  0.85 + 0.3 * Dice.hash(key + i, 7));
      case MARBLE ->
          (x, y, i, o) -> {
            double vein = Math.abs(2 * soft[i] - 1 + 0.3 * (fine[i] - 0.5));
            set(o, 1 - step(vein, 0, 0.12 + 0.2 * p), 0.95 + 0.1 * soft[i]);
          };
      case WOOD -> {
        int rings = 3 + dice.below(6);
        float[] warp = cloud(dice, 1, 5, 3);
        yield (x, y, i, o) -> {
          double place = rings * y / (double) SIZE + (0.5 + 1.5 * p) * warp[i];
          double wave = StrictMath.sin(2 * Math.PI * place);
          set(o, 0.5 + (0.1 + 0.2 * q) * wave + 0.7 * (streaks[i] - 0.5), 0.95 + 0.1 * fine[i]);
        };
      }
      case WEAVE -> {
        int threads = 32 << dice.below(2);
        yield (x, y, i, o) -> {
          double a = StrictMath.sin(2 * Math.PI * threads * x / SIZE);
          double b = StrictMath.sin(2 * Math.PI * threads * y / SIZE);
          set(o, 0.6 * soft[i] + 0.3 * (Dice.hash(key + i, 8) - 0.3), 1 + 0.1 * a * b);
        };
      }
      case PLAID -> {
        int n = 2 + dice.below(4);
        yield (x, y, i, o) -> {
          double u = frac(x * n / (double) SIZE);
          double v = frac(y * n / (double) SIZE);
          double a = u < 0.3 ? 0.45 : u > 0.62 && u < 0.68 ? 0.5 : 0;
          double b = v < 0.3 ? 0.45 : v > 0.62 && v < 0.68 ? 0.5 : 0;
          set(o, a + b, 0.95 + 0.1 * Dice.hash(key + i, 9));
        };
      }
      case LEATHER -> {
        float[] cells = cells(dice, 14);
        yield (x, y, i, o) -> set(o, 0.4 * soft[i] + 0.3 * cells[i], 0.85 + 0.2 * cells[i]);
      }
      case BRUSHED -> (x, y, i, o) -> set(o, streaks[i], 0.95 + 0.1 * streaks[i]);
      case CARDBOARD ->
          (x, y, i, o) ->
              set(
                  o,
                  0.4 * soft[i] + 0.2 * streaks[i],
                  edge(x, SIZE / 2) < 1.2 ? 0.8 : 0.97 + 0.06 * fine[i]);
      case SPINE -> {
        double first = 0.08 + 0.15 * p;
        double last = 0.75 + 0.15 * q;
        yield (x, y, i, o) -> {
          double v = y / (double) SIZE;
          boolean band = Math.abs(v - first) < 0.012 || Math.abs(v - last) < 0.02;
          boolean title =
              v > first + 0.06
                  && v < first + 0.2 + 0.35 * q
                  && Math.abs(x / (double) SIZE - 0.5) < 0.22
                  && Dice.hash(key + y / 6, 10) > 0.35;
          set(o, band || title ? 1 : 0.12 * soft[i], 0.95 + 0.1 * fine[i]);
        };
      }
      case FLORAL -> {
        float[] flowers = flowers(dice);
        yield (x, y, i, o) -> set(o, flowers[i], 0.96 + 0.08 * fine[i]);
      }
      case TERRAZZO -> {
        float[] cells = cells(dice, 24);
        yield (x, y, i, o) ->
            set(o, step(cells[i], 0.55, 0.65) * 0.8 + 0.2 * soft[i], 0.97 + 0.06 * fine[i]);
      }
      case CEILING_PANEL ->
          (x, y, i, o) -> {
            double gap = Math.min(edge(x, SIZE / 2), edge(y, SIZE / 2));
            boolean speck = Dice.hash(key + i, 11) > 0.9 - 0.1 * p;
            set(o, speck ? 1 : 0.2 * soft[i], gap < 1.6 ? 0.82 : 1);
          };
      case FOLDS -> {
        int folds = 5 + dice.below(6);
        yield (x, y, i, o) -> {
          double wave =
              StrictMath.sin(
                  2
                      * Math.PI
                      * (folds * x / (double) SIZE + 0.5 * StrictMath.sin(2 * Math.PI * x / SIZE)));
          set(o, 0.3 * soft[i] + 0.1 * fine[i], 0.86 + 0.22 * wave);
        };
      }
      case LEAVES -> {
        float[] cells = cells(dice, 10);
        yield (x, y, i, o) -> set(o, cells[i], 0.55 + 0.6 * cells[i] + 0.2 * (fine[i] - 0.5));
      }
      default -> (x, y, i, o) -> set(o, 0.55 * soft[i] + 0.2 * p, 0.97 + 0.06 * fine[i]);
    };
  }

  private static void set(double[] out, double mix, double shade) {
    out[0] = mix;
    out[1] = shade;
  }

  private static double frac(double v) {
    return v - Math.floor(v);
  }

  /** Texels to the nearest multiple of a length. */
  private static double edge(int place, int length) {
    int in = Math.floorMod(place, length);
    return Math.min(in, length - 1 - in) + 0.5;
  }

  private static double step(double v, double from, double to) {
    double t = Math.max(0, Math.min(1, (v - from) / (to - from)));
    return t * t * (3 - 2 * t);
  }

  /** Repeating value noise in octaves, 0 to 1, with so many cells across and down. */
  static float[] cloud(Dice dice, int across, int down, int octaves) {
    float[] sum = new float[SIZE * SIZE];
    float weight = 0.5f;
    float total = 0;
    for (int octave = 0; octave < octaves; octave++, across *= 2, down *= 2, weight *= 0.55f) {
      if (across > SIZE || down > SIZE) {
        break;
      }
      long key = dice.nextLong();
      total += weight;
      for (int y = 0; y < SIZE; y++) {
        double v = y * down / (double) SIZE;
        int y0 = (int) v;
        double fy = step(v - y0, 0, 1);
        int y1 = (y0 + 1) % down;
        for (int x = 0; x < SIZE; x++) {
          double u = x * across / (double) SIZE;
          int x0 = (int) u;
          double fx = step(u - x0, 0, 1);
          int x1 = (x0 + 1) % across;
          double low = Dice.hash(key + x0, y0) * (1 - fx) + Dice.hash(key + x1, y0) * fx;
          double high = Dice.hash(key + x0, y1) * (1 - fx) + Dice.hash(key + x1, y1) * fx;
          sum[y * SIZE + x] += (float) (weight * (low * (1 - fy) + high * fy));
        }
      }
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= total;
    }
    return sum;
  }

  /** Distance to the rim of irregular cells, 0 to 1. */
  private static float[] cells(Dice dice, int n) {
    long key = dice.nextLong();
    float[] out = new float[SIZE * SIZE];
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        double u = x * n / (double) SIZE;
        double v = y * n / (double) SIZE;
        int cx = (int) u;
        int cy = (int) v;
        double first = 9;
        double second = 9;
        for (int j = cy - 1; j <= cy + 1; j++) {
          for (int i = cx - 1; i <= cx + 1; i++) {
            long cell = key + Math.floorMod(j, n) * 1000L + Math.floorMod(i, n);
            double dx = i + Dice.hash(cell, 1) - u;
            double dy = j + Dice.hash(cell, 2) - v;
            double square = dx * dx + dy * dy;
            if (square < first) {
              second = first;
              first = square;
            } else {
              second = Math.min(second, square);
            }
          }
        }
        out[y * SIZE + x] = (float) Math.min(1, 1.8 * (Math.sqrt(second) - Math.sqrt(first)));
      }
    }
    return out;
  }

  private static float[] flowers(Dice dice) {
    float[] out = new float[SIZE * SIZE];
    int count = 10 + dice.below(30);
    for (int f = 0; f < count; f++) {
      double fx = dice.between(0, SIZE);
      double fy = dice.between(0, SIZE);
      double radius = dice.between(6, 22);
      int petals = 3 + dice.below(5);
      double turn = dice.between(0, 6.28);
      float tone = (float) dice.between(0.4, 1);
      int reach = (int) radius + 1;
      for (int dy = -reach; dy <= reach; dy++) {
        for (int dx = -reach; dx <= reach; dx++) {
          double distance = Math.sqrt(dx * dx + dy * dy);
          double lobe =
              radius * (0.65 + 0.35 * StrictMath.cos(petals * StrictMath.atan2(dy, dx) + turn));
          if (distance < lobe) {
            int at = Math.floorMod((int) fy + dy, SIZE) * SIZE + Math.floorMod((int) fx + dx, SIZE);
            out[at] = distance < 0.25 * radius ? 0.3f : tone;
          }
        }
      }
    }
    return out;
  }
}
