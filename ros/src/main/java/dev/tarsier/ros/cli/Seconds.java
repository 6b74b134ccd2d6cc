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
    return seconds(text, "s");
  }

  /** The same in milliseconds; a number without a unit is of these. */
  static final class InMillis implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      return 1e3 * seconds(text, "ms");
    }
  }

  private static double seconds(String text, String unitOfNumbers) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "must be a time such as 0.5s, 500ms or 2min, got '" + text + "'");
    }
    double number = Double.parseDouble(matcher.group(1));
    return switch (matcher.group(2) == null ? unitOfNumbers : matcher.group(2)) {
      case "ms" -> number / 1000;
      case "min" -> 60 * number;
      default -> number;
    };
  }
}
