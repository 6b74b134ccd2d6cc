package dev.tarsier.runtime.file;

import dev.tarsier.runtime.logging.VisibleText;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.util.Base64;
import java.util.Map;

/**
 * Pages from templates, {@code src/main/jte} in each module. What a template shows is escaped for
 * the place where it stands, and made visible as {@link VisibleText} does: names of topics and
 * files come from outside. Any thread.
 */
public final class HtmlTemplate {
  /** Templates are classes by now: the build has compiled them. */
  private static final TemplateEngine ENGINE =
      TemplateEngine.createPrecompiled(
          null, ContentType.Html, HtmlTemplate.class.getClassLoader(), "dev.tarsier");

  private HtmlTemplate() {}

  /**
   * Fills a template.
   *
   * @param template its file below {@code src/main/jte}, such as {@code ros/replay/report.jte}
   * @param parameters what it declares with {@code @param}, all of them. Not modified.
   */
  public static String render(String template, Map<String, Object> parameters) {
    StringOutput page = new StringOutput();
    ENGINE.render(template, parameters, new VisibleOutput(page));
    return page.toString();
  }

  /** A file's content in the place of its address, as {@code src} of an image has it. */
  public static String dataUri(String mediaType, byte[] content) {
    return "data:" + mediaType + ";base64," + Base64.getEncoder().encodeToString(content);
  }

  private static final class VisibleOutput extends OwaspHtmlTemplateOutput {
    VisibleOutput(StringOutput page) {
      super(page);
    }

    @Override
    public void writeUserContent(String text) {
      super.writeUserContent(VisibleText.of(text, Integer.MAX_VALUE));
    }
  }
}
