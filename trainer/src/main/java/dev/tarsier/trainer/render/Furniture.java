package dev.tarsier.trainer.render;

import java.util.List;

/**
 * The pieces that a room is furnished with. Each is built where the carpenter stands: x from -w/2
 * to w/2 along its width, y from 0 at its back to its front, z from the floor. Labels are NYU's:
 * chests, shelves and kitchen units are furniture, desks are tables, pillows and lamps are objects.
 */
final class Furniture {
  static final int BED = 0;
  static final int CHAIR = 3;
  static final int FURNITURE = 5;
  static final int OBJECTS = Clutter.OBJECTS;
  static final int PICTURE = 7;
  static final int SOFA = 8;
  static final int TABLE = 9;
  static final int TV = 10;

  private final Dice dice;
  private final Palette palette;
  private final Carpenter make;
  private final Clutter clutter;
  private final List<Room.Lamp> lamps;
  private final int chairWood;
  private final int chairSeat;

  Furniture(Dice dice, Palette palette, Carpenter make, Clutter clutter, List<Room.Lamp> lamps) {
    this.dice = dice;
    this.palette = palette;
    this.make = make;
    this.clutter = clutter;
    this.lamps = lamps;
    this.chairWood = palette.wood();
    this.chairSeat = dice.chance(0.5) ? palette.upholstery() : chairWood;
  }

  void bed(double w, double length) {
    int wood = palette.wood();
    int sheet = palette.linen();
    int blanket = palette.fabric();
    double h = dice.between(0.28, 0.42);
    double mattress = dice.between(0.16, 0.26);
    double head = dice.between(0.7, 1.25);
    if (dice.chance(0.85)) {
      boolean soft = dice.chance(0.3);
      if (soft) {
        make.round(BED, palette.upholstery(), -w / 2, w / 2, 0, 0.12, 0, head, 0.05);
      } else {
        make.wide(BED, wood, w / 2, 0, 0.05, 0.1, head);
        make.box(BED, wood, -w / 2 - 0.03, -w / 2 + 0.04, -0.01, 0.06, 0, head + 0.06);
        make.box(BED, wood, w / 2 - 0.04, w / 2 + 0.03, -0.01, 0.06, 0, head + 0.06);
      }
    }
    make.wide(BED, wood, w / 2, 0.05, length, dice.chance(0.5) ? 0 : 0.14, h);
    make.box(BED, wood, -w / 2, -w / 2 + 0.07, length - 0.08, length, 0, h);
    make.box(BED, wood, w / 2 - 0.07, w / 2, length - 0.08, length, 0, h);
    make.round(BED, sheet, -w / 2 + 0.02, w / 2 - 0.02, 0.07, length - 0.02, h, h + mattress, 0.06);
    double top = h + mattress;
    double fold = length * dice.between(0.22, 0.45);
    double drop = dice.between(0.05, h);
    make.round(
        BED, blanket, -w / 2 - 0.03, w / 2 + 0.03, fold, length + 0.03, drop, top + 0.04, 0.05);
    if (dice.chance(0.5)) {
      make.round(
          BED,
          palette.linen(),
          -w / 2 - 0.02,
          w / 2 + 0.02,
          fold - 0.14,
          fold + 0.16,
          top - 0.12,
          top + 0.055,
          0.05);
    }
    int pillows = w > 1.2 ? 2 : 1;
    for (int row = 0; row < dice.from(1, 2); row++) {
      int cover = row == 0 ? palette.linen() : palette.fabric();
      for (int i = 0; i < pillows; i++) {
        double x = pillows == 1 ? 0 : (i - 0.5) * w * 0.48;
        make.solid(Solids.ROUND, OBJECTS, cover)
            .at(x + dice.between(-0.04, 0.04), 0.22 + 0.22 * row, top + 0.12 - 0.02 * row)
            .size(Math.min(0.33, 0.22 * w + 0.08) * (1 - 0.15 * row), 0.2, 0.065)
            .rounded(0.06)
            .turned(dice.between(-0.8, -0.3), 0, dice.between(-0.12, 0.12));
      }
    }
    if (dice.chance(0.4)) {
      clutter.heap(dice.between(-0.3, 0.3) * w, length * 0.75, top + 0.03, 0.3);
    }
    if (dice.chance(0.3)) {
      clutter.thing(dice.between(-0.25, 0.25) * w, length * 0.6, top + 0.04, 0.15, 0.3);
    }
  }

