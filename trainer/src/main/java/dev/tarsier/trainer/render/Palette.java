package dev.tarsier.trainer.render;

import dev.tarsier.trainer.render.Material.Placement;
import java.util.ArrayList;
import java.util.List;

/**
 * The materials of one room: a few woods, a wall colour and fabrics that recur, so that things look
 * as if they belonged together. Methods return the index of a material.
 */
final class Palette {
  private static final double[][] WOODS = {
    // hue, saturation, value of the lighter tone
    {0.085, 0.45, 0.80},
    {0.075, 0.55, 0.62},
    {0.065, 0.60, 0.45},
    {0.050, 0.65, 0.34},
    {0.095, 0.30, 0.88},
    {0.030, 0.60, 0.40},
    {0.080, 0.25, 0.30},
  };

  final List<Material> materials = new ArrayList<>();

  private final Dice dice;
  private final int mainWood;
  private final int otherWood;
  private final double accentHue;
  private final boolean whiteFurniture;

  Palette(Dice dice) {
    this.dice = dice;
    this.mainWood = dice.below(WOODS.length);
    this.otherWood = dice.below(WOODS.length);
    this.accentHue = dice.next();
    this.whiteFurniture = dice.chance(0.22);
  }

  int add(Material material) {
    materials.add(material);
    return materials.size() - 1;
  }

  /** One colour, as given in sRGB by hue, saturation and value. */
  int plain(double hue, double saturation, double value) {
    return add(Material.plain(linear(hue, saturation, value)));
  }

  int pattern(
      Pattern pattern, float[] first, float[] second, double tileMetres, Placement placement) {
    return add(
        new Material(
            pattern.variant(dice.below(32)),
            pattern.twoTone(),
            first,
            second,
            tileMetres,
            placement,
            0,
            0));
  }

  int glossy(int material, double share) {
    return add(materials.get(material).glossy(share));
  }

  int glowing(Pattern pattern, float[] tint, float emission) {
    return add(
        new Material(
            pattern.variant(dice.below(32)),
            false,
            tint,
            tint,
            1,
            Placement.STRETCHED,
            emission,
            0));
  }

  int glowing(float[] color, float emission) {
    return add(new Material(null, true, color, color, 1, Placement.LOOSE, emission, 0));
  }

  /** The wood, or paint, that most furniture of the room is made of. */
  int wood() {
    if (whiteFurniture && dice.chance(0.7)) {
      double v = dice.between(0.8, 0.95);
      return pattern(
          Pattern.PLASTER, linear(0.11, 0.03, v), linear(0.11, 0.06, v), 0.8, Placement.LOOSE);
    }
    return timber(dice.chance(0.75) ? mainWood : otherWood, Pattern.WOOD, 0.6);
  }

  int plainDark() {
    return plain(dice.next(), dice.between(0, 0.3), dice.between(0.08, 0.22));
  }

  int planks() {
    int floor = timber(dice.chance(0.3) ? mainWood : dice.below(WOODS.length), Pattern.PLANKS, 0.9);
    materials.set(
        floor,
        new Material(
            materials.get(floor).texture(),
            true,
            materials.get(floor).first(),
            materials.get(floor).second(),
            dice.between(0.7, 1.3),
            Placement.ROOM,
            0,
            dice.chance(0.5) ? (float) dice.between(0.02, 0.09) : 0));
    return floor;
  }

  private int timber(int wood, Pattern pattern, double tile) {
    double[] w = WOODS[wood];
    double v = Math.min(0.95, w[2] * dice.between(0.9, 1.1));
    float[] light = linear(w[0] + dice.between(-0.01, 0.01), w[1], v);
    float[] dark = linear(w[0] - 0.012, Math.min(1, w[1] * 1.2), v * 0.68);
    return pattern(pattern, dark, light, tile * dice.between(0.8, 1.5), Placement.GRAIN);
  }

