package dev.tarsier.trainer.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class SceneRendererTest {
  private static final int WALL = 11;
  private static final int FLOOR = 4;
  private static final int CEILING = 2;
  private static final PinholeCamera CAMERA = new PinholeCamera(81, 61, 60, 60, 40, 30);

  private final Solids solids = new Solids();

  @Test
  void givesDepthAlongTheOpticalAxisNotAlongTheRay() {
    SceneRenderer.Radiance seen = render(CameraPose.looking(1, 2, 1.25, 0, 0, 0));
    // The far wall is at x = 6, so 5 m along the axis wherever it is seen.
    int checked = 0;
    for (int i = 0; i < seen.labels().length; i++) {
      if (seen.labels()[i] == WALL && Math.abs(i % 81 - 40) < 15) {
        assertThat(seen.depthMetres()[i]).isCloseTo(5f, within(1e-5f));
        checked++;
      }
    }
    assertThat(checked).isGreaterThan(300);
  }

  @Test
  void seesFloorAndCeilingWhereTheirPlanesAre() {
    SceneRenderer.Radiance seen = render(CameraPose.looking(1, 2, 1, 0, 0, 0));
    for (int v = 0; v < 61; v++) {
      int i = v * 81 + 40;
      if (seen.labels()[i] == FLOOR) {
        assertThat(v).as("the floor is below").isGreaterThan(30);
        assertThat(seen.depthMetres()[i]).isCloseTo((float) (60.0 / (v - 30)), within(1e-5f));
      } else if (seen.labels()[i] == CEILING) {
        assertThat(v).as("the ceiling is above").isLessThan(30);
        assertThat(seen.depthMetres()[i]).isCloseTo((float) (1.5 * 60.0 / (30 - v)), within(1e-5f));
      }
    }
    assertThat(seen.labels()[60 * 81 + 40]).isEqualTo((byte) FLOOR);
    assertThat(seen.labels()[40]).isEqualTo((byte) CEILING);
  }

  @Test
  void putsWhatIsOnTheLeftOnTheLeft() {
    solids.add(Solids.BOX, 3, 3.2, 1.25, null, 0.1, 0.3, 0.3, 0, 0, 0, 0);
    solids.add(Solids.BOX, 3, 0.8, 1.25, null, 0.1, 0.3, 0.3, 0, 0, 3, 0);
    SceneRenderer.Radiance seen = render(CameraPose.looking(1, 2, 1.25, 0, 0, 0));
    // 1.2 m to the left (+y) and 1.9 m to the front face: u = 40 - 60 * 1.2 / 1.9
    assertThat(seen.labels()[30 * 81 + 2]).isEqualTo((byte) 0);
    assertThat(seen.labels()[30 * 81 + 78]).isEqualTo((byte) 3);
    assertThat(seen.depthMetres()[30 * 81 + 2]).isCloseTo(1.9f, within(1e-5f));
  }

  @Test
  void looksLeftForPositiveYawAndUpForPositivePitch() {
    double[] left = CameraPose.looking(0, 0, 0, Math.PI / 2, 0, 0).rotation();
    assertThat(left[5]).as("forward is +y").isCloseTo(1, within(1e-12));
    assertThat(left[0]).as("right is +x").isCloseTo(1, within(1e-12));
    double[] up = CameraPose.looking(0, 0, 0, 0, 0.3, 0).rotation();
    assertThat(up[8]).as("forward rises").isCloseTo(StrictMath.sin(0.3), within(1e-12));
    double[] level = CameraPose.looking(0, 0, 0, 0, 0, 0).rotation();
    assertThat(level[7]).as("down is -z").isCloseTo(-1, within(1e-12));
    assertThat(level[3]).as("right is -y").isCloseTo(-1, within(1e-12));
  }

  @Test
  void isDarkerInTheShadow() {
    solids.add(Solids.BOX, 3, 2, 1.2, null, 0.6, 0.6, 0.02, 0, 0, 9, 0);
    SceneRenderer.Radiance seen = render(CameraPose.looking(0.3, 2, 0.9, 0, -0.3, 0));
    float[] rgb = seen.rgb();
    // Straight below the board, and far to its side, on the floor at the same depth.
    int row = -1;
    for (int v = 0; v < 61; v++) {
      if (seen.labels()[v * 81 + 40] == FLOOR && seen.depthMetres()[v * 81 + 40] < 2.8 && row < 0) {
        row = v;
      }
    }
    assertThat(rgb[3 * (row * 81 + 40)]).isLessThan(0.75f * rgb[3 * (row * 81 + 2)]);
  }

  private SceneRenderer.Radiance render(CameraPose pose) {
    box(3, 2, -0.1, 3, 2, 0.1, FLOOR);
    box(3, 2, 2.6, 3, 2, 0.1, CEILING);
    box(-0.1, 2, 1.25, 0.1, 2, 1.25, WALL);
    box(6.1, 2, 1.25, 0.1, 2, 1.25, WALL);
    box(3, -0.1, 1.25, 3, 0.1, 1.25, WALL);
    box(3, 4.1, 1.25, 3, 0.1, 1.25, WALL);
    Room room =
        new Room(
            6,
            4,
            2.5,
            solids,
            List.of(Material.plain(new float[] {0.5f, 0.5f, 0.5f})),
            List.of(new Room.Lamp(3, 2, 2.2, 0.1, new float[] {5, 5, 5})),
            List.of(),
            null,
            List.of(),
            List.of());
    return new SceneRenderer(room, 1).render(CAMERA, pose);
  }

  private void box(double x, double y, double z, double a, double b, double c, int label) {
    solids.add(Solids.BOX, x, y, z, null, a, b, c, 0, 0, label, 0);
  }
}