  /** Drawers or doors on a body: chests, night stands, wardrobes, kitchen units. */
  void chest(double w, double d, double z0, double z1, int columns, int rows, int material) {
    make.wide(FURNITURE, material, w / 2, 0, d - 0.02, z0, z1);
    int front = dice.chance(0.85) ? material : palette.wood();
    int handle = dice.chance(0.6) ? palette.metal() : palette.plainDark();
    boolean knobs = dice.chance(0.4);
    double gap = 0.006;
    for (int c = 0; c < columns; c++) {
      for (int r = 0; r < rows; r++) {
        double x0 = -w / 2 + w * c / columns + gap;
        double x1 = -w / 2 + w * (c + 1) / columns - gap;
        double y0 = z0 + (z1 - z0 - 0.02) * r / rows + gap;
        double y1 = z0 + (z1 - z0 - 0.02) * (r + 1) / rows - gap;
        make.box(FURNITURE, front, x0, x1, d - 0.02, d, y0, y1);
        double mx = (x0 + x1) / 2;
        boolean door = y1 - y0 > 1.1 * (x1 - x0);
        double my = door ? y0 + 0.6 * (y1 - y0) : (y0 + y1) / 2;
        if (door) {
          mx = c % 2 == 0 ? x1 - 0.04 : x0 + 0.04;
          if (y1 - y0 > 0.5) {
            make.box(FURNITURE, front, x0 + 0.06, x1 - 0.06, d, d + 0.006, y0 + 0.07, y1 - 0.07);
          }
        }
        if (knobs) {
          make.ball(FURNITURE, handle, mx, d + 0.015, my, 0.015, 0.015, 0.015);
        } else if (door) {
          make.box(FURNITURE, handle, mx - 0.006, mx + 0.006, d, d + 0.025, my - 0.07, my + 0.07);
        } else {
          make.box(FURNITURE, handle, mx - 0.07, mx + 0.07, d, d + 0.025, my - 0.006, my + 0.006);
        }
      }
    }
  }

  void nightStand(double w) {
    int wood = palette.wood();
    double h = dice.between(0.45, 0.62);
    double d = 0.4;
    chest(w, d, 0.06, h, 1, dice.from(1, 3), wood);
    make.wide(FURNITURE, wood, w / 2 + 0.01, 0, d + 0.01, h, h + 0.025);
    if (dice.chance(0.65)) {
      tableLamp(0, 0.18, h + 0.025);
      clutter.thing(w * 0.3, 0.32, h + 0.025, 0.06, 0.25);
    } else {
      clutter.strew(-w / 2, w / 2, 0.05, d, h + 0.025, 0.4, 3);
    }
  }

  void dresser(double w) {
    int wood = palette.wood();
    double h = dice.between(0.75, 1.2);
    double d = dice.between(0.42, 0.52);
    chest(w, d, 0.08, h, w > 0.9 ? 2 : 1, dice.from(3, 5), wood);
    make.wide(FURNITURE, wood, w / 2 + 0.01, 0, d + 0.01, h, h + 0.03);
    clutter.strew(
        -w / 2 + 0.03,
        w / 2 - 0.03,
        0.06,
        d - 0.02,
        h + 0.03,
        0.5,
        dice.from(2, 3 + (int) (5 * w)));
    if (dice.chance(0.3)) {
      tableLamp(w * 0.32, 0.22, h + 0.03);
    }
  }

  void wardrobe(double w) {
    double h = dice.between(1.85, 2.2);
    int wood = palette.wood();
    chest(w, dice.between(0.55, 0.65), 0.06, h, Math.max(2, (int) (w / 0.5)), 1, wood);
    if (dice.chance(0.5)) {
      clutter.strew(-w / 2, w / 2, 0.1, 0.5, h, 0.2, 3);
    }
  }

  void bookshelf(double w, double h, double bookish) {
    int wood = palette.wood();
    double d = dice.between(0.28, 0.42);
    double board = 0.022;
    make.box(FURNITURE, wood, -w / 2, -w / 2 + board, 0, d, 0, h);
    make.box(FURNITURE, wood, w / 2 - board, w / 2, 0, d, 0, h);
    make.wide(FURNITURE, wood, w / 2, 0, 0.012, 0, h);
    int shelves = Math.max(2, (int) Math.round(h / dice.between(0.32, 0.4)));
    double low = 0.07;
    make.wide(FURNITURE, wood, w / 2 - board, 0.012, d - 0.01, 0, low);
    double pitch = (h - low) / shelves;
    for (int i = 1; i <= shelves; i++) {
      double z = low + pitch * i;
      make.wide(FURNITURE, wood, w / 2 - board, 0.012, d, z - board, z);
    }
    for (int i = 0; i < shelves; i++) {
      double z = low + pitch * i;
      shelfLoad(-w / 2 + 0.03, w / 2 - 0.03, d, z, pitch - board - 0.01, bookish);
    }
    clutter.strew(-w / 2 + 0.05, w / 2 - 0.05, 0.03, d, h, 0.3, dice.from(0, 4));
  }

  private void shelfLoad(
      double x0, double x1, double d, double z, double headroom, double bookish) {
    double kind = dice.next();
    if (kind < bookish) {
      double end = dice.chance(0.5) ? x1 : x0 + (x1 - x0) * dice.between(0.4, 0.9);
      clutter.row(x0, end, d - dice.between(0.01, 0.06), z, headroom);
      if (x1 - end > 0.2) {
        clutter.strew(end + 0.03, x1, 0.04, d, z, headroom, 2);
      }
    } else if (kind < bookish + 0.7 * (1 - bookish)) {
      clutter.strew(x0, x1, 0.03, d, z, headroom, dice.from(1, 6));
    }
  }

