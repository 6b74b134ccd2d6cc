package dev.tarsier.ros.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A time as an option has it: {@code 0.5s}, {@code 500ms}, {@code 2min}, or a number of seconds.
 */
final class Seconds implements ITypeConverter<Double> {
  private static final Pattern FORM = Pattern.compile("(\\d+|\\d*\\.\\d+)\\s*(ms|s|min)?");

  @Override
  public Double convert(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "must be a time such as 0.5s, 500ms or 2min, got '" + text + "'");
    }
    double number = Double.parseDouble(matcher.group(1));
    return "ms".equals(matcher.group(2))
        ? number / 1000
        : "min".equals(matcher.group(2)) ? 60 * number : number;
  }
}
