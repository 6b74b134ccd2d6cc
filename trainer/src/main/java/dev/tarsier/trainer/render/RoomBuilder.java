package dev.tarsier.trainer.render;

import dev.tarsier.trainer.render.Room.Footprint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Furnishes a room from random numbers: walls with windows and a door, pieces along the walls and
 * in the middle that do not run into each other, things on the walls, lamps and daylight. Used
 * once.
 */
final class RoomBuilder {
  private static final int CEILING = 2;
  private static final int FLOOR = 4;
  private static final int WALL = 11;
  private static final int WINDOW = 12;
  private static final double THICK = 0.24;

  /** What the room is for. */
  private enum Use {
    BEDROOM,
    LIVING,
    DINING,
    KITCHEN,
    OFFICE,
    LIBRARY,
    STORE
  }

  /**
   * A stretch of a wall, from the left end as seen from inside: a window or a door, or what things
   * hang on or lean at.
   */
  private record Stretch(int wall, double from, double to, double low, double high) {}

  private final Dice dice;
  private final double width;
  private final double depth;
  private final double height;
  private final Use use;
  private final Palette palette;
  private final Carpenter make = new Carpenter();
  private final List<Room.Lamp> lamps = new ArrayList<>();
  private final List<Room.Window> daylight = new ArrayList<>();
  private final List<Footprint> footprints = new ArrayList<>();
  private final List<Footprint> obstacles = new ArrayList<>();
  private final List<Room.Sight> sights = new ArrayList<>();
  private final List<Stretch> openings = new ArrayList<>();
  private final List<Stretch> covered = new ArrayList<>();
  private final Clutter clutter;
  private final Furniture furniture;
  private final boolean night;
  private Room.Sun sun;

  RoomBuilder(Dice dice) {
    this.dice = dice;
    this.use = Use.values()[weighted(dice, 24, 22, 11, 18, 13, 7, 5)];
    double large = use == Use.LIVING || use == Use.DINING ? 0.6 : 0;
    this.width = dice.between(3.0, 5.2 + 2 * large);
    this.depth = dice.between(3.0, 4.6 + 2 * large);
    this.height = dice.between(2.4, 3.0);
    this.night = dice.chance(0.25);
    this.palette = new Palette(dice.child(1));
    this.clutter = new Clutter(dice.child(2), palette, make);
    this.furniture = new Furniture(dice.child(3), palette, make, clutter, lamps);
  }

  private static int weighted(Dice dice, int... weights) {
    int total = 0;
    for (int w : weights) {
      total += w;
    }
    int pick = dice.below(total);
    int i = 0;
    while (pick >= weights[i]) {
      pick -= weights[i++];
    }
    return i;
  }

  Room build() {
    planOpenings();
    shell();
    for (Stretch opening : openings) {
      if (opening.low() > 0.01) {
        window(opening);
      } else {
        door(opening);
      }
    }
    furnish();
    hang();
    lights();
    sights.add(new Room.Sight(width / 2, depth / 2, 0.8, 0.4));
    for (int corner = 0; corner < 4; corner++) {
      sights.add(
          new Room.Sight((corner & 1) == 0 ? 0 : width, (corner & 2) == 0 ? 0 : depth, 1.1, 0.3));
    }
    return new Room(
        width,
        depth,
        height,
        make.solids,
        palette.materials,
        lamps,
        daylight,
        sun,
        obstacles,
        sights);
  }

  private double length(int wall) {
    return wall % 2 == 0 ? width : depth;
  }

  /** Stands before a wall: x to the left end's right, y into the room. */
  private void standAt(int wall, double along, double z) {
    switch (wall) {
      case 0 -> make.stand(along, 0, z, 0);
      case 1 -> make.stand(width, along, z, Math.PI / 2);
      case 2 -> make.stand(width - along, depth, z, Math.PI);
      default -> make.stand(0, depth - along, z, -Math.PI / 2);
    }
  }

  private void planOpenings() {
    int doorWall = dice.below(4);
    double doorWidth = dice.between(0.78, 0.95);
    if (dice.chance(0.9)) {
      double from =
          dice.chance(0.7)
              ? (dice.chance(0.5) ? 0.12 : length(doorWall) - doorWidth - 0.12)
              : dice.between(0.15, length(doorWall) - doorWidth - 0.15);
      openings.add(new Stretch(doorWall, from, from + doorWidth, 0, dice.between(2.0, 2.12)));
    }
    int walls = weighted(dice, 8, 42, 50);
    for (int i = 0; i < walls; i++) {
      int wall = dice.below(4);
      boolean fresh = openings.stream().noneMatch(o -> o.wall() == wall);
      if (!fresh) {
        continue;
      }
      int count = length(wall) > 4 && dice.chance(0.5) ? 2 : 1;
      double each = length(wall) / count;
      double w = Math.min(each - 0.7, dice.between(0.8, 2.1));
      double low = dice.chance(0.15) ? 0.25 : dice.between(0.75, 1.1);
      double high = Math.min(height - 0.2, dice.between(1.95, 2.35));
      for (int k = 0; k < count; k++) {
        double middle = each * (k + 0.5) + dice.between(-0.12, 0.12);
        openings.add(new Stretch(wall, middle - w / 2, middle + w / 2, low, high));
      }
    }
  }

