/**
 * What a network can be asked for: a {@link dev.tarsier.runtime.task.Head} is one output with an id
 * and a {@link dev.tarsier.runtime.task.HeadKind}. There are five kinds, each with its shape, unit
 * and meaning; ids are free, and no code outside this package and the trainer's tasks knows any by
 * name. A {@link dev.tarsier.runtime.task.Plane} holds what a head says of one image.
 *
 * <p>A further kind is one class here; the compiler then names each {@link
 * dev.tarsier.runtime.task.HeadKind.Visitor} that has to say what it does with it.
 */
package dev.tarsier.runtime.task;
