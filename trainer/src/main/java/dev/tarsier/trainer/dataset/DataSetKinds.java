package dev.tarsier.trainer.dataset;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.DatabindContext;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.jsontype.impl.TypeIdResolverBase;
import dev.tarsier.runtime.config.NearestName;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;

/** The kinds of data sets that are registered. Immutable. */
public final class DataSetKinds extends TypeIdResolverBase {
  private static final Map<String, DataSet.Kind> ALL = new LinkedHashMap<>();

  static {
    for (DataSet.Kind kind : ServiceLoader.load(DataSet.Kind.class)) {
      if (ALL.put(kind.name(), kind) != null) {
        throw new IllegalStateException("two kinds of data sets are called " + kind.name());
      }
    }
  }

  /** All of them. */
  public static Collection<DataSet.Kind> all() {
    return Collections.unmodifiableCollection(ALL.values());
  }

  /** What a section's {@code kind} says. */
  public static String name(DataSet section) {
    return ALL.values().stream()
        .filter(kind -> kind.type() == section.getClass())
        .map(DataSet.Kind::name)
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException(section.getClass() + " is not a registered kind"));
  }

  /** What model cards say of data sets by these names, each once: papers and licences. */
  public static Set<String> licences(Collection<String> names) {
    Set<String> sentences = new LinkedHashSet<>();
    for (DataSet.Kind kind : ALL.values()) {
      names.forEach(name -> kind.licence(name).ifPresent(sentences::add));
    }
    return sentences;
  }

  @Override
  public String idFromValue(Object value) {
    return name((DataSet) value);
  }

  @Override
  public String idFromValueAndType(Object value, Class<?> type) {
    return idFromValue(value);
  }

  @Override
  public JavaType typeFromId(DatabindContext context, String id) throws JsonMappingException {
    DataSet.Kind kind = ALL.get(id);
    if (kind == null) {
      throw JsonMappingException.from(
          (DeserializationContext) context,
          "kind must be one of %s, got '%s'%s"
              .formatted(
                  String.join(", ", ALL.keySet()),
                  id,
                  NearestName.of(id, ALL.keySet())
                      .map(name -> "; did you mean '" + name + "'?")
                      .orElse("")));
    }
    return context.constructType(kind.type());
  }

  @Override
  public JsonTypeInfo.Id getMechanism() {
    return JsonTypeInfo.Id.CUSTOM;
  }
}