  /** A board on the wall with things on it; z is its height. */
  void wallShelf(double w, double z) {
    int wood = palette.wood();
    double d = dice.between(0.18, 0.26);
    make.wide(FURNITURE, wood, w / 2, 0, d, z, z + 0.025);
    if (dice.chance(0.6)) {
      clutter.row(-w / 2 + 0.03, w * dice.between(-0.1, 0.45), d - 0.02, z + 0.025, 0.3);
    } else {
      clutter.strew(-w / 2, w / 2, 0.02, d, z + 0.025, 0.3, dice.from(2, 6));
    }
  }

  void sofa(double w) {
    int cloth = palette.upholstery();
    double d = dice.between(0.82, 0.98);
    double seat = dice.between(0.38, 0.46);
    double back = dice.between(0.72, 0.95);
    double arm = dice.between(0.12, 0.24);
    double armTop = seat + dice.between(0.1, 0.24);
    double soft = dice.between(0.03, 0.08);
    make.round(SOFA, cloth, -w / 2, w / 2, 0, d - 0.03, 0.06, seat - 0.13, 0.03);
    make.round(SOFA, cloth, -w / 2 + 0.02, w / 2 - 0.02, 0, 0.22, 0.1, back - 0.04, soft);
    make.round(SOFA, cloth, -w / 2, -w / 2 + arm, 0, d, 0.06, armTop, soft);
    make.round(SOFA, cloth, w / 2 - arm, w / 2, 0, d, 0.06, armTop, soft);
    int places = Math.max(1, (int) Math.round((w - 2 * arm) / 0.65));
    double each = (w - 2 * arm) / places;
    for (int i = 0; i < places; i++) {
      double x0 = -w / 2 + arm + each * i;
      make.round(
          SOFA,
          cloth,
          x0 + 0.004,
          x0 + each - 0.004,
          0.16,
          d + 0.01,
          seat - 0.14,
          seat + 0.02,
          soft);
      make.solid(Solids.ROUND, SOFA, cloth)
          .at(x0 + each / 2, 0.27, (seat + back) / 2 + 0.03)
          .size(each / 2 - 0.006, 0.09, (back - seat) / 2 + 0.04)
          .rounded(0.07)
          .turned(0.18, 0, 0);
    }
    int foot = palette.plainDark();
    for (int i = 0; i < 4; i++) {
      make.cone(
          SOFA,
          foot,
          (i % 2 == 0 ? -1 : 1) * (w / 2 - 0.08),
          i < 2 ? 0.08 : d - 0.1,
          0,
          0.07,
          0.025,
          0.03);
    }
    int cushions = dice.below(places + 2);
    for (int i = 0; i < cushions; i++) {
      make.solid(Solids.ROUND, OBJECTS, palette.fabric())
          .at(dice.between(-1, 1) * (w / 2 - arm - 0.22), 0.45, seat + 0.2)
          .size(0.21, 0.06, 0.2)
          .rounded(0.055)
          .turned(dice.between(0.2, 0.5), dice.between(-0.15, 0.15), dice.between(-0.5, 0.5));
    }
    if (dice.chance(0.2)) {
      clutter.heap(dice.between(-0.3, 0.3) * w, 0.5, seat + 0.03, 0.22);
    }
  }

  void coffeeTable(double w, double d) {
    int wood = dice.chance(0.8) ? palette.wood() : palette.metal();
    double h = dice.between(0.36, 0.5);
    table(w, d, h, wood, dice.chance(0.4));
    clutter.strew(-w / 2 + 0.05, w / 2 - 0.05, 0.05, d - 0.05, h, 0.4, dice.from(1, 5));
  }

  /** A small table against a wall, with things on it and perhaps under it. */
  void sideTable(double w, double d) {
    double h = dice.between(0.5, 0.78);
    boolean board = dice.chance(0.4);
    table(w, d, h, palette.wood(), board);
    clutter.strew(-w / 2 + 0.03, w / 2 - 0.03, 0.03, d - 0.03, h, 0.5, dice.from(2, 6));
    if (board) {
      clutter.strew(-w / 2 + 0.1, w / 2 - 0.1, 0.08, d - 0.08, 0.14, 0.28, dice.from(1, 4));
    } else if (dice.chance(0.5)) {
      clutter.thing(0, d / 2, 0, 0.17, 0.4);
    }
    if (dice.chance(0.3)) {
      tableLamp(-w / 4, d / 2, h);
    }
  }

  /** A laundry basket, a hamper or a suitcase. */
  void basket() {
    if (dice.chance(0.5)) {
      double r = dice.between(0.18, 0.26);
      double h = dice.between(0.3, 0.6);
      make.cone(OBJECTS, palette.weave(), 0, 0.3, 0, h, 0.85 * r, r);
      clutter.heap(0, 0.3, h - 0.02, 0.7 * r);
      return;
    }
    double w = dice.between(0.2, 0.32);
    double h = dice.between(0.45, 0.7);
    make.round(OBJECTS, palette.fabric(), -w, w, 0.08, 0.34, 0.03, h, 0.05);
    make.wide(OBJECTS, palette.metal(), 0.09, 0.19, 0.22, h, h + 0.04);
  }

