/** ros */
package dev.tarsier.ros;
