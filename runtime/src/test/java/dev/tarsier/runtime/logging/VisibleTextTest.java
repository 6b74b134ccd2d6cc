package dev.tarsier.runtime.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class VisibleTextTest {
  @Test
  void writesOutWhatATerminalWouldObey() {
    assertThat(VisibleText.of("\u001b[2J\u001b]0;owned\u0007"))
        .isEqualTo("\\x1b[2J\\x1b]0;owned\\x07");
    assertThat(VisibleText.of("a\n[ERROR] forged\r\tb")).isEqualTo("a\\n[ERROR] forged\\r\\tb");
    assertThat(VisibleText.of("\u009b31m\u0000\u007f")).isEqualTo("\\x9b31m\\x00\\x7f");
  }

  @Test
  void writesOutWhatMakesTextLookLikeOther() {
    assertThat(VisibleText.of("a\u202etxt.exe\u2066\u200b\u2028\ufeff"))
        .isEqualTo("a\\u202etxt.exe\\u2066\\u200b\\u2028\\ufeff");
    assertThat(VisibleText.of("\ud83d x \udb40\udc41")).isEqualTo("\\ud83d x \\u{e0041}");
  }

  @Test
  void leavesLettersOfAllScripts() {
    String text = "/Küche/厨房/غرفة \ud83e\udd8a ±";
    assertThat(VisibleText.of(text)).isSameAs(text);
  }

  @Test
  void cutsWhatIsTooLongAndSaysSo() {
    assertThat(VisibleText.of("x".repeat(VisibleText.LONGEST + 7)))
        .isEqualTo("x".repeat(VisibleText.LONGEST) + " … (7 characters more)");
    assertThat(VisibleText.of("ab\ud83e\udd8a", 3)).isEqualTo("ab … (2 characters more)");
  }

  @Test
  void nothingThatATerminalObeysComesThrough() {
    Random random = new Random(31);
    for (int round = 0; round < Integer.getInteger("fuzz.rounds", 300); round++) {
      char[] text = new char[random.nextInt(60)];
      for (int i = 0; i < text.length; i++) {
        text[i] = (char) (random.nextBoolean() ? random.nextInt(0x100) : random.nextInt(0x10000));
      }
      String shown = VisibleText.of(new String(text));
      assertThat(shown.codePoints())
          .noneMatch(
              point ->
                  Character.isISOControl(point) || Character.getType(point) == Character.FORMAT);
    }
  }
}
