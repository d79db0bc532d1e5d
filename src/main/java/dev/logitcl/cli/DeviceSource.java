package dev.logitcl.cli;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.ForwardingBackend;
import dev.logitcl.backend.Options;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import dev.logitcl.opencl.OpenClBackend;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Where the commands get their devices from; tests put others here. */
interface DeviceSource {
  /** What this machine has. */
  DeviceSource SYSTEM =
      new DeviceSource() {
        @Override
        public List<DeviceInfo> available() {
          return Backends.available();
        }

        @Override
        public List<DeviceInfo> all() {
          ClDevice.all(); // drivers that are loaded are listed
          return Backends.available();
        }

        @Override
        public DeviceInfo java() {
          try (Backend java = Backends.cpu()) {
            return java.device();
          }
        }

        @Override
        public Backend open(DeviceInfo device) {
          return Backends.open(device);
        }

        @Override
        public DeviceTrials trials(Host host, PrintWriter err) {
          return ChildTrials.of(host, this, err);
        }

        @Override
        public Backend open(DeviceInfo device, Options options) {
          return device.kind() == Kind.JAVA ? open(device) : Backends.openCl(device, options);
        }

        @Override
        public Backend best() {
          return Backends.best();
        }

        @Override
        public List<String> explain(Backend backend, RowOp like, Shape shape) {
          Backend device = backend;
          while (device instanceof ForwardingBackend forwarding) { // as the best device's is
            device = forwarding.delegate();
          }
          return device instanceof OpenClBackend openCl
              ? VariantExplanation.of(openCl.explain(like, shape), shape)
              : List.of();
        }
      };

  /** All devices, those that cannot be used too. */
  List<DeviceInfo> available();

  /** All devices, whatever became of earlier processes that loaded the drivers. */
  default List<DeviceInfo> all() {
    return available();
  }

  /** The Java path, for which no driver is loaded. */
  default DeviceInfo java() {
    return available().stream()
        .filter(device -> device.kind() == Kind.JAVA)
        .findFirst()
        .orElseThrow();
  }

  /** How doctor lists and tests the devices. */
  default DeviceTrials trials(Host host, PrintWriter err) {
    return DeviceTrials.here(this);
  }

  /** A backend on a usable device. */
  Backend open(DeviceInfo device);

  /** A backend on a usable device, with options where the device has any. */
  default Backend open(DeviceInfo device, Options options) {
    return open(device);
  }

  /** A backend on the fastest device. */
  Backend best();

  /** Nanoseconds, for a command that has a given time. */
  default LongSupplier clock() {
    return System::nanoTime;
  }

  /** A backend whose variants can be measured; empty for one that has no variants. */
  default Optional<Tunable> tunable(Backend backend) {
    return backend instanceof OpenClBackend openCl
        ? Optional.of(Tunable.of(openCl))
        : Optional.empty();
  }

  /**
   * Which variant an OpenCL backend would choose, and why it passes over earlier rows of its table.
   *
   * @param like a call of the operation, on any shape
   * @param shape the shape in question
   */
  List<String> explain(Backend backend, RowOp like, Shape shape);
}