  int wallPaint() {
    double kind = dice.next();
    double hue = dice.chance(0.6) ? dice.between(0.06, 0.17) : dice.next();
    double saturation = kind < 0.7 ? dice.between(0.02, 0.16) : dice.between(0.12, 0.36);
    double value = kind < 0.65 ? dice.between(0.72, 0.95) : dice.between(0.45, 0.85);
    float[] one = linear(hue, saturation, value);
    float[] two = linear(hue + dice.between(-0.03, 0.03), saturation * 1.1, value * 0.93);
    double look = dice.next();
    if (look < 0.72) {
      return pattern(Pattern.PLASTER, one, two, dice.between(1, 2.5), Placement.ROOM);
    }
    float[] figure =
        linear(hue + dice.between(-0.1, 0.1), saturation * 1.3, value * dice.between(0.75, 0.95));
    if (look < 0.82) {
      return pattern(Pattern.STRIPES, one, figure, dice.between(0.6, 1.6), Placement.ROOM);
    }
    if (look < 0.88) {
      return pattern(Pattern.DAMASK, one, figure, dice.between(0.5, 1.4), Placement.ROOM);
    }
    if (look < 0.92) {
      return pattern(Pattern.FLORAL, one, figure, dice.between(0.6, 1.4), Placement.ROOM);
    }
    if (look < 0.96) {
      float[] brick = linear(dice.between(0.01, 0.06), dice.between(0.3, 0.6), 0.6);
      boolean painted = dice.chance(0.5);
      return pattern(
          Pattern.BRICK,
          painted ? linear(0.1, 0.05, 0.8) : brick,
          painted ? linear(0.1, 0.05, 0.9) : linear(0.1, 0.1, 0.75),
          dice.between(0.7, 1),
          Placement.ROOM);
    }
    return timber(dice.below(WOODS.length), Pattern.PLANKS, 1.2);
  }

  int floor() {
    double look = dice.next();
    if (look < 0.45) {
      return planks();
    }
    if (look < 0.75) {
      double hue = dice.chance(0.6) ? dice.between(0.05, 0.14) : dice.next();
      double s = dice.between(0.04, 0.35);
      double v = dice.between(0.3, 0.8);
      return pattern(
          Pattern.CARPET,
          linear(hue, s, v * 0.8),
          linear(hue + 0.02, s * 0.9, v),
          dice.between(0.5, 0.9),
          Placement.ROOM);
    }
    boolean tiles = look < 0.92;
    double hue = dice.between(0.04, 0.14);
    double v = dice.between(0.5, 0.92);
    int index =
        pattern(
            tiles ? Pattern.TILES : Pattern.TERRAZZO,
            linear(hue, dice.between(0.03, 0.4), v),
            linear(hue, dice.between(0.03, 0.4), v * dice.between(0.5, 0.95)),
            dice.between(1, 2),
            Placement.ROOM);
    return glossy(index, dice.between(0, 0.08));
  }

  int ceiling() {
    double v = dice.between(0.82, 0.97);
    double s = dice.between(0, 0.07);
    if (dice.chance(0.2)) {
      return pattern(
          Pattern.CEILING_PANEL,
          linear(0.11, s, v),
          linear(0.11, s, v * 0.85),
          1.2,
          Placement.ROOM);
    }
    return pattern(
        Pattern.PLASTER, linear(0.11, s, v), linear(0.11, s, v * 0.96), 1.5, Placement.ROOM);
  }

  /** Upholstery, bedding, rugs: any of the fabrics, often in the room's accent hue. */
  int fabric() {
    double hue = dice.chance(0.45) ? accentHue + dice.between(-0.04, 0.04) : dice.next();
    double s = dice.chance(0.55) ? dice.between(0.02, 0.3) : dice.between(0.2, 0.75);
    double v = dice.between(0.2, 0.92);
    float[] one = linear(hue, s, v);
    float[] two =
        linear(
            hue + dice.between(-0.1, 0.1),
            dice.between(0.03, 0.8),
            Math.max(0.1, Math.min(0.95, v + dice.between(-0.3, 0.3))));
    float[] near = linear(hue, s, v * 0.85);
    double look = dice.next();
    if (look < 0.5) {
      return pattern(Pattern.WEAVE, near, one, dice.between(0.2, 0.5), Placement.LOOSE);
    }
    if (look < 0.62) {
      return pattern(Pattern.PLAID, one, two, dice.between(0.3, 1), Placement.LOOSE);
    }
    if (look < 0.74) {
      return pattern(Pattern.FLORAL, one, two, dice.between(0.4, 1), Placement.LOOSE);
    }
    if (look < 0.84) {
      return pattern(Pattern.STRIPES, one, two, dice.between(0.3, 0.9), Placement.LOOSE);
    }
    return pattern(Pattern.PLASTER, near, one, dice.between(0.4, 0.9), Placement.LOOSE);
  }

