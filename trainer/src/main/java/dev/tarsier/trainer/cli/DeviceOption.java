package dev.tarsier.trainer.cli;

import dev.tarsier.trainer.network.Device;
import dev.tarsier.trainer.network.PyTorch;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --device} of all commands that train. */
final class DeviceOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--device",
      paramLabel = "cpu|cuda|auto",
      description = "what PyTorch computes on (default: ${env:TARSIER_DEVICE:-cpu})",
      defaultValue = "${env:" + Device.VARIABLE + ":-cpu}")
  void use(String name) {
    try {
      PyTorch.use(Device.of(name));
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