  /** A clock, a calendar, a fan, a hat: something small on a wall; z is its middle. */
  void hanging(double w, double z) {
    switch (dice.below(3)) {
      case 0 -> {
        int rim = palette.plainDark();
        make.solid(Solids.CONE, OBJECTS, rim)
            .at(0, 0.015, z)
            .size(w / 2, w / 2, 0.015)
            .turned(-Math.PI / 2, 0, 0);
        make.solid(Solids.CONE, OBJECTS, palette.linen())
            .at(0, 0.03, z)
            .size(0.44 * w, 0.44 * w, 0.004)
            .turned(-Math.PI / 2, 0, 0);
      }
      case 1 -> make.wide(OBJECTS, palette.pack(), 0.4 * w, 0, 0.008, z - w / 2, z + w / 2);
      default ->
          make.round(
              OBJECTS, palette.fabric(), -0.4 * w, 0.4 * w, 0, 0.09, z - w / 2, z + w / 2, 0.04);
    }
  }

  private void table(double w, double d, double h, int wood, boolean lowerBoard) {
    double top = dice.between(0.022, 0.05);
    double leg = dice.between(0.02, 0.035);
    if (dice.chance(0.25)) {
      make.round(TABLE, wood, -w / 2, w / 2, 0, d, h - top, h, 0.012);
    } else {
      make.wide(TABLE, wood, w / 2, 0, d, h - top, h);
    }
    int legs = dice.chance(0.7) ? wood : palette.metal();
    boolean round = dice.chance(0.4);
    for (int i = 0; i < 4; i++) {
      double x = (i % 2 == 0 ? -1 : 1) * (w / 2 - leg - 0.03);
      double y = i < 2 ? leg + 0.03 : d - leg - 0.03;
      if (round) {
        make.cone(TABLE, legs, x, y, 0, h - top, 0.7 * leg, leg);
      } else {
        make.box(TABLE, legs, x - leg, x + leg, y - leg, y + leg, 0, h - top);
      }
    }
    if (dice.chance(0.6)) {
      double apron = 0.08;
      make.wide(TABLE, legs, w / 2 - 0.08, 0.06, 0.08, h - top - apron, h - top);
      make.wide(TABLE, legs, w / 2 - 0.08, d - 0.08, d - 0.06, h - top - apron, h - top);
    }
    if (lowerBoard) {
      make.wide(TABLE, wood, w / 2 - 0.06, 0.06, d - 0.06, 0.12, 0.14);
    }
  }

  void diningTable(double w, double d) {
    int wood = palette.wood();
    double h = dice.between(0.72, 0.77);
    if (dice.chance(0.25)) {
      double r = d / 2;
      make.cone(TABLE, wood, 0, r, h - 0.035, h, r, r);
      make.cone(TABLE, wood, 0, r, 0.05, h - 0.035, 0.05, 0.05);
      make.cone(TABLE, wood, 0, r, 0, 0.05, 0.3, 0.12);
      clutter.strew(-0.6 * r, 0.6 * r, 0.4 * r, 1.6 * r, h, 0.4, dice.from(1, 4));
      return;
    }
    table(w, d, h, wood, false);
    if (dice.chance(0.25)) {
      make.wide(TABLE, palette.fabric(), w / 6, -0.02, d + 0.02, h - 0.002, h + 0.004);
    }
    clutter.strew(-w / 2 + 0.1, w / 2 - 0.1, 0.1, d - 0.1, h, 0.4, dice.from(2, 8));
  }

  /** A four-legged chair; its back is at y = 0. */
  void chair() {
    double w = dice.between(0.4, 0.48);
    double d = 0.43;
    double seat = dice.between(0.43, 0.48);
    double back = dice.between(0.82, 1.05);
    double leg = 0.018;
    for (int i = 0; i < 4; i++) {
      boolean rear = i < 2;
      double x = (i % 2 == 0 ? -1 : 1) * (w / 2 - leg);
      double y = rear ? leg : d - leg;
      make.box(CHAIR, chairWood, x - leg, x + leg, y - leg, y + leg, 0, rear ? back : seat - 0.03);
    }
    make.wide(CHAIR, chairWood, w / 2, 0.02, d, seat - 0.05, seat - 0.02);
    make.round(
        CHAIR, chairSeat, -w / 2 + 0.005, w / 2 - 0.005, 0.01, d, seat - 0.03, seat + 0.02, 0.02);
    int style = dice.below(3);
    if (style == 0) {
      make.round(
          CHAIR, chairSeat, -w / 2 + 0.02, w / 2 - 0.02, 0, 0.05, seat + 0.14, back - 0.01, 0.02);
    } else {
      int slats = style == 1 ? 3 : 5;
      for (int i = 0; i < slats; i++) {
        if (style == 1) {
          double z = seat + 0.12 + (back - seat - 0.16) * i / 2;
          make.wide(CHAIR, chairWood, w / 2 - 0.03, 0.008, 0.028, z, z + 0.06);
        } else {
          double x = (i - 2) * (w - 0.1) / 5;
          make.box(CHAIR, chairWood, x - 0.012, x + 0.012, 0.008, 0.026, seat, back - 0.04);
        }
      }
      make.wide(CHAIR, chairWood, w / 2, 0.004, 0.034, back - 0.06, back);
    }
    if (dice.chance(0.08)) {
      clutter.heap(0, 0.2, seat + 0.03, 0.18);
    }
  }

