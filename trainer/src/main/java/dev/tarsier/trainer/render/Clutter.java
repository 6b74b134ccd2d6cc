package dev.tarsier.trainer.render;

/** Small things that lie on tables, shelves and floors: objects and books. */
final class Clutter {
  static final int BOOKS = 1;
  static final int OBJECTS = 6;

  private final Dice dice;
  private final Palette palette;
  private final Carpenter make;

  Clutter(Dice dice, Palette palette, Carpenter make) {
    this.dice = dice;
    this.palette = palette;
    this.make = make;
  }

  /** Strews up to {@code most} things over a flat place, in a grid so that they stand apart. */
  void strew(double x0, double x1, double y0, double y1, double z, double headroom, int most) {
    double cell = 0.24;
    int columns = Math.max(1, (int) ((x1 - x0) / cell));
    int rows = Math.max(1, (int) ((y1 - y0) / cell));
    int things = Math.min(most, columns * rows);
    boolean[] taken = new boolean[columns * rows];
    for (int i = 0; i < things; i++) {
      int at = dice.below(taken.length);
      if (taken[at]) {
        continue;
      }
      taken[at] = true;
      double w = (x1 - x0) / columns;
      double d = (y1 - y0) / rows;
      double x = x0 + (at % columns + 0.5) * w + dice.between(-0.1, 0.1) * w;
      double y = y0 + (Math.floorDiv(at, columns) + 0.5) * d + dice.between(-0.1, 0.1) * d;
      thing(x, y, z, Math.min(0.48 * Math.min(w, d), 0.18), headroom);
    }
  }

  /** One thing that fits a radius and a height. */
  void thing(double x, double y, double z, double room, double headroom) {
    double r = Math.max(0.02, room);
    switch (dice.below(12)) {
      case 0 -> stack(x, y, z, r, headroom);
      case 1 -> bottle(x, y, z, r, headroom);
      case 2 -> cup(x, y, z, Math.min(r, 0.045), headroom);
      case 3 -> vase(x, y, z, r, headroom);
      case 4 -> bowl(x, y, z, r, headroom);
      case 5, 6 -> box(x, y, z, r, headroom);
      case 7 -> plant(x, y, z, Math.min(r, 0.13), headroom);
      case 8 -> papers(x, y, z, r);
      case 9 -> frame(x, y, z, r, headroom);
      case 10 -> {
        double s = Math.min(r, headroom / 2) * dice.between(0.4, 0.9);
        make.ball(OBJECTS, palette.plastic(), x, y, z + s, s, s, s);
      }
      default -> can(x, y, z, Math.min(r, 0.06), headroom);
    }
  }

  void stack(double x, double y, double z, double r, double headroom) {
    int count = dice.from(1, 6);
    double top = z;
    for (int i = 0; i < count && top - z < headroom - 0.05; i++) {
      double h = dice.between(0.012, 0.045);
      double a = Math.min(r, dice.between(0.07, 0.12));
      make.solid(Solids.BOX, BOOKS, palette.spine())
          .at(x, y, top + h / 2)
          .size(a, a * dice.between(1.2, 1.45), h / 2)
          .turned(0, 0, dice.between(-0.35, 0.35));
      top += h;
    }
  }

  private void bottle(double x, double y, double z, double r, double headroom) {
    double h = Math.min(headroom, dice.between(0.14, 0.32));
    double w = Math.min(r, dice.between(0.025, 0.045));
    int glass = palette.glossy(palette.plain(dice.next(), dice.between(0.1, 0.8), 0.4), 0.1);
    make.cone(OBJECTS, glass, x, y, z, z + 0.6 * h, w, w);
    make.cone(OBJECTS, glass, x, y, z + 0.6 * h, z + 0.75 * h, w, 0.4 * w);
    make.cone(OBJECTS, glass, x, y, z + 0.75 * h, z + h, 0.4 * w, 0.4 * w);
    if (dice.chance(0.6)) {
      make.cone(
          OBJECTS,
          palette.plain(dice.next(), 0.3, 0.85),
          x,
          y,
          z + 0.15 * h,
          z + 0.45 * h,
          1.03 * w,
          1.03 * w);
    }
  }

  private void cup(double x, double y, double z, double r, double headroom) {
    double h = Math.min(headroom, dice.between(0.07, 0.12));
    int ware = palette.glossy(palette.plain(dice.next(), dice.between(0, 0.6), 0.9), 0.03);
    make.cone(OBJECTS, ware, x, y, z, z + h, r * 0.8, r);
    make.solid(Solids.ROUND, OBJECTS, ware)
        .at(x + r * 1.15, y, z + h / 2)
        .size(r * 0.4, 0.007, h * 0.3)
        .rounded(0.006)
        .upright();
  }

  private void vase(double x, double y, double z, double r, double headroom) {
    double h = Math.min(0.8 * headroom, dice.between(0.12, 0.4));
    double w = Math.min(r, dice.between(0.04, 0.11));
    int ware = palette.glossy(palette.plain(dice.next(), dice.between(0, 0.7), 0.7), 0.04);
    make.ball(OBJECTS, ware, x, y, z + 0.4 * h, w, w, 0.4 * h);
    make.cone(OBJECTS, ware, x, y, z + 0.65 * h, z + h, 0.35 * w, 0.55 * w);
    if (dice.chance(0.4) && headroom > h + 0.15) {
      foliage(x, y, z + h + 0.05, Math.min(1.6 * w, 0.14), 8);
    }
  }

