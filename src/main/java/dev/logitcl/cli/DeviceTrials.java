package dev.logitcl.cli;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Verify;
import java.util.List;

/** How {@code doctor} lists the devices and tests them. */
interface DeviceTrials extends AutoCloseable {
  /**
   * The devices.
   *
   * @param devices all of them, those that cannot be used too
   * @param findings what became of the drivers while they were loaded; none if all went well
   */
  record Listing(List<DeviceInfo> devices, List<Finding> findings) {}

  /** Loads the drivers and lists their devices. */
  Listing list();

  /** Tests a device. */
  Finding test(DeviceInfo device);

  @Override
  void close();

  /** Lists and tests devices in this process. */
  static DeviceTrials here(DeviceSource source) {
    return new DeviceTrials() {
      @Override
      public Listing list() {
        return new Listing(source.available(), List.of());
      }

      @Override
      public Finding test(DeviceInfo device) {
        return DeviceTest.of(device, () -> source.open(device), new Verify.Listener() {});
      }

      @Override
      public void close() {}
    };
  }
}
