/** What was perceived in one frame: class ids and metric depth, with where they came from. */
package dev.tarsier.runtime.scene;
