/** What a robot installs, installed. */
package dev.tarsier.ros.packaging;
