package dev.tarsier.trainer.render;

import java.util.List;

/**
 * A furnished, lit room: x from 0 to {@code width}, y from 0 to {@code depth}, z up from the floor,
 * metres. Immutable once built.
 *
 * @param width metres along x
 * @param depth metres along y
 * @param height metres
 * @param solids everything that can be seen
 * @param materials that the solids point to
 * @param lamps light sources with a place
 * @param windows bright rectangles in the walls
 * @param sun null when it does not shine in
 * @param obstacles footprints that a person with a camera keeps out of
 * @param sights places worth looking at
 */
record Room(
    double width,
    double depth,
    double height,
    Solids solids,
    List<Material> materials,
    List<Lamp> lamps,
    List<Window> windows,
    Sun sun,
    List<Footprint> obstacles,
    List<Sight> sights) {

  /** A glowing ball; intensity in radiant power per steradian, three colours. */
  record Lamp(double x, double y, double z, double radius, float[] intensity) {}

  /**
   * A rectangle of daylight: centre, half extent along the wall (ux, uy) and upwards, and the
   * normal into the room.
   */
  record Window(
      double x,
      double y,
      double z,
      double ux,
      double uy,
      double halfWidth,
      double halfHeight,
      double nx,
      double ny,
      float[] radiance) {}

  /** Parallel light: the unit direction towards the sun, and irradiance at right angles. */
  record Sun(double dx, double dy, double dz, float[] irradiance) {}

  /** An upright box seen from above; axis-aligned. */
  record Footprint(double x0, double y0, double x1, double y1) {}

  /** A place that a person would point the camera at. */
  record Sight(double x, double y, double z, double weight) {}
}