  void officeChair() {
    int cloth = palette.upholstery();
    int dark = palette.plainDark();
    double seat = dice.between(0.44, 0.52);
    for (int i = 0; i < 5; i++) {
      double angle = 1.2566 * i;
      double c = StrictMath.cos(angle);
      double s = StrictMath.sin(angle);
      make.solid(Solids.BOX, CHAIR, dark)
          .at(0.15 * c, 0.27 + 0.15 * s, 0.08)
          .size(0.16, 0.022, 0.018)
          .turned(0, 0, angle);
      make.ball(CHAIR, dark, 0.3 * c, 0.27 + 0.3 * s, 0.03, 0.03, 0.03, 0.03);
    }
    make.cone(CHAIR, palette.metal(), 0, 0.27, 0.08, seat - 0.06, 0.03, 0.025);
    make.round(CHAIR, cloth, -0.25, 0.25, 0.02, 0.52, seat - 0.06, seat + 0.03, 0.04);
    make.solid(Solids.ROUND, CHAIR, cloth)
        .at(0, 0.03, seat + 0.38)
        .size(0.22, 0.04, 0.27)
        .rounded(0.035)
        .turned(0.12, 0, 0);
    make.wide(CHAIR, dark, 0.03, -0.02, 0.02, seat - 0.04, seat + 0.3);
    if (dice.chance(0.6)) {
      for (int side = -1; side <= 1; side += 2) {
        make.box(
            CHAIR,
            dark,
            0.27 * side - 0.02,
            0.27 * side + 0.02,
            0.12,
            0.38,
            seat + 0.2,
            seat + 0.23);
        make.box(
            CHAIR,
            dark,
            0.27 * side - 0.015,
            0.27 * side + 0.015,
            0.22,
            0.26,
            seat - 0.03,
            seat + 0.2);
      }
    }
  }

  /** An upholstered chair. */
  void armchair() {
    int cloth = palette.upholstery();
    double w = dice.between(0.72, 0.9);
    make.round(CHAIR, cloth, -w / 2, w / 2, 0.02, 0.76, 0.1, 0.3, 0.04);
    make.round(CHAIR, cloth, -w / 2 + 0.13, w / 2 - 0.13, 0.16, 0.8, 0.28, 0.44, 0.06);
    make.solid(Solids.ROUND, CHAIR, cloth)
        .at(0, 0.14, 0.56)
        .size(w / 2 - 0.05, 0.11, 0.36)
        .rounded(0.09)
        .turned(0.15, 0, 0);
    make.round(CHAIR, cloth, -w / 2, -w / 2 + 0.15, 0.04, 0.78, 0.1, 0.6, 0.06);
    make.round(CHAIR, cloth, w / 2 - 0.15, w / 2, 0.04, 0.78, 0.1, 0.6, 0.06);
    int foot = palette.wood();
    for (int i = 0; i < 4; i++) {
      make.cone(
          CHAIR,
          foot,
          (i % 2 == 0 ? -1 : 1) * (w / 2 - 0.07),
          i < 2 ? 0.08 : 0.7,
          0,
          0.11,
          0.018,
          0.03);
    }
    if (dice.chance(0.4)) {
      make.solid(Solids.ROUND, OBJECTS, palette.fabric())
          .at(0, 0.34, 0.6)
          .size(0.19, 0.06, 0.18)
          .rounded(0.055)
          .turned(0.3, 0, dice.between(-0.2, 0.2));
    }
  }

  void stool() {
    int wood = palette.wood();
    double h = dice.between(0.45, 0.7);
    make.cone(CHAIR, chairSeat, 0, 0.2, h - 0.05, h, 0.17, 0.18);
    for (int i = 0; i < 4; i++) {
      double x = (i % 2 == 0 ? -1 : 1) * 0.11;
      double y = 0.2 + (i < 2 ? -0.11 : 0.11);
      make.cone(CHAIR, wood, x, y, 0, h - 0.05, 0.015, 0.018);
    }
  }

