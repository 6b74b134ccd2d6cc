package dev.tarsier.trainer.render;

/** What one thread needs to follow rays through a room; reused for every ray, never shared. */
final class Tracer {
  private static final double SUN_LIFT = 2e-3;

  final RayCaster.Ray eye = new RayCaster.Ray();
  final RayCaster.Ray shadow = new RayCaster.Ray();
  final Surface node = new Surface();
  final double[] sum = new double[3];

  /** What {@link #look} saw: linear, three colours. */
  final float[] radiance = new float[3];

  private int seenFace;
  private double seenCosine;

  private final Room room;
  private final RayCaster caster;
  private final Daylight light;
  private final Material[] materials;
  private final RayCaster.Ray mirror = new RayCaster.Ray();
  private final Surface place = new Surface();
  private final float[] texel = new float[3];
  private final float[] lit = new float[3];
  private final float[] reflected = new float[3];

  Tracer(Room room, RayCaster caster, Daylight light) {
    this.room = room;
    this.caster = caster;
    this.light = light;
    this.materials = room.materials().toArray(new Material[0]);
  }

  /**
   * Follows the eye's ray, whose hit stays in {@link #eye}.
   *
   * @param pixelRadians angle that a pixel spans
   * @return whether something was met
   */
  boolean look(double pixelRadians) {
    eye.t = 1e6;
    if (!caster.closest(eye)) {
      radiance[0] = 0;
      radiance[1] = 0;
      radiance[2] = 0;
      return false;
    }
    shade(eye, pixelRadians, radiance, true);
    return true;
  }

  /** The face of the solid that was met, 0 to 5. */
  int seenFace() {
    return seenFace;
  }

  /** The cosine between the ray and the surface it met. */
  double seenCosine() {
    return seenCosine;
  }

  private void shade(RayCaster.Ray ray, double pixelRadians, float[] rgb, boolean mirrors) {
    Surface at = place;
    at.locate(
        room.solids(),
        ray.solid,
        ray.ox + ray.t * ray.dx,
        ray.oy + ray.t * ray.dy,
        ray.oz + ray.t * ray.dz);
    Material material = materials[room.solids().material[ray.solid]];
    double length = Math.sqrt(ray.dx * ray.dx + ray.dy * ray.dy + ray.dz * ray.dz);
    double cosine = -(ray.dx * at.nx + ray.dy * at.ny + ray.dz * at.nz) / length;
    if (mirrors) {
      seenFace = at.face;
      seenCosine = cosine;
    }
    paint(material, at, ray.t * length * pixelRadians / Math.max(0.2, cosine));
    if (material.emission() > 0) {
      for (int k = 0; k < 3; k++) {
        rgb[k] = texel[k] * material.emission() * light.mean()[k];
      }
    } else {
      light.at(at, this, lit);
      addSun(at);
      for (int k = 0; k < 3; k++) {
        rgb[k] = texel[k] * lit[k] * 0.31830987f;
      }
    }
    if (mirrors && material.gloss() > 0) {
      reflect(ray, at, material, length, Math.max(0, cosine), pixelRadians, rgb);
    }
  }

  private void paint(Material material, Surface at, double footprint) {
    Texture texture = material.texture();
    if (texture == null) {
      System.arraycopy(material.first(), 0, texel, 0, 3);
      return;
    }
    Solids solids = room.solids();
    int from = Solids.at(at.solid);
    int axis = at.face >> 1;
    double along = at.along;
    double across = at.across;
    double tile = 1 / material.tileMetres();
    double u;
    double v;
    switch (material.placement()) {
      case STRETCHED -> {
        u = (at.s + 1) / 2;
        v = (1 - at.t) / 2;
        // Seen from these two sides the face's first axis runs to the left.
        if (at.face == 0 || at.face == 3) {
          u = 1 - u;
        }
        double span =
            2
                * Math.max(
                    solids.data[from + 12 + Surface.firstAxis(axis)],
                    solids.data[from + 12 + Surface.secondAxis(axis)]);
        tile = 1 / span;
      }
      case ROOM -> {
        u = (along + solids.data[from + Surface.firstAxis(axis)]) * tile;
        v = -(across + solids.data[from + Surface.secondAxis(axis)]) * tile;
      }
      default -> {
        boolean turned =
            material.placement() == Material.Placement.GRAIN
                && solids.data[from + 12 + Surface.firstAxis(axis)]
                    < solids.data[from + 12 + Surface.secondAxis(axis)];
        u = (turned ? across : along) * tile + Dice.hash(at.solid, 1);
        v = (turned ? along : -across) * tile + Dice.hash(at.solid, 2) + 0.37 * axis;
      }
    }
    texture.sample(u, v, footprint * tile, texel);
    material.tint(texel);
  }

  private void addSun(Surface at) {
    Room.Sun sun = room.sun();
    if (sun == null) {
      return;
    }
    double cosine = at.nx * sun.dx() + at.ny * sun.dy() + at.nz * sun.dz();
    if (cosine <= 0 || !behindWindow(at, sun)) {
      return;
    }
    shadow.from(at.px + SUN_LIFT * at.nx, at.py + SUN_LIFT * at.ny, at.pz + SUN_LIFT * at.nz);
    shadow.along(sun.dx(), sun.dy(), sun.dz());
    shadow.t = 50;
    if (!caster.blocked(shadow)) {
      for (int k = 0; k < 3; k++) {
        lit[k] += (float) cosine * sun.irradiance()[k];
      }
    }
  }

  /** Whether the line to the sun leaves through a window; saves most of the shadow rays. */
  private boolean behindWindow(Surface at, Room.Sun sun) {
    for (int i = 0; i < room.windows().size(); i++) {
      Room.Window w = room.windows().get(i);
      double toward = sun.dx() * w.nx() + sun.dy() * w.ny();
      if (toward >= -1e-6) {
        continue;
      }
      double distance = ((w.x() - at.px) * w.nx() + (w.y() - at.py) * w.ny()) / toward;
      if (distance <= 0) {
        continue;
      }
      double along =
          (at.px + distance * sun.dx() - w.x()) * w.ux()
              + (at.py + distance * sun.dy() - w.y()) * w.uy();
      double up = at.pz + distance * sun.dz() - w.z();
      if (Math.abs(along) <= w.halfWidth() && Math.abs(up) <= w.halfHeight()) {
        return true;
      }
    }
    return false;
  }

  private void reflect(
      RayCaster.Ray ray,
      Surface at,
      Material material,
      double length,
      double cosine,
      double pixelRadians,
      float[] rgb) {
    double away = 1 - cosine;
    // Schlick's approximation of Fresnel's law, held below a full mirror: surfaces are rough
    double fresnel = away * away * away * away * away * Math.min(0.6, 0.3 + material.gloss());
    float share = (float) Math.min(0.95, material.gloss() + (1 - material.gloss()) * fresnel);
    if (share < 0.03f) {
      return;
    }
    double twice = 2 * cosine * length;
    mirror.from(at.px + 1e-4 * at.nx, at.py + 1e-4 * at.ny, at.pz + 1e-4 * at.nz);
    mirror.along(ray.dx + twice * at.nx, ray.dy + twice * at.ny, ray.dz + twice * at.nz);
    mirror.t = 1e6;
    if (!caster.closest(mirror)) {
      return;
    }
    shade(mirror, 4 * pixelRadians, reflected, false);
    for (int k = 0; k < 3; k++) {
      rgb[k] = rgb[k] * (1 - share) + share * reflected[k];
    }
  }
}
