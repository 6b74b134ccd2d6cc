package dev.tarsier.runtime.task;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** What the values of an output are. The family is closed: whoever handles kinds handles all. */
@JsonIgnoreProperties({"map", "ids"}) // answers to questions, no properties
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = ClassMap.class, name = ClassMap.NAME),
  @JsonSubTypes.Type(value = MetricMap.class, name = MetricMap.NAME),
  @JsonSubTypes.Type(value = RelativeMap.class, name = RelativeMap.NAME),
  @JsonSubTypes.Type(value = UnitVectorMap.class, name = UnitVectorMap.NAME),
  @JsonSubTypes.Type(value = ImageClass.class, name = ImageClass.NAME)
})
public sealed interface HeadKind
    permits ClassMap, MetricMap, RelativeMap, UnitVectorMap, ImageClass {
  /** Values of a pixel; of the whole image, where there is one value for all of it. */
  default int channels() {
    return 1;
  }

  /** Whether values are uint8 ids; otherwise they are float32. */
  default boolean isIds() {
    return false;
  }

  /** Whether there is a value for each pixel, not for the image as a whole. */
  default boolean isMap() {
    return true;
  }

  /** The meaning of each id or score; none where values are no classes. */
  default List<ClassLabel> classes() {
    return List.of();
  }

  /** Does what a visitor does with this kind. */
  <R> R accept(Visitor<R> visitor);

  /**
   * Something that depends on the kind.
   *
   * @param <R> what comes out
   */
  interface Visitor<R> {
    /** A class id for each pixel. */
    R classMap(ClassMap kind);

    /** A measure with a unit for each pixel. */
    R metricMap(MetricMap kind);

    /** Nearer and farther for each pixel, without a unit. */
    R relativeMap(RelativeMap kind);

    /** A direction for each pixel. */
    R unitVectorMap(UnitVectorMap kind);

    /** Scores of classes for the image. */
    R imageClass(ImageClass kind);
  }
}