  void desk(double w) {
    int wood = palette.wood();
    double d = dice.between(0.55, 0.75);
    double h = dice.between(0.71, 0.76);
    if (dice.chance(0.5)) {
      table(w, d, h, wood, false);
    } else {
      make.wide(TABLE, wood, w / 2, 0, d, h - 0.03, h);
      make.box(TABLE, wood, -w / 2, -w / 2 + 0.03, 0.02, d - 0.02, 0, h - 0.03);
      for (int i = 0; i < 3; i++) {
        double z = 0.06 + i * (h - 0.1) / 3;
        make.box(
            TABLE,
            wood,
            w / 2 - 0.42,
            w / 2 - 0.02,
            d - 0.05,
            d - 0.03,
            z,
            z + (h - 0.1) / 3 - 0.012);
      }
      make.box(TABLE, wood, w / 2 - 0.42, w / 2, 0.02, d - 0.05, 0.04, h - 0.03);
    }
    if (dice.chance(0.7)) {
      computer(dice.between(-0.2, 0.2) * w, d, h);
    }
    if (dice.chance(0.4)) {
      tableLamp(-w / 2 + 0.15, 0.18, h);
    }
    clutter.strew(0.2 * w, w / 2 - 0.05, 0.05, d - 0.05, h, 0.4, dice.from(1, 5));
    clutter.strew(-w / 2 + 0.05, -0.25 * w, d * 0.5, d - 0.05, h, 0.3, 2);
  }

  /** Monitor or laptop with keyboard; objects, since NYU's "tv" is a television. */
  private void computer(double x, double d, double z) {
    int dark = palette.plainDark();
    int screen = palette.glowing(Pattern.SCREEN, Palette.white(), 0.5f);
    if (dice.chance(0.6)) {
      double w = dice.between(0.22, 0.3);
      make.box(OBJECTS, dark, x - 0.09, x + 0.09, 0.1, 0.26, z, z + 0.012);
      make.box(OBJECTS, dark, x - 0.025, x + 0.025, 0.15, 0.17, z, z + 0.2);
      make.box(OBJECTS, dark, x - w, x + w, 0.17, 0.2, z + 0.1, z + 0.12 + 1.2 * w);
      make.box(
          OBJECTS,
          screen,
          x - w + 0.012,
          x + w - 0.012,
          0.2,
          0.203,
          z + 0.115,
          z + 0.105 + 1.2 * w);
      make.box(OBJECTS, dark, x - 0.21, x + 0.21, d - 0.24, d - 0.1, z, z + 0.018);
      make.ball(OBJECTS, dark, x + 0.3, d - 0.16, z + 0.01, 0.03, 0.05, 0.02);
    } else {
      make.box(OBJECTS, palette.metal(), x - 0.16, x + 0.16, d - 0.36, d - 0.14, z, z + 0.016);
      make.solid(Solids.BOX, OBJECTS, dark)
          .at(x, d - 0.4, z + 0.115)
          .size(0.16, 0.006, 0.11)
          .turned(0.35, 0, 0);
      make.solid(Solids.BOX, OBJECTS, screen)
          .at(x, d - 0.394, z + 0.116)
          .size(0.15, 0.004, 0.098)
          .turned(0.35, 0, 0);
    }
  }

  /** A low cabinet with a television on it. */
  void tvStand(double w, double screen) {
    int wood = palette.wood();
    double h = dice.between(0.38, 0.6);
    double d = dice.between(0.38, 0.5);
    chest(w, d, 0.05, h, dice.from(2, 3), 1, wood);
    television(0, d * 0.4, h + 0.06, screen);
    int dark = palette.plainDark();
    make.wide(TV, dark, 0.2 * screen, d * 0.25, d * 0.65, h, h + 0.02);
    make.wide(TV, dark, 0.04, d * 0.36, d * 0.42, h, h + 0.1);
    if (w > screen + 0.4) {
      clutter.thing(-w / 2 + 0.14, d / 2, h, 0.1, 0.3);
      clutter.thing(w / 2 - 0.14, d / 2, h, 0.1, 0.3);
    }
    if (dice.chance(0.4)) {
      make.wide(OBJECTS, dark, 0.2, d - 0.12, d - 0.02, h, h + 0.05);
    }
  }

  /** A flat or an old deep set; z is its lower edge, {@code width} its screen's. */
  void television(double x, double y, double z, double width) {
    int dark = palette.glossy(palette.plain(0.6, 0.05, dice.between(0.05, 0.2)), 0.03);
    int screen =
        dice.chance(0.75)
            ? palette.glossy(palette.plain(0.6, 0.1, dice.between(0.03, 0.12)), 0.06)
            : palette.glowing(Pattern.SCREEN, Palette.white(), 0.6f);
    boolean old = width < 0.75 && dice.chance(0.5);
    double h = width * (old ? 0.78 : 0.58);
    double rim = old ? 0.045 : 0.02;
    if (old) {
      make.solid(Solids.ROUND, TV, dark)
          .at(x, y - 0.1, z + h / 2)
          .size(0.38 * width, 0.2, 0.42 * h)
          .rounded(0.05)
          .upright();
    }
    make.box(TV, dark, x - width / 2, x + width / 2, y - 0.03, y + 0.03, z, z + h);
    make.box(
        TV,
        screen,
        x - width / 2 + rim,
        x + width / 2 - rim,
        y + 0.03,
        y + 0.034,
        z + rim + (old ? 0.04 : 0),
        z + h - rim);
  }

