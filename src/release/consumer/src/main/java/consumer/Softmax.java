package consumer;

import dev.logitcl.Backends;
import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A softmax on the Java path and on each OpenCL device, by the kernels that ran. */
public class Softmax {
  public static void main(String[] arguments) {
    for (DeviceInfo device : Backends.available()) {
      if (!device.usable()) {
        System.out.println("unusable: " + device + ": " + device.problem());
        continue;
      }
      List<String> kernels = new ArrayList<>();
      try (Backend backend = Backends.open(device)) {
        float[] p =
            Rows.on(backend, report -> kernels.addAll(report.entryPoints()))
                .softmax(new float[] {0, 1, 2, 5, 5, 5}, 2, 3);
        float[] expected = {0.09003057f, 0.24472847f, 0.66524096f, 1 / 3f, 1 / 3f, 1 / 3f};
        for (int i = 0; i < p.length; i++) {
          if (!(Math.abs(p[i] - expected[i]) < 1e-6)) {
            throw new IllegalStateException(device + ": " + Arrays.toString(p));
          }
        }
        System.out.println("softmax: " + device + " by " + kernels);
      }
    }
  }
}
