package dev.tarsier.trainer.experiment;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Pages that need no other file, in one look. */
final class Html {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --soft: #667; --line: #d8dce4; --band: #f4f6fa;
        --good: #0a7d4a; --warn: #9a5b00; }
      @media (prefers-color-scheme: dark) { :root { --soft: #9aa3b2; --line: #39404c;
        --band: #1d222b; --good: #58c894; --warn: #e0aa55; } }
      body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; margin: 0; }
      main { max-width: 1280px; margin: 0 auto; padding: 28px 32px 60px; }
      h1 { font-size: 25px; margin: 0 0 6px; } h2 { font-size: 18px; margin: 34px 0 10px; }
      p { max-width: 85ch; } .soft { color: var(--soft); } .small { font-size: 13px; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      th, td { padding: 6px 11px; text-align: left; white-space: nowrap;
        border-bottom: 1px solid var(--line); }
      th { font-size: 13px; color: var(--soft); font-weight: 600; border-bottom-width: 2px; }
      td.n, th.n { text-align: right; } td.paper, th.paper { color: var(--soft); }
      tr.main td { background: var(--band); } b.best { color: var(--good); }
      .note { color: var(--soft); font-size: 12px; white-space: normal; }
      .missing { color: var(--warn); }
      img { max-width: 100%; }
      """;

  private final StringBuilder text = new StringBuilder(1 << 16);

  /** A page with its heading. */
  Html(String title) {
    text.append("<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>")
        .append("<meta name='viewport' content='width=device-width, initial-scale=1'><title>")
        .append(escape(title))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style></head>\n<body><main>\n<h1>")
        .append(escape(title))
        .append("</h1>\n");
  }

  /** Adds markup as it is. */
  Html raw(String markup) {
    text.append(markup);
    return this;
  }

  /** Adds a heading. */
  Html heading(String heading) {
    return raw("<h2>" + escape(heading) + "</h2>\n");
  }

  /** Adds a paragraph. */
  Html paragraph(String classes, String words) {
    return raw("<p class='" + classes + "'>" + escape(words) + "</p>\n");
  }

  /** Adds a picture. */
  Html png(byte[] png, String alternative) {
    return raw(
        "<p><img alt='%s' src='data:image/png;base64,%s'></p>\n"
            .formatted(escape(alternative), Base64.getEncoder().encodeToString(png)));
  }

  /** The whole page. */
  String page() {
    return text + "</main></body></html>\n";
  }

  static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