  /** Base units, a worktop and wall units along a wall; {@code upper} leaves room for windows. */
  void kitchen(double w, boolean upper) {
    int front = palette.wood();
    int top = dice.chance(0.6) ? palette.stone() : palette.wood();
    int columns = Math.max(2, (int) (w / 0.55));
    chest(w, 0.6, 0.1, 0.87, columns, dice.chance(0.3) ? 2 : 1, front);
    make.wide(FURNITURE, palette.plainDark(), w / 2, 0, 0.53, 0, 0.1);
    make.wide(FURNITURE, top, w / 2 + 0.01, 0, 0.63, 0.87, 0.91);
    clutter.strew(-w / 2 + 0.1, w / 2 - 0.1, 0.06, 0.55, 0.91, 0.4, (int) (3.5 * w));
    double at = dice.between(-0.25, 0.25) * w;
    int metal = palette.metal();
    make.box(OBJECTS, metal, at - 0.28, at + 0.28, 0.1, 0.54, 0.905, 0.918);
    make.box(OBJECTS, palette.plainDark(), at - 0.24, at + 0.24, 0.16, 0.5, 0.91, 0.921);
    make.cone(OBJECTS, metal, at, 0.1, 0.91, 1.16, 0.015, 0.012);
    make.box(OBJECTS, metal, at - 0.012, at + 0.012, 0.1, 0.28, 1.15, 1.172);
    if (upper) {
      double lift = dice.between(1.38, 1.5);
      chest(w, 0.34, lift, lift + dice.between(0.6, 0.8), columns, 1, front);
    }
    if (dice.chance(0.5)) {
      double x = w / 2 - 0.35;
      int dark = palette.glossy(palette.plainDark(), 0.05);
      make.box(OBJECTS, dark, x - 0.24, x + 0.24, 0.08, 0.42, 0.91, 1.18);
    }
  }

  void fridge() {
    double w = dice.between(0.6, 0.9);
    double h = dice.between(1.6, 1.85);
    int body =
        dice.chance(0.5) ? palette.metal() : palette.glossy(palette.plain(0.1, 0.02, 0.92), 0.03);
    chest(w, 0.68, 0.03, h, 1, 2, body);
    if (dice.chance(0.5)) {
      clutter.strew(-w / 2, w / 2, 0.1, 0.6, h, 0.3, 3);
    }
    int notes = dice.below(5);
    for (int i = 0; i < notes; i++) {
      double x = dice.between(-0.3, 0.25) * w;
      double z = dice.between(0.9, h - 0.25);
      make.box(OBJECTS, palette.pack(), x, x + 0.1, 0.68, 0.688, z, z + 0.14);
    }
  }

  void tableLamp(double x, double y, double z) {
    int foot = dice.chance(0.5) ? palette.metal() : palette.plastic();
    double h = dice.between(0.22, 0.36);
    double r = dice.between(0.09, 0.15);
    make.cone(OBJECTS, foot, x, y, z, z + 0.02, 0.07, 0.06);
    if (dice.chance(0.5)) {
      make.ball(OBJECTS, foot, x, y, z + 0.45 * h, 0.06, 0.06, 0.45 * h);
    } else {
      make.cone(OBJECTS, foot, x, y, z + 0.02, z + h, 0.012, 0.012);
    }
    shade(x, y, z + h, 0.17, r, 0.65 * r, 0.5);
  }

  void floorLamp() {
    int foot = palette.metal();
    double h = dice.between(1.3, 1.6);
    make.cone(OBJECTS, foot, 0, 0.2, 0, 0.025, 0.14, 0.13);
    make.cone(OBJECTS, foot, 0, 0.2, 0.02, h, 0.012, 0.012);
    shade(0, 0.2, h, 0.24, 0.2, 0.13, 0.6);
  }

  /** A lamp shade; it glows when lit, and then there is light around it. */
  void shade(double x, double y, double z, double h, double low, double high, double litChance) {
    float[] warm = {1f, 0.74f, 0.45f};
    boolean lit = dice.chance(litChance);
    int cover = lit ? palette.glowing(warm, (float) dice.between(0.9, 2.2)) : palette.linen();
    make.solid(Solids.CONE, OBJECTS, cover)
        .at(x, y, z + h / 2)
        .size(low, high, h / 2)
        .withoutShadow();
    if (lit) {
      float power = (float) dice.between(0.5, 1.6);
      lamps.add(
          new Room.Lamp(
              make.roomX(x, y),
              make.roomY(x, y),
              make.roomZ(z + h / 2),
              0.8 * Math.min(low, high),
              new float[] {power, 0.72f * power, 0.42f * power}));
    }
  }

