package dev.tarsier.runtime.config;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.DatabindContext;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.jsontype.impl.TypeIdResolverBase;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;

/**
 * A family of sections that are told apart by their key {@code kind}. A member is a record whose
 * components are the section's keys; it is registered by one line in {@code META-INF/services},
 * with its defaults, those of its constructor without arguments.
 *
 * <p>A family is an interface that extends {@link Member}, with {@code @JsonTypeInfo(use = CUSTOM,
 * property = "kind")} and {@code @JsonTypeIdResolver} of a subclass of this class. Kinds are read
 * in any case. Immutable.
 *
 * @param <T> the family
 */
public abstract class Kinds<T extends Kinds.Member> extends TypeIdResolverBase {
  /** One of a family. */
  public interface Member {
    /** What a section's {@code kind} says: lower case, words joined by underscores. */
    String kind();

    /** The record that a section is read as, where it is not the member itself. */
    default Class<?> section() {
      return getClass();
    }
  }

  private final Map<String, T> members = new LinkedHashMap<>();

  /** The family's members on the class path. */
  protected Kinds(Class<T> family) {
    for (T member : ServiceLoader.load(family)) {
      if (members.put(member.kind(), member) != null) {
        throw new IllegalStateException(
            "two services of %s are of the kind '%s'".formatted(family.getName(), member.kind()));
      }
    }
  }

  /** All members with their defaults. */
  public final Collection<T> all() {
    return Collections.unmodifiableCollection(members.values());
  }

  /**
   * A member with its defaults.
   *
   * @param kind in any case
   * @throws IllegalArgumentException if there is none; the message names those that there are
   */
  public final T named(String kind) {
    T member = members.get(kind.toLowerCase(Locale.ROOT));
    if (member == null) {
      throw new IllegalArgumentException(
          "kind must be %s, got '%s'%s"
              .formatted(
                  getDescForKnownTypeIds(),
                  kind,
                  NearestName.question(kind, members.keySet()).orElse("")));
    }
    return member;
  }

  /** For messages: {@code one of} the kinds. */
  @Override
  public final String getDescForKnownTypeIds() {
    return "one of " + String.join(", ", members.keySet());
  }

  /** How a kind is written: as an enum's values are. */
  protected String written(String kind) {
    return kind.toUpperCase(Locale.ROOT);
  }

  @Override
  public final String idFromValue(Object value) {
    return members.values().stream()
        .filter(member -> member.section() == value.getClass())
        .map(member -> written(member.kind()))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException(value.getClass() + " is not a registered kind"));
  }

  @Override
  public final String idFromValueAndType(Object value, Class<?> type) {
    return idFromValue(value);
  }

  @Override
  public final JavaType typeFromId(DatabindContext context, String id) throws JsonMappingException {
    try {
      return context.constructType(named(id).section());
    } catch (IllegalArgumentException e) {
      throw JsonMappingException.from((DeserializationContext) context, e.getMessage());
    }
  }

  @Override
  public final JsonTypeInfo.Id getMechanism() {
    return JsonTypeInfo.Id.CUSTOM;
  }
}