  private void bowl(double x, double y, double z, double r, double headroom) {
    double w = Math.min(r, dice.between(0.08, 0.15));
    double h = Math.min(headroom, 0.5 * w);
    make.cone(OBJECTS, palette.plastic(), x, y, z, z + h, 0.5 * w, w);
    int fruit = dice.below(5);
    for (int i = 0; i < fruit && headroom > h + 0.08; i++) {
      double s = 0.32 * w;
      int skin = palette.plain(dice.between(0, 0.3), 0.8, dice.between(0.5, 0.9));
      make.ball(
          OBJECTS,
          skin,
          x + dice.between(-0.5, 0.5) * w,
          y + dice.between(-0.5, 0.5) * w,
          z + h + 0.4 * s,
          s,
          s,
          s);
    }
  }

  /** A package, case or appliance. */
  void box(double x, double y, double z, double r, double headroom) {
    double a = r * dice.between(0.5, 1);
    double b = r * dice.between(0.4, 0.8);
    double h = Math.min(headroom, dice.between(0.04, 2.2 * r));
    int material =
        switch (dice.below(4)) {
          case 0 -> palette.cardboard();
          case 1 -> palette.plastic();
          default -> palette.pack();
        };
    make.solid(Solids.BOX, OBJECTS, material)
        .at(x, y, z + h / 2)
        .size(a, b, h / 2)
        .turned(0, 0, dice.between(-0.6, 0.6));
  }

  void plant(double x, double y, double z, double r, double headroom) {
    double pot = Math.min(0.35 * headroom, 1.3 * r);
    int clay = palette.plain(dice.between(0.02, 0.12), dice.between(0.05, 0.6), 0.6);
    make.cone(OBJECTS, clay, x, y, z, z + pot, 0.6 * r, 0.8 * r);
    foliage(x, y, z + pot + 0.4 * (headroom - pot), Math.min(1.3 * r, 0.45 * (headroom - pot)), 16);
  }

  /** A round bush of leaf-like discs. */
  void foliage(double x, double y, double z, double size, int count) {
    int leaf = palette.leaves();
    for (int i = 0; i < count; i++) {
      double s = size * dice.between(0.3, 0.6);
      make.solid(Solids.ELLIPSOID, OBJECTS, leaf)
          .at(
              x + 0.55 * size * dice.bell(),
              y + 0.55 * size * dice.bell(),
              z + 0.5 * size * dice.bell())
          .size(s, 0.45 * s, 0.12 * s)
          .turned(dice.between(-1, 1), dice.between(-1, 1), dice.between(0, 6.28));
    }
  }

  private void papers(double x, double y, double z, double r) {
    int sheets = dice.from(1, 3);
    for (int i = 0; i < sheets; i++) {
      make.solid(Solids.BOX, OBJECTS, palette.linen())
          .at(x + dice.between(-0.04, 0.04), y, z + 0.002 + 0.004 * i)
          .size(Math.min(r, 0.105), Math.min(1.4 * r, 0.148), 0.002)
          .turned(0, 0, dice.between(-0.7, 0.7));
    }
  }

  /** A photograph in a stand. */
  private void frame(double x, double y, double z, double r, double headroom) {
    double h = Math.min(0.9 * headroom, dice.between(0.12, 0.24));
    make.solid(Solids.BOX, OBJECTS, palette.wood())
        .at(x, y, z + h / 2)
        .size(Math.min(r, 0.45 * h), 0.008, h / 2)
        .turned(0.2, 0, 0);
    make.solid(Solids.BOX, OBJECTS, palette.painting())
        .at(x, y + 0.006, z + h / 2)
        .size(0.85 * Math.min(r, 0.45 * h), 0.007, 0.42 * h)
        .turned(0.2, 0, 0);
  }

  private void can(double x, double y, double z, double r, double headroom) {
    make.cone(
        OBJECTS,
        dice.chance(0.5) ? palette.metal() : palette.plastic(),
        x,
        y,
        z,
        z + Math.min(headroom, dice.between(0.08, 0.16)),
        r,
        r);
  }

  /** A row of upright books from x0 to x1, backs at {@code front}. */
  void row(double x0, double x1, double front, double z, double headroom) {
    double x = x0;
    while (x < x1 - 0.02) {
      int series = dice.chance(0.25) ? dice.from(3, 9) : 1;
      double thick = dice.between(0.014, 0.05);
      double high = Math.min(headroom, dice.between(0.16, 0.31));
      double deep = dice.between(0.12, 0.2);
      int spine = palette.spine();
      for (int i = 0; i < series && x + thick < x1; i++) {
        if (series == 1 && dice.chance(0.06) && x + 0.1 < x1) {
          make.solid(Solids.BOX, BOOKS, spine)
              .at(x + 0.05, front - deep / 2, z + 0.47 * high)
              .size(thick / 2, deep / 2, 0.46 * high)
              .turned(0, 0.2, 0);
          x += 0.1;
        } else {
          make.box(
              BOOKS,
              spine,
              x,
              x + thick - 0.0015,
              front - deep,
              front - dice.between(0, 0.015),
              z,
              z + high);
          x += thick;
        }
      }
      if (dice.chance(0.04)) {
        x += dice.between(0.05, 0.2);
      }
    }
  }

  /** Clothes, a blanket or a bag, dropped. */
  void heap(double x, double y, double z, double size) {
    int cloth = palette.fabric();
    int other = dice.chance(0.4) ? palette.fabric() : cloth;
    int parts = dice.from(5, 9);
    for (int i = 0; i < parts; i++) {
      double s = size * dice.between(0.3, 0.75);
      make.solid(Solids.ELLIPSOID, OBJECTS, i % 2 == 0 ? cloth : other)
          .at(
              x + 0.3 * size * dice.bell(),
              y + 0.3 * size * dice.bell(),
              z + 0.1 * s + 0.02 * i * size)
          .size(s, 0.7 * s, 0.25 * s)
          .turned(dice.between(-0.3, 0.3), dice.between(-0.3, 0.3), dice.between(0, 6.28));
    }
  }
}
