package dev.logitcl.opencl;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.matrix.Permutation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts a tensor's axes into another order on a device. */
final class AxisMover {
  /** Work-items of a group that moves tiles: 8 rows of 32. */
  private static final int GROUP = 256;

  private final ClQueue queue;
  private final DeviceInfo device;

  /** By the bytes of an element. */
  private final Map<Integer, ClKernel> kernels = new HashMap<>();

  AxisMover(ClQueue queue, DeviceInfo device) {
    this.queue = queue;
    this.device = device;
  }

  /** Moves elements of so many bytes; on devices with groups through local memory. */
  void move(Span source, Permutation order, Span target, int bytes) {
    boolean groups = device.kind() == DeviceInfo.Kind.GPU && device.maxGroup() >= GROUP;
    ClKernel kernel = kernels.computeIfAbsent(bytes, size -> build(size, groups));
    kernel.set(0, source.buffer());
    kernel.set(1, source.offset());
    kernel.set(2, target.buffer());
    kernel.set(3, target.offset());
    kernel.set(4, order.sizes());
    kernel.set(5, order.from());
    kernel.set(6, order.to());
    // Work-items that take tile after tile: enough of them to balance and to fill a GPU.
    long local = groups ? GROUP : 1;
    kernel.enqueue((groups ? 32L : 8L) * device.computeUnits() * local, local);
  }

  private ClKernel build(int bytes, boolean groups) {
    String type = bytes == 1 ? "uchar" : bytes == 2 ? "ushort" : bytes == 4 ? "uint" : "ulong";
    String options =
        "-cl-std=CL1.2 " + (groups ? "-DGROUP=" + GROUP + " " : "") + "-Ddata_t=" + type;
    return queue.build("permute", KernelSource.permute(), options, List.of("permute")).get(0);
  }
}
