package dev.tarsier.trainer.render;

/**
 * How a solid's surface looks. Colours are linear reflectances (0 to 1), three values each, not
 * copied.
 *
 * @param texture null for one colour
 * @param twoTone whether the texture mixes the two colours; otherwise its own colours are used
 * @param first colour where a two-tone texture is 0
 * @param second colour where a two-tone texture is 255
 * @param tileMetres length of one repeat of the texture
 * @param placement how the texture lies on a face
 * @param emission radiance per colour of the texture, relative to the room's mean; 0 = only lit
 * @param gloss share of light mirrored at right angles, 0 to 1
 */
record Material(
    Texture texture,
    boolean twoTone,
    float[] first,
    float[] second,
    double tileMetres,
    Placement placement,
    float emission,
    float gloss) {
  /** How the texture lies on a face. */
  enum Placement {
    /** Upright in the room and continued from one solid to the next. */
    ROOM,
    /** Its u axis along the face's longer side, shifted for each solid. */
    GRAIN,
    /** Upright, shifted for each solid. */
    LOOSE,
    /** Once over the whole face. */
    STRETCHED
  }

  static Material plain(float[] color) {
    return new Material(null, true, color, color, 1, Placement.LOOSE, 0, 0);
  }

  Material glossy(double share) {
    return new Material(
        texture, twoTone, first, second, tileMetres, placement, emission, (float) share);
  }

  /** The mean reflectance, for light that has bounced. */
  float[] mean() {
    if (texture == null) {
      return first;
    }
    int texel = texture.mean();
    float[] rgb = {texel >> 16, (texel >> 8) & 255, texel & 255};
    tint(rgb);
    return rgb;
  }

  /** Turns a texel (0 to 255 each) into a linear reflectance, in place. */
  void tint(float[] rgb) {
    if (twoTone) {
      float mix = rgb[0] / 255;
      float shade = rgb[1] / 128;
      for (int i = 0; i < 3; i++) {
        rgb[i] = (first[i] + (second[i] - first[i]) * mix) * shade;
      }
    } else {
      for (int i = 0; i < 3; i++) {
        float v = rgb[i] / 255;
        // near enough to the sRGB curve, and the same on every machine
        rgb[i] = v * v * (0.75f + 0.25f * v) * first[i];
      }
    }
  }
}
