package dev.tarsier.trainer.render;

/** Draws the textures that show something: paintings, screens, views out of a window, packages. */
final class Pictures {
  private static final int SIZE = 256;

  private final Dice dice;
  private final int[] texels = new int[SIZE * SIZE];

  private Pictures(Dice dice) {
    this.dice = dice;
  }

  static Texture draw(Pattern pattern, Dice dice) {
    Pictures picture = new Pictures(dice);
    switch (pattern) {
      case SCREEN -> picture.screen();
      case OUTDOOR -> picture.outdoor();
      case PACKAGE -> picture.pack();
      default -> picture.painting();
    }
    return new Texture(SIZE, picture.texels);
  }

  private void painting() {
    int border = dice.chance(0.5) ? 18 + dice.below(22) : 0;
    switch (dice.below(5)) {
      case 0 -> landscape(dice.chance(0.2));
      case 1 -> blocks();
      case 2 -> portrait();
      case 3 -> blobs();
      default -> strokes();
    }
    if (dice.chance(0.2)) {
      grey();
    }
    if (border > 0) {
      int mat = color(0.12, 0.05, dice.between(0.8, 0.95));
      for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
          if (Math.min(Math.min(x, y), SIZE - 1 - Math.max(x, y)) < border) {
            texels[y * SIZE + x] = mat;
          }
        }
      }
    }
  }

  private void screen() {
    if (dice.chance(0.6)) {
      fill(0, 0, SIZE, SIZE, color(0.6, 0.1, dice.between(0.02, 0.07)));
      return;
    }
    landscape(false);
    if (dice.chance(0.5)) {
      fill(0, 210, SIZE, 30, color(dice.next(), 0.7, 0.5));
      fill(14, 218, 150, 12, color(0, 0, 0.95));
    }
  }

  private void outdoor() {
    double haze = dice.between(0.1, 0.6);
    landscape(true);
    int houses = dice.below(5);
    for (int i = 0; i < houses; i++) {
      int w = 30 + dice.below(70);
      int h = 60 + dice.below(110);
      int x = dice.below(SIZE) - 20;
      int top = SIZE - 20 - h;
      fill(x, top, w, h, color(dice.between(0.02, 0.14), 0.25, dice.between(0.4, 0.8)));
      int pane = color(0.58, 0.2, dice.between(0.2, 0.5));
      for (int wy = top + 8; wy < SIZE - 30; wy += 18) {
        for (int wx = x + 6; wx < x + w - 10; wx += 14) {
          fill(wx, wy, 7, 10, pane);
        }
      }
    }
    int trees = dice.below(8);
    for (int i = 0; i < trees; i++) {
      int leaf = color(dice.between(0.2, 0.36), dice.between(0.25, 0.55), dice.between(0.2, 0.6));
      int cx = dice.below(SIZE);
      int cy = 120 + dice.below(110);
      for (int b = 0; b < 30; b++) {
        disc(
            cx + (int) (dice.bell() * 20),
            cy + (int) (dice.bell() * 22),
            4 + dice.below(12),
            mix(leaf, dice.chance(0.5) ? 0 : 0xFFFFFF, 0.25 * dice.next()));
      }
    }
    int air = color(0.56, 0.08, 1);
    for (int i = 0; i < texels.length; i++) {
      texels[i] = mix(texels[i], air, haze);
    }
  }

  private void pack() {
    int base = color(dice.next(), dice.between(0.1, 0.9), dice.between(0.3, 0.95));
    int second = color(dice.next(), dice.between(0.1, 0.9), dice.between(0.2, 0.95));
    fill(0, 0, SIZE, SIZE, base);
    int top = 20 + dice.below(100);
    fill(0, top, SIZE, 40 + dice.below(90), second);
    if (dice.chance(0.5)) {
      disc(
          60 + dice.below(140),
          60 + dice.below(140),
          25 + dice.below(45),
          color(dice.next(), 0.6, 0.8));
    }
    int ink = color(0, 0, dice.chance(0.5) ? 0.95 : 0.08);
    int lines = 3 + dice.below(8);
    int y = 14 + dice.below(40);
    for (int i = 0; i < lines && y < SIZE - 16; i++) {
      int h = i == 0 ? 22 : 6;
      int x = 20;
      int right = 120 + dice.below(110);
      while (x < right) {
        int word = 10 + dice.below(30);
        fill(x, y, word, h, ink);
        x += word + 8;
      }
      y += h + 8 + dice.below(8);
    }
  }

  private void landscape(boolean outside) {
    double hue = dice.between(0.5, 0.65);
    int high = color(hue, dice.between(0.15, 0.6), dice.between(0.65, 1));
    int low = color(dice.chance(0.3) ? 0.08 : hue, dice.between(0.05, 0.4), 0.95);
    float[] cloud = Pattern.cloud(dice, 4, 8, 5);
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        int sky = mix(high, low, y / (double) SIZE);
        double white = Math.max(0, Math.min(1, (cloud[y * SIZE + x] - 0.5) * 4));
        texels[y * SIZE + x] = mix(sky, 0xF4F4F4, 0.7 * white);
      }
    }
    int layers = 2 + dice.below(4);
    for (int l = 0; l < layers; l++) {
      double near = (l + 1.0) / layers;
      int tone =
          color(dice.between(0.15, outside ? 0.4 : 0.7), 0.2 + 0.5 * near, 0.75 - 0.4 * near);
      double base = SIZE * (0.4 + 0.5 * near * near + dice.between(-0.05, 0.05));
      double a = dice.between(4, 30);
      double pa = dice.between(0, 6.28);
      double fa = dice.between(1, 3);
      double pb = dice.between(0, 6.28);
      double fb = dice.between(4, 11);
      for (int x = 0; x < SIZE; x++) {
        double u = 2 * Math.PI * x / SIZE;
        int top =
            (int) (base + a * StrictMath.sin(fa * u + pa) + 0.3 * a * StrictMath.sin(fb * u + pb));
        for (int y = Math.max(0, top); y < SIZE; y++) {
          texels[y * SIZE + x] = mix(tone, 0, 0.4 * (cloud[(y * 7 + x) % (SIZE * SIZE)] - 0.3));
        }
      }
    }
  }

  private void blocks() {
    fill(0, 0, SIZE, SIZE, color(dice.next(), dice.between(0, 0.4), dice.between(0.5, 1)));
    int count = 3 + dice.below(14);
    for (int i = 0; i < count; i++) {
      fill(
          dice.below(SIZE) - 30,
          dice.below(SIZE) - 30,
          20 + dice.below(130),
          20 + dice.below(130),
          color(dice.next(), dice.between(0.1, 0.95), dice.between(0.1, 1)));
    }
  }

  private void portrait() {
    int back = color(dice.next(), dice.between(0.05, 0.5), dice.between(0.15, 0.8));
    float[] cloud = Pattern.cloud(dice, 4, 4, 4);
    for (int i = 0; i < texels.length; i++) {
      texels[i] = mix(back, 0, 0.5 * cloud[i]);
    }
    int skin = color(0.07, dice.between(0.3, 0.6), dice.between(0.4, 0.95));
    int hair = color(0.08, 0.5, dice.between(0.05, 0.5));
    int cloth = color(dice.next(), dice.between(0.1, 0.8), dice.between(0.1, 0.8));
    int cx = 100 + dice.below(56);
    int r = 30 + dice.below(25);
    int cy = 90 + dice.below(30);
    disc(cx, cy + 3 * r, 2 * r, cloth);
    disc(cx, cy - r / 4, r + 8, hair);
    disc(cx, cy, r, skin);
    disc(cx, cy + r / 3, r - 4, skin);
  }

  private void blobs() {
    fill(0, 0, SIZE, SIZE, color(dice.next(), dice.between(0, 0.7), dice.between(0.3, 1)));
    int count = 5 + dice.below(25);
    for (int i = 0; i < count; i++) {
      disc(
          dice.below(SIZE),
          dice.below(SIZE),
          6 + dice.below(45),
          color(dice.next(), dice.between(0.2, 0.9), dice.between(0.2, 1)));
    }
  }

  private void strokes() {
    int a = color(dice.next(), dice.between(0.1, 0.8), dice.between(0.1, 0.9));
    int b = color(dice.next(), dice.between(0.1, 0.8), dice.between(0.3, 1));
    int c = color(dice.next(), dice.between(0.1, 0.8), dice.between(0.3, 1));
    float[] one = Pattern.cloud(dice, 2 + dice.below(4), 2 + dice.below(8), 5);
    float[] two = Pattern.cloud(dice, 3, 3, 4);
    for (int i = 0; i < texels.length; i++) {
      double m = Math.max(0, Math.min(1, (one[i] - 0.35) * 3.3));
      double n = Math.max(0, Math.min(1, (two[i] - 0.45) * 5));
      texels[i] = mix(mix(a, b, m), c, n);
    }
  }

  private void grey() {
    for (int i = 0; i < texels.length; i++) {
      int v = texels[i];
      int g = (3 * (v >> 16) + 6 * ((v >> 8) & 255) + (v & 255)) / 10;
      texels[i] = g << 16 | g << 8 | g;
    }
  }

  private void fill(int x, int y, int w, int h, int color) {
    for (int j = Math.max(0, y); j < Math.min(SIZE, y + h); j++) {
      for (int i = Math.max(0, x); i < Math.min(SIZE, x + w); i++) {
        texels[j * SIZE + i] = color;
      }
    }
  }

  private void disc(int cx, int cy, int r, int color) {
    for (int j = Math.max(0, cy - r); j < Math.min(SIZE, cy + r); j++) {
      for (int i = Math.max(0, cx - r); i < Math.min(SIZE, cx + r); i++) {
        if ((i - cx) * (i - cx) + (j - cy) * (j - cy) < r * r) {
          texels[j * SIZE + i] = color;
        }
      }
    }
  }

  private static int mix(int a, int b, double share) {
    double s = Math.max(0, Math.min(1, share));
    int out = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      double v = ((a >> shift) & 255) * (1 - s) + ((b >> shift) & 255) * s;
      out |= (int) Math.round(v) << shift;
    }
    return out;
  }

  /** A colour from hue, saturation and value, 0 to 1 each. */
  static int color(double hue, double saturation, double value) {
    double h = 6 * (hue - Math.floor(hue));
    int out = 0;
    for (int k = 0; k < 3; k++) {
      double place = (5 - 2 * k + h) % 6;
      double v = value - value * saturation * Math.max(0, Math.min(1, Math.min(place, 4 - place)));
      out = out << 8 | (int) Math.round(255 * Math.max(0, Math.min(1, v)));
    }
    return out;
  }
}
