package dev.tarsier.trainer.render;

import java.util.ArrayList;
import java.util.List;

/** Builds a furnished room from random numbers. Used once. */
final class RoomBuilder {
  private final Dice dice;
  private final Solids solids = new Solids();
  private final List<Material> materials = new ArrayList<>();

  RoomBuilder(Dice dice) {
    this.dice = dice;
  }

  Room build() {
    double w = dice.between(3, 7);
    double d = dice.between(3, 6);
    double h = dice.between(2.4, 3);
    materials.add(Material.plain(new float[] {0.7f, 0.68f, 0.62f}));
    materials.add(Material.plain(new float[] {0.3f, 0.2f, 0.12f}));
    materials.add(Material.plain(new float[] {0.85f, 0.85f, 0.85f}));
    box(w / 2, d / 2, -0.1, w / 2, d / 2, 0.1, 1, 4);
    box(w / 2, d / 2, h + 0.1, w / 2, d / 2, 0.1, 2, 2);
    box(-0.1, d / 2, h / 2, 0.1, d / 2, h / 2, 0, 11);
    box(w + 0.1, d / 2, h / 2, 0.1, d / 2, h / 2, 0, 11);
    box(w / 2, -0.1, h / 2, w / 2, 0.1, h / 2, 0, 11);
    box(w / 2, d + 0.1, h / 2, w / 2, 0.1, h / 2, 0, 11);
    box(w / 2, 0.3, 0.9, 0.6, 0.3, 0.9, 1, 5);
    return new Room(
        w,
        d,
        h,
        solids,
        materials,
        List.of(new Room.Lamp(w / 2, d / 2, h - 0.4, 0.1, new float[] {5, 4.6f, 4})),
        List.of(),
        null,
        List.of(new Room.Footprint(w / 2 - 0.6, 0, w / 2 + 0.6, 0.6)),
        List.of(new Room.Sight(w / 2, 0.3, 0.9, 1)));
  }

  private void box(
      double x, double y, double z, double a, double b, double c, int material, int label) {
    solids.add(Solids.BOX, x, y, z, null, a, b, c, 0, material, label, 0);
  }
}