  int weave() {
    double v = dice.between(0.4, 0.85);
    return pattern(
        Pattern.WEAVE, linear(0.09, 0.5, v * 0.7), linear(0.1, 0.4, v), 0.4, Placement.LOOSE);
  }

  int upholstery() {
    if (dice.chance(0.3)) {
      double hue = dice.between(0.02, 0.1);
      double v = dice.between(0.1, 0.7);
      return glossy(
          pattern(
              Pattern.LEATHER,
              linear(hue, 0.4, v * 0.8),
              linear(hue, 0.4, v),
              0.4,
              Placement.LOOSE),
          0.02);
    }
    return fabric();
  }

  int linen() {
    double hue = dice.next();
    double s = dice.between(0, 0.15);
    double v = dice.between(0.75, 0.97);
    return pattern(
        Pattern.PLASTER, linear(hue, s, v * 0.92), linear(hue, s, v), 0.6, Placement.LOOSE);
  }

  int metal() {
    double v = dice.between(0.45, 0.8);
    return glossy(
        pattern(
            Pattern.BRUSHED,
            linear(0.6, 0.02, v * 0.85),
            linear(0.6, 0.02, v),
            0.5,
            Placement.GRAIN),
        dice.between(0.02, 0.1));
  }

  int stone() {
    double v = dice.between(0.2, 0.9);
    double hue = dice.between(0.05, 0.15);
    return glossy(
        pattern(
            dice.chance(0.5) ? Pattern.MARBLE : Pattern.TERRAZZO,
            linear(hue, 0.1, v),
            linear(hue, 0.15, v * 0.7),
            0.8,
            Placement.LOOSE),
        0.05);
  }

  int plastic() {
    return glossy(
        plain(dice.next(), 0.9 * dice.next() * dice.next(), dice.between(0.1, 0.95)),
        dice.between(0, 0.05));
  }

  int cardboard() {
    return pattern(
        Pattern.CARDBOARD,
        linear(0.085, 0.45, 0.62),
        linear(0.085, 0.4, 0.74),
        0.6,
        Placement.LOOSE);
  }

  int pack() {
    return pattern(Pattern.PACKAGE, white(), white(), 1, Placement.STRETCHED);
  }

  int leaves() {
    double hue = dice.between(0.22, 0.38);
    return pattern(
        Pattern.LEAVES, linear(hue, 0.6, 0.3), linear(hue, 0.55, 0.55), 0.9, Placement.LOOSE);
  }

  int painting() {
    return pattern(Pattern.PAINTING, white(), white(), 1, Placement.STRETCHED);
  }

  int spine() {
    double v = dice.between(0.12, 0.9);
    double s = dice.between(0, 0.85);
    double hue = dice.next();
    return pattern(
        Pattern.SPINE,
        linear(hue, s, v),
        dice.chance(0.6) ? linear(0.12, 0.3, 0.9) : linear(0.12, 0.6, 0.15),
        1,
        Placement.STRETCHED);
  }

  static float[] white() {
    return new float[] {0.92f, 0.92f, 0.92f};
  }

  /** Linear reflectance of a colour given by hue, saturation and value. */
  static float[] linear(double hue, double saturation, double value) {
    int color =
        Pictures.color(hue, Math.max(0, Math.min(1, saturation)), Math.max(0, Math.min(1, value)));
    float[] rgb = new float[3];
    for (int k = 0; k < 3; k++) {
      float v = ((color >> (16 - 8 * k)) & 255) / 255f;
      rgb[k] = 0.02f + 0.9f * v * v * (0.75f + 0.25f * v);
    }
    return rgb;
  }
}