  void bigPlant() {
    double r = dice.between(0.16, 0.26);
    double h = dice.between(0.9, 1.8);
    int pot = palette.plastic();
    make.cone(OBJECTS, pot, 0, 0.25, 0, 0.32, 0.75 * r, r);
    make.cone(OBJECTS, palette.plain(0.07, 0.6, 0.25), 0, 0.25, 0.3, 0.6 * h, 0.02, 0.014);
    clutter.foliage(0, 0.25, 0.7 * h, 0.3 * h, 40);
    clutter.foliage(0, 0.25, 0.5 * h, 0.22 * h, 20);
  }

  /** Cartons, crates and cases on the floor. */
  void boxes() {
    int count = dice.from(2, 5);
    double top = 0;
    for (int i = 0; i < count; i++) {
      double a = dice.between(0.14, 0.26);
      double b = dice.between(0.12, 0.22);
      double h = dice.between(0.15, 0.38);
      boolean stacked = i > 0 && dice.chance(0.6);
      double x = stacked ? dice.between(-0.04, 0.04) : dice.between(-0.25, 0.25) * i;
      int material =
          dice.chance(0.6)
              ? palette.cardboard()
              : dice.chance(0.5) ? palette.plastic() : palette.pack();
      make.solid(Solids.BOX, OBJECTS, material)
          .at(x, 0.28, (stacked ? top : 0) + h / 2)
          .size(a, b, h / 2)
          .turned(0, 0, dice.between(-0.25, 0.25));
      top = stacked ? top + h : Math.max(top, h);
    }
  }

  void bin() {
    double r = dice.between(0.11, 0.16);
    make.cone(OBJECTS, palette.plastic(), 0, r + 0.02, 0, dice.between(0.25, 0.4), 0.8 * r, r);
  }

  void bag() {
    int cloth = palette.fabric();
    double w = dice.between(0.14, 0.24);
    double h = dice.between(0.24, 0.42);
    make.solid(Solids.ROUND, OBJECTS, cloth)
        .at(0, 0.18, h / 2)
        .size(w, 0.11, h / 2)
        .rounded(0.08)
        .turned(0.12, 0, 0);
    make.solid(Solids.ROUND, OBJECTS, cloth)
        .at(0, 0.29, 0.4 * h)
        .size(0.8 * w, 0.05, 0.25 * h)
        .rounded(0.04)
        .turned(0.1, 0, 0);
  }

  /** A picture with its frame; z is its middle. */
  void picture(double w, double h, double z) {
    int frame = dice.chance(0.6) ? palette.wood() : palette.plainDark();
    double rim = dice.between(0.012, 0.05);
    make.wide(PICTURE, frame, w / 2, 0, 0.025, z - h / 2, z + h / 2);
    int painting = palette.painting();
    int shown = dice.chance(0.5) ? palette.glossy(painting, 0.03) : painting;
    make.wide(PICTURE, shown, w / 2 - rim, 0.025, 0.028, z - h / 2 + rim, z + h / 2 - rim);
  }

  void mirror(double w, double h, double z) {
    int frame = palette.wood();
    make.wide(OBJECTS, frame, w / 2, 0, 0.025, z - h / 2, z + h / 2);
    make.wide(
        OBJECTS,
        palette.glossy(palette.plain(0.5, 0.02, 0.6), 0.88),
        w / 2 - 0.04,
        0.025,
        0.028,
        z - h / 2 + 0.04,
        z + h / 2 - 0.04);
  }

  /** A white or a cork board with sheets on it. */
  void board(double w, double h, double z) {
    boolean white = dice.chance(0.6);
    int face = white ? palette.glossy(palette.plain(0.1, 0.01, 0.95), 0.03) : palette.cardboard();
    make.wide(OBJECTS, palette.metal(), w / 2, 0, 0.02, z - h / 2, z + h / 2);
    make.wide(OBJECTS, face, w / 2 - 0.02, 0.02, 0.023, z - h / 2 + 0.02, z + h / 2 - 0.02);
    int sheets = white ? dice.below(4) : dice.from(3, 9);
    for (int i = 0; i < sheets; i++) {
      double x = dice.between(-0.42, 0.35) * w;
      double y = z + dice.between(-0.4, 0.2) * h;
      make.box(
          OBJECTS,
          dice.chance(0.5) ? palette.linen() : palette.pack(),
          x,
          x + 0.15,
          0.023,
          0.027,
          y,
          y + 0.2);
    }
  }

  void towel(double z) {
    int metal = palette.metal();
    make.wide(OBJECTS, metal, 0.3, 0.05, 0.07, z, z + 0.02);
    make.round(OBJECTS, palette.fabric(), -0.22, 0.18, 0.035, 0.085, z - 0.5, z + 0.025, 0.02);
  }

  void coats(double z) {
    make.wide(OBJECTS, palette.wood(), 0.4, 0, 0.03, z, z + 0.08);
    for (int i = 0; i < dice.from(1, 3); i++) {
      double x = -0.28 + 0.27 * i;
      make.round(
          OBJECTS,
          palette.fabric(),
          x - 0.13,
          x + 0.14,
          0.03,
          0.16,
          z - dice.between(0.6, 0.95),
          z + 0.02,
          0.06);
    }
  }
}
