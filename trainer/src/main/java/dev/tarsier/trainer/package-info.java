/** trainer */
package dev.tarsier.trainer;