  private void shell() {
    int floor = palette.floor();
    int ceiling = palette.ceiling();
    int paint = palette.wallPaint();
    int accent = dice.chance(0.22) ? palette.wallPaint() : paint;
    int accentWall = dice.below(4);
    make.stand(0, 0, 0, 0);
    make.box(FLOOR, floor, -THICK, width + THICK, -THICK, depth + THICK, -0.2, 0);
    make.box(CEILING, ceiling, -THICK, width + THICK, -THICK, depth + THICK, height, height + 0.2);
    boolean base = dice.chance(0.8);
    int trim = dice.chance(0.7) ? palette.plain(0.1, 0.03, 0.92) : palette.wood();
    double baseHeight = dice.between(0.06, 0.14);
    boolean crown = dice.chance(0.25);
    for (int wall = 0; wall < 4; wall++) {
      int material = wall == accentWall ? accent : paint;
      standAt(wall, 0, 0);
      double end = length(wall);
      double cursor = -THICK;
      for (Stretch o : sorted(wall)) {
        make.box(WALL, material, cursor, o.from(), -THICK, 0, 0, height);
        if (o.low() > 0) {
          make.box(WALL, material, o.from(), o.to(), -THICK, 0, 0, o.low());
        }
        make.box(WALL, material, o.from(), o.to(), -THICK, 0, o.high(), height);
        cursor = o.to();
      }
      make.box(WALL, material, cursor, end + THICK, -THICK, 0, 0, height);
      if (base) {
        double from = 0;
        for (Stretch o : sorted(wall)) {
          if (o.low() <= 0.01) {
            make.box(WALL, trim, from, o.from() - 0.07, 0, 0.016, 0, baseHeight);
            from = o.to() + 0.07;
          }
        }
        make.box(WALL, trim, from, end, 0, 0.016, 0, baseHeight);
      }
      if (crown) {
        make.box(WALL, trim, 0, end, 0, 0.05, height - 0.06, height);
      }
    }
  }

  private List<Stretch> sorted(int wall) {
    return openings.stream()
        .filter(o -> o.wall() == wall)
        .sorted(Comparator.comparingDouble(Stretch::from))
        .toList();
  }

  private void door(Stretch o) {
    double middle = (o.from() + o.to()) / 2;
    double w = o.to() - o.from();
    int trim = dice.chance(0.7) ? palette.plain(0.1, 0.03, 0.92) : palette.wood();
    int leaf = dice.chance(0.5) ? palette.wood() : palette.plain(0.1, 0.04, 0.9);
    standAt(o.wall(), middle, 0);
    make.box(WALL, trim, -w / 2 - 0.07, -w / 2, -0.1, 0.018, 0, o.high() + 0.07);
    make.box(WALL, trim, w / 2, w / 2 + 0.07, -0.1, 0.018, 0, o.high() + 0.07);
    make.wide(WALL, trim, w / 2, -0.1, 0.018, o.high(), o.high() + 0.07);
    if (dice.chance(0.25)) {
      // The door stands open to a passage: its far wall closes the room.
      int beyond = palette.wallPaint();
      make.wide(WALL, beyond, w / 2 + 0.8, -1.6, -1.5, 0, height);
      make.box(WALL, beyond, -w / 2 - 0.9, -w / 2 - 0.8, -1.6, -THICK, 0, height);
      make.box(WALL, beyond, w / 2 + 0.8, w / 2 + 0.9, -1.6, -THICK, 0, height);
      make.wide(FLOOR, palette.floor(), w / 2 + 0.8, -1.5, -THICK, -0.1, 0);
      make.wide(CEILING, palette.ceiling(), w / 2 + 0.9, -1.6, -THICK, height, height + 0.1);
    } else {
      make.wide(WALL, leaf, w / 2, -0.1, -0.05, 0, o.high());
      int rows = dice.below(3) + 1;
      int columns = dice.from(1, 2);
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          double x0 = -w / 2 + 0.1 + c * (w - 0.12) / columns;
          double x1 = x0 + (w - 0.12) / columns - 0.08;
          double z0 = 0.14 + r * (o.high() - 0.2) / rows;
          double z1 = z0 + (o.high() - 0.2) / rows - 0.12;
          make.box(WALL, leaf, x0, x1, -0.05, -0.04, z0, z1);
        }
      }
      int knob = palette.metal();
      double side = dice.chance(0.5) ? w / 2 - 0.07 : -w / 2 + 0.07;
      make.ball(WALL, knob, side, -0.01, 1.0, 0.03, 0.03, 0.03);
    }
    block(o.wall(), middle, w, 0.9, false);
    covered.add(new Stretch(o.wall(), o.from() - 0.1, o.to() + 0.1, 0, o.high() + 0.1));
    sights.add(new Room.Sight(make.roomX(0, 0), make.roomY(0, 0), 1.1, 0.3));
  }

  private void window(Stretch o) {
    double middle = (o.from() + o.to()) / 2;
    double w = o.to() - o.from();
    double h = o.high() - o.low();
    standAt(o.wall(), middle, 0);
    int frame = dice.chance(0.75) ? palette.plain(0.1, 0.02, 0.93) : palette.wood();
    float bright = night ? 0.02f : (float) dice.between(1.5, 5);
    float[] sky = {0.93f, 1f, 1.1f};
    int pane =
        night
            ? palette.glossy(palette.plain(0.62, 0.5, 0.05), 0.12)
            : palette.glowing(Pattern.OUTDOOR, sky, bright);
    double back = -0.14;
    make.solid(Solids.BOX, WINDOW, pane)
        .at(0, back, (o.low() + o.high()) / 2)
        .size(w / 2, 0.005, h / 2)
        .withoutShadow();
    double bar = dice.between(0.03, 0.06);
    double inner = back + 0.05;
    make.box(WINDOW, frame, -w / 2, -w / 2 + bar, back, inner, o.low(), o.high());
    make.box(WINDOW, frame, w / 2 - bar, w / 2, back, inner, o.low(), o.high());
    make.wide(WINDOW, frame, w / 2, back, inner, o.low(), o.low() + bar);
    make.wide(WINDOW, frame, w / 2, back, inner, o.high() - bar, o.high());
    int leaves = Math.max(1, (int) Math.round(w / dice.between(0.5, 1)));
    for (int i = 1; i < leaves; i++) {
      double x = -w / 2 + w * i / leaves;
      make.box(WINDOW, frame, x - 0.6 * bar, x + 0.6 * bar, back, inner, o.low(), o.high());
    }
    if (dice.chance(0.4)) {
      double z = o.low() + h * dice.between(0.45, 0.7);
      make.wide(WINDOW, frame, w / 2, back, inner, z - 0.02, z + 0.02);
    }
    if (dice.chance(0.6)) {
      make.wide(
          WINDOW, frame, w / 2 + 0.07, -0.02, dice.between(0.03, 0.1), o.low() - 0.035, o.low());
    }
    float open = 1;
    double dressing = dice.next();
    if (dressing < 0.3) {
      open = blinds(w, o.low(), o.high());
    } else if (dressing < 0.75) {
      curtains(w, o.low(), o.high());
    }
    double inwardX = make.roomX(0, 1) - make.roomX(0, 0);
    double inwardY = make.roomY(0, 1) - make.roomY(0, 0);
    double alongX = make.roomX(1, 0) - make.roomX(0, 0);
    double alongY = make.roomY(1, 0) - make.roomY(0, 0);
    float light = night ? 0.03f : (float) dice.between(3, 9);
    daylight.add(
        new Room.Window(
            make.roomX(0, back + 0.01),
            make.roomY(0, back + 0.01),
            (o.low() + o.high()) / 2,
            alongX,
            alongY,
            w / 2 - bar,
            h / 2 - bar,
            inwardX,
            inwardY,
            new float[] {0.9f * light * open, light * open, 1.12f * light * open}));
    if (!night && sun == null && dice.chance(0.45)) {
      double elevation = dice.between(0.35, 0.95);
      double turn = dice.between(-0.9, 0.9);
      double flat = StrictMath.cos(elevation);
      double c = StrictMath.cos(turn) * flat;
      double s = StrictMath.sin(turn) * flat;
      float power = (float) dice.between(8, 26);
      sun =
          new Room.Sun(
              -inwardX * c + alongX * s,
              -inwardY * c + alongY * s,
              StrictMath.sin(elevation),
              new float[] {power, 0.92f * power, 0.76f * power});
    }
    covered.add(new Stretch(o.wall(), o.from() - 0.2, o.to() + 0.2, o.low() - 0.1, height));
    sights.add(
        new Room.Sight(make.roomX(0, 0), make.roomY(0, 0), (o.low() + o.high()) / 2 - 0.5, 1.0));
  }

  private float blinds(double w, double low, double high) {
    double down = low + (high - low) * dice.between(0, 0.75);
    int slat = palette.plain(dice.between(0.05, 0.15), dice.between(0, 0.4), 0.9);
    if (dice.chance(0.4)) {
      int cloth = palette.linen();
      make.wide(WINDOW, cloth, w / 2 - 0.01, -0.06, -0.052, down, high);
    } else {
      double pitch = 0.045;
      double tilt = dice.between(0.25, 1.1);
      for (double z = high - 0.03; z > down; z -= pitch) {
        make.solid(Solids.BOX, WINDOW, slat)
            .at(0, -0.055, z)
            .size(w / 2 - 0.01, 0.022, 0.0015)
            .turned(tilt, 0, 0);
      }
    }
    return (float) Math.max(0.25, (down - low) / (high - low));
  }

  private void curtains(double w, double low, double high) {
    float[] one = Palette.linear(dice.next(), dice.between(0.02, 0.5), dice.between(0.4, 0.95));
    int cloth = palette.pattern(Pattern.FOLDS, one, one, 0.5, Material.Placement.LOOSE);
    double top = Math.min(height - 0.05, high + dice.between(0.08, 0.2));
    double bottom = dice.chance(0.6) ? 0.03 : low - dice.between(0.1, 0.25);
    double open = dice.between(0.1, 0.42);
    for (int side = -1; side <= 1; side += 2) {
      if (dice.chance(0.1)) {
        continue;
      }
      double outer = w / 2 + 0.16;
      double inner = w / 2 - w * open;
      int folds = Math.max(2, (int) ((outer - inner) / 0.085));
      double each = (outer - inner) / folds;
      for (int i = 0; i < folds; i++) {
        double x = side * (inner + each * (i + 0.5));
        make.solid(Solids.ROUND, WINDOW, cloth)
            .at(x, 0.07 + (i % 2 == 0 ? 0.012 : -0.012), (top + bottom) / 2)
            .size(0.56 * each, 0.034, (top - bottom) / 2)
            .rounded(0.033)
            .upright();
      }
    }
    int rod = palette.metal();
    make.wide(WINDOW, rod, w / 2 + 0.25, 0.06, 0.085, top - 0.005, top + 0.02);
  }

  // ---- placing

  /** Claims a footprint before a wall without building. */
  private void block(int wall, double along, double w, double d, boolean solid) {
    Footprint f = footprint(wall, along, w, d);
    footprints.add(f);
    if (solid) {
      obstacles.add(f);
    }
  }

  private Footprint footprint(int wall, double along, double w, double d) {
    double a = along - w / 2;
    double b = along + w / 2;
    return switch (wall) {
      case 0 -> new Footprint(a, 0, b, d);
      case 1 -> new Footprint(width - d, a, width, b);
      case 2 -> new Footprint(width - b, depth - d, width - a, depth);
      default -> new Footprint(0, depth - b, d, depth - a);
    };
  }

  private boolean fits(Footprint f, double margin) {
    if (f.x0() < -1e-9 || f.y0() < -1e-9 || f.x1() > width + 1e-9 || f.y1() > depth + 1e-9) {
      return false;
    }
    return footprints.stream()
        .filter(o -> f.x0() < o.x1() + margin && f.x1() > o.x0() - margin)
        .noneMatch(o -> f.y0() < o.y1() + margin && f.y1() > o.y0() - margin);
  }

  private boolean hidesOpening(int wall, double from, double to, double low, double high) {
    return covered.stream()
        .filter(s -> s.wall() == wall && from < s.to() && to > s.from())
        .anyMatch(s -> low < s.high() && high > s.low());
  }

  /**
   * Puts a piece somewhere along a wall, if there is a place for it.
   *
   * @param front free floor that it needs before it
   * @param weight how much it is worth looking at
   * @return the wall, or -1
   */
  private int alongWall(double w, double d, double h, double front, double weight, Runnable piece) {
    for (int attempt = 0; attempt < 24; attempt++) {
      int wall = dice.below(4);
      double slack = length(wall) - w;
      if (slack < 0) {
        continue;
      }
      double side = dice.next();
      double along = w / 2 + (side < 0.25 ? 0 : side < 0.5 ? slack : dice.next() * slack);
      if (!fits(footprint(wall, along, w, d + front), 0.02)
          || hidesOpening(wall, along - w / 2, along + w / 2, 0, h)) {
        continue;
      }
      block(wall, along, w, d, true);
      covered.add(new Stretch(wall, along - w / 2, along + w / 2, 0, h));
      standAt(wall, along, 0);
      // Skirting boards keep furniture a little off the wall.
      make.stand(make.roomX(0, 0.02), make.roomY(0, 0.02), 0, yaw(wall));
      sights.add(
          new Room.Sight(
              make.roomX(0, d / 2), make.roomY(0, d / 2), Math.min(0.55 * h, 1.0), weight));
      piece.run();
      lastAlong = along;
      return wall;
    }
    return -1;
  }

  private double lastAlong;

  private static double yaw(int wall) {
    return wall == 3 ? -Math.PI / 2 : wall * Math.PI / 2;
  }

  /** Puts a piece in the open floor; it may be turned. Its middle, or null. */
  private double[] inTheMiddle(
      double w, double d, double margin, boolean turned, double weight, Runnable piece) {
    for (int attempt = 0; attempt < 30; attempt++) {
      double yaw =
          turned && dice.chance(0.35) ? dice.between(0, 2 * Math.PI) : Math.PI / 2 * dice.below(4);
      double c = Math.abs(StrictMath.cos(yaw));
      double s = Math.abs(StrictMath.sin(yaw));
      double hx = (c * w + s * d) / 2;
      double hy = (s * w + c * d) / 2;
      double x = dice.between(hx, width - hx);
      double y = dice.between(hy, depth - hy);
      Footprint f = new Footprint(x - hx, y - hy, x + hx, y + hy);
      if (width < 2 * hx || depth < 2 * hy || !fits(f, margin)) {
        continue;
      }
      footprints.add(f);
      obstacles.add(f);
      make.stand(x + StrictMath.sin(yaw) * d / 2, y - StrictMath.cos(yaw) * d / 2, 0, yaw);
      sights.add(new Room.Sight(x, y, 0.6, weight));
      piece.run();
      return new double[] {x, y, yaw};
    }
    return null;
  }

  private void furnish() {
    switch (use) {
      case BEDROOM -> bedroom();
      case LIVING -> living();
      case DINING -> dining();
      case KITCHEN -> kitchen();
      case OFFICE -> office();
      case LIBRARY -> library();
      default -> store();
    }
    filler();
  }

  private void maybe(double probability, Runnable piece) {
    if (dice.chance(probability)) {
      piece.run();
    }
  }

  private void bedroom() {
    double w = dice.chance(0.6) ? dice.between(1.35, 1.9) : dice.between(0.9, 1.1);
    double length = dice.between(1.95, 2.15);
    int wall = alongWall(w + 0.1, length + 0.05, 1.3, 0.2, 2.4, () -> furniture.bed(w, length));
    if (wall >= 0) {
      double at = lastAlong;
      for (int side = -1; side <= 1; side += 2) {
        double stand = dice.between(0.4, 0.55);
        double along = at + side * (w / 2 + 0.1 + stand / 2);
        if (dice.chance(0.75)
            && along > stand / 2
            && along < length(wall) - stand / 2
            && fits(footprint(wall, along, stand, 0.42), 0)) {
          block(wall, along, stand, 0.42, true);
          covered.add(new Stretch(wall, along - stand / 2, along + stand / 2, 0, 0.9));
          standAt(wall, along, 0);
          furniture.nightStand(stand);
        }
      }
    }
    maybe(0.18, () -> alongWall(1.1, 2.1, 1.2, 0.1, 1.5, () -> furniture.bed(1.0, 2.0)));
    maybe(0.65, () -> dresser(0.8, 1.5, 0.52, 1.2, 0.4, 1.1));
    maybe(0.5, () -> wardrobe(0.9, 1.8, 0.4, 1));
    maybe(0.35, this::deskPlace);
    maybe(0.3, this::tv);
    maybe(0.35, () -> shelf(0.5));
    rug(0.5);
  }

  private void living() {
    sofa(1.5, 2.3, 0.7, 2.4);
    maybe(0.5, () -> sofa(0.85, 1.7, 0.4, 1.7));
    maybe(0.75, this::tv);
    rug(0.6);
    if (dice.chance(0.75)) {
      double tw = dice.between(0.7, 1.2);
      double td = dice.between(0.45, 0.7);
      inTheMiddle(tw, td, 0.3, true, 2.0, () -> furniture.coffeeTable(tw, td));
    }
    maybe(0.55, () -> inTheMiddle(0.95, 0.95, 0.12, true, 1.2, furniture::armchair));
    maybe(0.6, () -> shelf(0.65));
    maybe(0.5, () -> dresser(0.9, 1.6, 0.5, 1.1, 0.3, 0.9));
    maybe(0.4, () -> alongWall(0.45, 0.45, 1.8, 0.1, 0.6, furniture::floorLamp));
    maybe(0.25, () -> diningGroup(4));
  }

  private void dining() {
    rug(0.3);
    diningGroup(dice.from(4, 6));
    maybe(0.75, () -> dresser(1, 1.8, 0.52, 1.1, 0.3, 1.2));
    maybe(0.5, () -> shelf(0.3));
    if (dice.chance(0.35)) {
      double kitchen = dice.between(1.6, 2.6);
      alongWall(kitchen, 0.65, 2.2, 0.6, 1.3, () -> furniture.kitchen(kitchen, true));
    }
    maybe(0.3, this::tv);
    maybe(0.3, () -> sofa(1.4, 1.9, 0.3, 1.3));
  }

  private void kitchen() {
    double w = Math.min(dice.between(2, 3.6), Math.max(width, depth) - 0.4);
    boolean upper = dice.chance(0.8);
    alongWall(w, 0.65, upper ? 2.25 : 1.0, 0.7, 2.2, () -> furniture.kitchen(w, upper));
    maybe(0.85, () -> alongWall(0.95, 0.72, 1.9, 0.5, 1.2, furniture::fridge));
    if (dice.chance(0.65)) {
      double second = dice.between(1.2, 2.2);
      boolean high = dice.chance(0.5);
      alongWall(second, 0.65, high ? 2.25 : 1.0, 0.5, 1.5, () -> furniture.kitchen(second, high));
    }
    maybe(0.6, () -> diningGroup(dice.from(2, 4)));
    maybe(0.4, () -> inTheMiddle(0.4, 0.42, 0.05, true, 0.5, furniture::stool));
    maybe(0.35, () -> alongWall(0.7, 0.1, 1.6, 0.2, 0.4, () -> furniture.towel(1.35)));
  }

  private void office() {
    maybe(0.15, this::tv);
    deskPlace();
    deskPlace();
    maybe(0.4, this::deskPlace);
    maybe(0.75, () -> shelf(0.6));
    maybe(0.45, () -> dresser(0.8, 1.4, 0.52, 1.2, 0.3, 0.9));
    maybe(0.3, () -> sofa(1.4, 1.9, 0.3, 1.4));
    maybe(0.3, () -> diningGroup(4));
  }

  private void library() {
    for (int i = 0; i < dice.from(2, 4); i++) {
      shelf(0.85);
    }
    maybe(0.6, this::deskPlace);
    rug(0.5);
    maybe(0.7, () -> inTheMiddle(0.95, 0.95, 0.15, true, 1.3, furniture::armchair));
    maybe(0.4, () -> diningGroup(4));
    maybe(0.4, () -> sofa(1.4, 1.9, 0.3, 1.4));
  }

  private void store() {
    for (int i = 0; i < dice.from(1, 3); i++) {
      shelf(0.2);
    }
    for (int i = 0; i < dice.from(2, 4); i++) {
      alongWall(0.8, 0.6, 0.9, 0.1, 1.7, furniture::boxes);
    }
    if (dice.chance(0.6)) {
      double tw = dice.between(1.2, 1.8);
      alongWall(tw, 0.75, 1.1, 0.4, 1.2, () -> furniture.desk(tw));
    }
    maybe(0.5, () -> diningGroup(2));
    maybe(0.3, () -> alongWall(1.1, 2.1, 1.2, 0.1, 1.5, () -> furniture.bed(1.0, 2.0)));
  }

  /** What any room may have besides, until the walls are as full as in this household. */
  private void filler() {
    double fullness = dice.between(0.7, 1.1);
    double perimeter = 2 * (width + depth);
    int failures = 0;
    for (int i = 0; i < 40 && failures < 8; i++) {
      double taken = 0;
      for (Stretch s : covered) {
        taken += s.to() - s.from();
      }
      if (taken > fullness * perimeter) {
        break;
      }
      if (!fill()) {
        failures++;
      }
    }
    int strewn = dice.from(3, 12);
    for (int i = 0; i < strewn; i++) {
      switch (dice.below(4)) {
        case 0 -> inTheMiddle(0.5, 0.5, 0.05, true, 0.4, () -> clutter.heap(0, 0.25, 0, 0.3));
        case 1 -> inTheMiddle(0.4, 0.4, 0.03, true, 0.4, furniture::bag);
        default ->
            inTheMiddle(0.36, 0.36, 0.02, true, 0.3, () -> clutter.thing(0, 0.18, 0, 0.18, 0.5));
      }
    }
  }

  private boolean fill() {
    int wall =
        switch (weighted(dice, 22, 20, 22, 18, 9, 11, 2, 5, 3, 11)) {
          case 0 -> dresser(0.5, 1.4, 0.52, 1.25, 0.3, 1.6);
          case 1 -> shelf(use == Use.LIBRARY ? 0.8 : 0.35);
          case 2 -> wardrobe(0.8, 1.6, 0.35, 1.7);
          case 3 -> alongWall(0.8, 0.55, 0.9, 0.05, 1.6, furniture::boxes);
          case 4 -> alongWall(0.55, 0.5, 1.7, 0.05, 1.2, furniture::bigPlant);
          case 5 -> {
            double tw = dice.between(0.6, 1.3);
            double td = dice.between(0.4, 0.6);
            yield alongWall(tw, td, 1.1, 0.2, 1.7, () -> furniture.sideTable(tw, td));
          }
          case 6 -> alongWall(0.38, 0.38, 0.45, 0.02, 0.3, furniture::bin);
          case 7 -> alongWall(0.5, 0.4, 0.45, 0.02, 0.6, furniture::bag);
          case 8 -> alongWall(0.5, 0.5, 1.1, 0.02, 0.6, furniture::chair);
          default -> alongWall(0.75, 0.6, 0.9, 0.05, 1.5, furniture::basket);
        };
    return wall >= 0;
  }

  private int dresser(double least, double most, double d, double h, double front, double weight) {
    double w = dice.between(least, most);
    return alongWall(w, d, h, front, weight, () -> furniture.dresser(w));
  }

  private int wardrobe(double least, double most, double front, double weight) {
    double w = dice.between(least, most);
    return alongWall(w, 0.65, 2.2, front, weight, () -> furniture.wardrobe(w));
  }

  private void sofa(double least, double most, double front, double weight) {
    double w = dice.between(least, most);
    alongWall(w, 1.0, 0.95, front, weight, () -> furniture.sofa(w));
  }

  private int shelf(double bookish) {
    double w = dice.between(0.6, 1.5);
    double h = dice.chance(0.65) ? dice.between(1.5, 2.1) : dice.between(0.7, 1.2);
    return alongWall(w, 0.37, h, 0.4, 1.8, () -> furniture.bookshelf(w, h, bookish));
  }

  private void deskPlace() {
    double w = dice.between(1.0, 1.6);
    int wall = alongWall(w, 0.78, 1.2, 0.65, 2.4, () -> furniture.desk(w));
    if (wall < 0 || dice.chance(0.1)) {
      return;
    }
    double along = lastAlong + dice.between(-0.15, 0.15);
    double out = dice.between(0.55, 1.0);
    standAt(wall, along, 0);
    double x = make.roomX(0, out + 0.5);
    double y = make.roomY(0, out + 0.5);
    obstacles.add(new Footprint(x - 0.35, y - 0.6, x + 0.35, y + 0.3));
    footprints.add(footprint(wall, along, 0.6, out + 0.6));
    make.stand(x, y, 0, yaw(wall) + Math.PI + dice.between(-0.6, 0.6));
    if (dice.chance(0.65)) {
      furniture.officeChair();
    } else {
      furniture.chair();
    }
  }

  private void tv() {
    double screen = dice.between(0.65, 1.35);
    double w = Math.max(screen, dice.between(0.8, 1.8));
    if (dice.chance(0.75)) {
      alongWall(w, 0.52, 1.45, 0.6, 2.8, () -> furniture.tvStand(w, screen));
      return;
    }
    double z = dice.between(0.95, 1.4);
    onWall(screen, z, z + 0.6 * screen, 1.2, () -> furniture.television(0, 0.04, z, screen));
  }

  private void diningGroup(int chairs) {
    double w = chairs > 4 ? dice.between(1.4, 1.9) : dice.between(0.8, 1.3);
    double d = dice.between(0.75, 0.95);
    double[] at = inTheMiddle(w, d, 0.55, true, 3.0, () -> furniture.diningTable(w, d));
    if (at == null) {
      return;
    }
    int perSide = Math.max(1, (int) ((w - 0.05) / 0.5));
    int placed = 0;
    for (int i = 0; i < 2 * perSide + 2 && placed < chairs; i++) {
      double gap = dice.between(-0.12, 0.22);
      double x;
      double y;
      double turn;
      if (i < 2 * perSide) {
        int side = i % 2 == 0 ? 1 : -1;
        int slot = Math.floorDiv(i, 2);
        x = -w / 2 + w * (slot + 0.5) / perSide;
        y = side * (d / 2 + 0.33 + gap);
        turn = side > 0 ? Math.PI : 0;
      } else {
        int side = i % 2 == 0 ? 1 : -1;
        x = side * (w / 2 + 0.33 + gap);
        y = 0;
        turn = side > 0 ? Math.PI / 2 : -Math.PI / 2;
      }
      if (dice.chance(0.12)) {
        continue;
      }
      double c = StrictMath.cos(at[2]);
      double s = StrictMath.sin(at[2]);
      double px = at[0] + c * x - s * y;
      double py = at[1] + s * x + c * y;
      Footprint f = new Footprint(px - 0.23, py - 0.23, px + 0.23, py + 0.23);
      if (f.x0() < 0.05 || f.y0() < 0.05 || f.x1() > width - 0.05 || f.y1() > depth - 0.05) {
        continue;
      }
      double yaw = at[2] + turn + (dice.chance(0.3) ? dice.between(-0.5, 0.5) : 0);
      make.stand(px + 0.22 * StrictMath.sin(yaw), py - 0.22 * StrictMath.cos(yaw), 0, yaw);
      furniture.chair();
      obstacles.add(f);
      footprints.add(f);
      placed++;
    }
    if (dice.chance(0.4)) {
      pendant(at[0], at[1]);
    }
  }

  private void rug(double probability) {
    if (!dice.chance(probability)) {
      return;
    }
    double w = dice.between(1.2, Math.min(2.6, width - 0.8));
    double d = dice.between(1, Math.min(1.9, depth - 0.8));
    double x = dice.between(w / 2 + 0.3, width - w / 2 - 0.3);
    double y = dice.between(d / 2 + 0.3, depth - d / 2 - 0.3);
    make.stand(x, y, 0, 0);
    int rug = palette.fabric();
    make.wide(FLOOR, rug, w / 2, -d / 2, d / 2, 0, 0.008);
    if (dice.chance(0.5)) {
      int middle = palette.fabric();
      double rim = dice.between(0.08, 0.2);
      make.wide(FLOOR, middle, w / 2 - rim, -d / 2 + rim, d / 2 - rim, 0, 0.0095);
    }
  }

  // ---- walls

  private boolean onWall(double w, double low, double high, double weight, Runnable piece) {
    if (high > height - 0.08) {
      return false;
    }
    for (int attempt = 0; attempt < 14; attempt++) {
      int wall = dice.below(4);
      double slack = length(wall) - w - 0.3;
      if (slack < 0) {
        continue;
      }
      double along = w / 2 + 0.15 + dice.next() * slack;
      if (hidesOpening(wall, along - w / 2 - 0.06, along + w / 2 + 0.06, low - 0.05, high + 0.05)) {
        continue;
      }
      covered.add(new Stretch(wall, along - w / 2, along + w / 2, low, high));
      standAt(wall, along, 0);
      if (weight > 0) {
        sights.add(
            new Room.Sight(make.roomX(0, 0), make.roomY(0, 0), (low + high) / 2 - 0.45, weight));
      }
      piece.run();
      return true;
    }
    return false;
  }

  private void hang() {
    int pictures = dice.from(1, 6);
    for (int i = 0; i < pictures; i++) {
      double w = dice.between(0.25, dice.chance(0.4) ? 1.3 : 0.7);
      double h = w * dice.between(0.65, 1.4);
      double middle = dice.between(1.4, 1.7);
      onWall(w, middle - h / 2, middle + h / 2, 0.7, () -> furniture.picture(w, h, middle));
    }
    if (dice.chance(0.4)) {
      double w = dice.between(0.6, 1.3);
      double z = dice.between(1.2, 1.7);
      onWall(w, z, z + 0.4, 0.6, () -> furniture.wallShelf(w, z));
    }
    if (dice.chance(0.2)) {
      double w = dice.between(0.4, 0.9);
      double h = dice.between(0.6, 1.1);
      onWall(w, 1.5 - h / 2, 1.5 + h / 2, 0.5, () -> furniture.mirror(w, h, 1.5));
    }
    if (dice.chance(use == Use.OFFICE ? 0.6 : 0.1)) {
      double w = dice.between(0.8, 1.8);
      onWall(w, 1.0, 1.9, 0.8, () -> furniture.board(w, 0.85, 1.45));
    }
    if (dice.chance(0.45)) {
      onWall(0.9, 0.8, 1.75, 0.6, () -> furniture.coats(1.65));
    }
    for (int i = dice.below(4); i > 0; i--) {
      double w = dice.between(0.15, 0.45);
      double z = dice.between(1.3, 1.9);
      onWall(w, z - w / 2, z + w / 2, 0.2, () -> furniture.hanging(w, z));
    }
    for (int i = 0; i < 3; i++) {
      onWall(
          0.08,
          i == 0 ? 1.05 : 0.25,
          i == 0 ? 1.17 : 0.37,
          0,
          () ->
              make.wide(
                  Furniture.OBJECTS,
                  palette.plain(0.1, 0.03, 0.93),
                  0.035,
                  0,
                  0.008,
                  make.roomZ(0.25),
                  make.roomZ(0.36)));
    }
  }

  // ---- light

  private void lights() {
    float[][] whites = {
      {1f, 0.78f, 0.55f}, {1f, 0.88f, 0.74f}, {1f, 0.98f, 0.95f}, {1f, 0.7f, 0.42f}
    };
    float[] white = whites[dice.below(whites.length)];
    boolean lit = night || daylight.isEmpty() || dice.chance(0.7);
    float power = (float) dice.between(3, 9);
    int style = dice.below(4);
    int columns = style == 3 ? 2 : 1;
    int rows = style == 3 || (style == 2 && dice.chance(0.5)) ? 2 : 1;
    int count = columns * rows;
    int glow =
        lit ? palette.glowing(white, (float) dice.between(3, 8)) : palette.plain(0.1, 0.05, 0.9);
    for (int i = 0; i < count; i++) {
      double x = width * ((i % columns) + 0.5) / columns;
      double y = depth * (Math.floorDiv(i, columns) + 0.5) / rows;
      make.stand(x, y, height, 0);
      double drop = 0.1;
      switch (style) {
        case 0 ->
            make.solid(Solids.ELLIPSOID, Furniture.OBJECTS, glow)
                .at(0, 0, 0)
                .size(0.18, 0.18, 0.09)
                .withoutShadow();
        case 1 -> {
          drop = 0.5;
          make.cone(Furniture.OBJECTS, palette.metal(), 0, 0, -0.4, 0, 0.008, 0.008);
          make.solid(Solids.ELLIPSOID, Furniture.OBJECTS, glow)
              .at(0, 0, -0.5)
              .size(0.15, 0.15, 0.15)
              .withoutShadow();
        }
        case 2 ->
            make.solid(Solids.BOX, Furniture.OBJECTS, glow)
                .at(0, 0, -0.03)
                .size(0.6, 0.12, 0.035)
                .withoutShadow();
        default ->
            make.solid(Solids.CONE, Furniture.OBJECTS, glow)
                .at(0, 0, -0.005)
                .size(0.07, 0.07, 0.008)
                .withoutShadow();
      }
      if (lit) {
        float each = power / count;
        lamps.add(
            new Room.Lamp(
                x,
                y,
                height - drop - 0.06,
                style == 2 ? 0.22 : 0.12,
                new float[] {white[0] * each, white[1] * each, white[2] * each}));
      }
    }
    if (lamps.isEmpty() && daylight.isEmpty()) {
      throw new IllegalStateException("a room must have light");
    }
  }

  private void pendant(double x, double y) {
    make.stand(x, y, 0, 0);
    double z = dice.between(1.5, 1.75);
    int cord = palette.plainDark();
    make.cone(Furniture.OBJECTS, cord, 0, 0, z + 0.2, height, 0.006, 0.006);
    furniture.shade(0, 0, z, 0.2, 0.22, 0.08, 0.7);
  }
}
