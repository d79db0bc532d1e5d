package dev.logitcl.lifecycle;

import dev.logitcl.Backends;
import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.Options;
import dev.logitcl.cl.NativeLibrary;
import dev.logitcl.cli.DoctorFindings;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.opencl.TestDevices;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jocl.CL;

/** What a child JVM does; prints DONE at the end, unless the end is the point. */
enum Scenario {
  /** Exits while kernels run. */
  EXIT_IN_FLIGHT {
    @Override
    void run() {
      keepBusy(open());
      System.exit(7);
    }
  },
  /** Exits while another thread goes on enqueueing. */
  EXIT_WHILE_ENQUEUEING {
    @Override
    void run() {
      Backend backend = open();
      Matrix x = backend.upload(new float[100 * 1000], 100, 1000);
      Matrix y = backend.allocate(x.shape());
      Thread thread =
          new Thread(
              () -> {
                try {
                  while (true) {
                    backend.run(new LogSoftmax(x, y));
                  }
                } catch (IllegalStateException e) {
                  System.out.println("STOPPED " + e.getMessage());
                }
              });
      thread.setDaemon(true);
      thread.start();
      for (int i = 0; i < 20; i++) {
        backend.run(new LogSoftmax(x, y));
      }
      System.exit(7);
    }
  },
  /** Returns from main with everything open. */
  LEAVE_OPEN {
    @Override
    void run() {
      keepBusy(open());
    }
  },
  /** A user's shutdown hook is the first to use LogitCL. */
  COMPUTE_AT_THE_END {
    @Override
    void run() {
      Runtime.getRuntime().addShutdownHook(new Thread(Scenario::computeOnJava));
    }
  },
  /** A user's shutdown hook computes after LogitCL's has closed the devices. */
  COMPUTE_AFTER_THE_END {
    @Override
    void run() {
      Backend open = open();
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    while (!open.isClosed()) {
                      Thread.onSpinWait();
                    }
                    computeOnJava();
                  }));
    }
  },
  /** A task ends while not a byte of the heap is free. */
  FULL_HEAP {
    @Override
    void run() {
      new FullHeap().run();
    }
  },
  /** Leaves main by an exception. */
  THROW_IN_FLIGHT {
    @Override
    void run() {
      keepBusy(open());
      throw new IllegalStateException("on purpose");
    }
  },
  /** Forgets everything but the output while kernels run, under memory pressure. */
  COLLECT_IN_FLIGHT {
    @Override
    void run() {
      for (int round = 0; round < 10; round++) {
        int[] size = {500, 1000};
        Matrix y = busyOutput(size[0], size[1]);
        // What is freed too early is soon somebody else's.
        List<ByteBuffer> churn = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          System.gc();
          ByteBuffer other = ByteBuffer.allocateDirect(2 << 20);
          while (other.hasRemaining()) {
            other.put((byte) 0x55);
          }
          churn.add(other);
        }
        float[] got = new float[size[0] * size[1]];
        y.read(got);
        for (float value : got) {
          check(Math.abs(value + Math.log(size[1])) < 1e-5, "log-softmax is " + value);
        }
        check(churn.size() == 8, "kept until here");
      }
    }

    private Matrix busyOutput(int rows, int cols) {
      Backend backend = open();
      Matrix x = backend.upload(new float[rows * cols], rows, cols);
      Matrix y = backend.allocate(x.shape());
      for (int i = 0; i < 20; i++) {
        backend.run(new LogSoftmax(x, y));
      }
      return y;
    }
  },
  /** Computes on two devices of one machine. */
  TWO_DEVICES {
    @Override
    void run() {
      List<DeviceInfo> devices = openCl();
      check(devices.size() == 2, "found " + devices);
      check(!devices.get(0).id().equals(devices.get(1).id()), "equal ids: " + devices);
      try (Backend first = Backends.openCl(devices.get(0), Options.DEFAULT);
          Backend second = Backends.openCl(devices.get(1), Options.DEFAULT)) {
        float[] x = {1, 2, 3, 4, 5, 6};
        float[] a = Rows.on(first).softmax(x, 2, 3);
        float[] b = Rows.on(second).softmax(x, 2, 3);
        check(Math.abs(a[0] + a[1] + a[2] - 1) < 1e-6, "sum of " + Arrays.toString(a));
        check(Arrays.equals(a, b), Arrays.toString(a) + " and " + Arrays.toString(b));
        System.out.println(first.device() + " and " + second.device());
      }
    }
  },
  /** No driver or no loader: the Java path is there, and an entry that says what is missing. */
  NO_OPEN_CL {
    @Override
    void run() {
      List<DeviceInfo> devices = Backends.available();
      check(devices.size() == 2, "found " + devices);
      DeviceInfo missing = devices.get(0);
      check(!missing.usable() && devices.get(1).kind() == Kind.JAVA, "found " + devices);
      System.out.println("PROBLEM " + missing.problem());
      try (Backend best = Backends.best()) {
        check(best.device().kind() == Kind.JAVA, "best is " + best.device());
        float[] y = Rows.on(best).softmax(new float[4], 1, 4);
        check(y[0] == 0.25f, "softmax is " + Arrays.toString(y));
      }
      try {
        Backends.open(missing).close();
        check(false, "opened " + missing);
      } catch (BackendException e) {
        System.out.println("REFUSED " + e.getMessage());
      }
    }
  },
  /** As before, where JOCL throws instead of returning codes. */
  NO_OPEN_CL_WITH_EXCEPTIONS {
    @Override
    void run() throws InterruptedException {
      CL.setExceptionsEnabled(true);
      NO_OPEN_CL.run();
    }
  },
  /** A device with 256 MiB for one allocation, 1 GiB in all. */
  SMALL_MEMORY {
    @Override
    void run() {
      try (Backend backend = open()) {
        DeviceInfo device = backend.device();
        check(device.maxAllocation() < 1 << 30, "limit " + device.maxAllocation());
        long rows = device.maxAllocation() / 4000 + 1;
        try {
          backend.allocate(new Shape(rows, 1000)).close();
          check(false, "allocated " + rows + " x 1000");
        } catch (DeviceMemoryException e) {
          check(e.asked() == rows * 4000, "asked " + e.asked());
          check(e.limit() == device.maxAllocation(), "limit " + e.limit());
          System.out.println("REFUSED " + e.getMessage());
        }
        try (Matrix x = backend.upload(new float[6], 2, 3)) {
          backend.run(new LogSoftmax(x, x)); // still works
        }
      }
    }
  },
  /** Computes on the device that is expected to be the fastest. */
  BEST {
    @Override
    void run() {
      try (Backend best = Backends.best()) {
        compute(best);
      }
    }
  },
  /** Computes on a device that is passed over. */
  PASSED_OVER {
    @Override
    void run() {
      DeviceInfo device =
          Backends.available().stream()
              .filter(DeviceInfo::passedOver)
              .findFirst()
              .orElseThrow(() -> new IllegalStateException("no device is passed over"));
      check(!device.usable(), "it has a problem");
      System.out.println("PROBLEM " + device.problem());
      try (Backend backend = Backends.openCl(device, Options.DEFAULT)) {
        compute(backend);
      }
    }
  },
  /** Lists the devices. */
  DEVICES {
    @Override
    void run() {
      for (DeviceInfo device : Backends.available()) {
        System.out.println(device + ": " + device.problem());
      }
    }
  },
  /** What became of JOCL's native library, and the devices. */
  NATIVE_LIBRARY {
    @Override
    void run() {
      String folder = System.getProperty("java.io.tmpdir");
      NativeLibrary.Outcome outcome = NativeLibrary.outcome();
      check(folder.equals(System.getProperty("java.io.tmpdir")), "java.io.tmpdir is changed");
      System.out.println("FILE " + outcome.file());
      System.out.println("PASSED OVER " + outcome.passedOver());
      System.out.println("PROBLEM " + outcome.problem() + " REMEDY " + outcome.remedy());
      System.out.println("DEVICES " + openCl().size());
      try (Backend best = Backends.best()) {
        check(Rows.on(best).logSumExp(new float[1], 1, 1)[0] == 0, "no result");
      }
    }
  },
  /** What became of the native library in a program that has used JOCL by itself before. */
  NATIVE_LIBRARY_OF_THE_PROGRAM {
    @Override
    void run() throws InterruptedException {
      CL.setExceptionsEnabled(false);
      NATIVE_LIBRARY.run();
    }
  },
  /** What the environment names: the cache, which is used, and the user's own rows. */
  ENVIRONMENT {
    @Override
    void run() throws InterruptedException {
      NATIVE_LIBRARY.run();
      if (!openCl().isEmpty()) {
        try (Backend backend = open()) {
          Rows.on(backend).logSoftmax(new float[6], 2, 3);
        }
      }
      DoctorFindings.local().forEach(System.out::println);
    }
  },
  /** Each kind of device memory, and programs that come from the cache the second time. */
  BOTH_KINDS_OF_MEMORY {
    @Override
    void run() {
      float[] x = {1, 2, 3, 4, 5, 6};
      try (Backend first = open();
          Backend copies = TestDevices.openWithCopies();
          Backend java = Backends.cpu()) {
        float[] expected = Rows.on(java).softmax(x, 2, 3);
        for (Backend backend : List.of(first, copies)) {
          float[] y = Rows.on(backend).softmax(x, 2, 3);
          for (int i = 0; i < y.length; i++) {
            check(Math.abs(y[i] - expected[i]) < 1e-6, backend + ": " + Arrays.toString(y));
          }
        }
      }
      System.out.println("DEVICE " + openCl().get(0));
    }
  },
  /** A second class loader has all classes once more, as after a web application was redeployed. */
  NATIVE_LIBRARY_TWICE {
    @Override
    void run() throws InterruptedException {
      NATIVE_LIBRARY.run();
      try (URLClassLoader second =
          new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
        Method main = second.loadClass(Scenario.class.getName()).getMethod("main", String[].class);
        main.setAccessible(true); // the same package for the compiler, not for the JVM
        main.invoke(null, (Object) new String[] {NATIVE_LIBRARY.name()});
      } catch (IOException | ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }

    private URL[] classPath() throws IOException {
      List<URL> urls = new ArrayList<>();
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
        urls.add(Path.of(entry).toUri().toURL());
      }
      return urls.toArray(new URL[0]);
    }
  },
  /** A driver whose calls fail. */
  FAULTY_DRIVER {
    @Override
    void run() {
      IcdFaults.run();
    }
  },
  /** A driver whose call never returns. */
  HANGING_DRIVER {
    @Override
    void run() throws InterruptedException {
      IcdFaults.hang();
    }
  };

  abstract void run() throws InterruptedException;

  static void check(boolean condition, String message) {
    if (!condition) {
      throw new AssertionError(message);
    }
  }

  /** As a shutdown hook can: the devices are closed, or about to be. */
  static void computeOnJava() {
    try (Backend best = Backends.best()) {
      compute(best);
      System.out.println("COMPUTED");
    }
  }

  static void compute(Backend backend) {
    System.out.println("ON " + backend.device());
    try (Matrix x = backend.upload(new float[6], 2, 3);
        Matrix y = backend.allocate(x.shape())) {
      backend.run(new LogSoftmax(x, y));
      float[] values = new float[6];
      y.read(values);
      check(Math.abs(values[0] + Math.log(3)) < 1e-6, "log-softmax is " + values[0]);
    }
  }

  static List<DeviceInfo> openCl() {
    return Backends.available().stream()
        .filter(device -> device.usable() && device.kind() != Kind.JAVA)
        .toList();
  }

  static Backend open() {
    return Backends.openCl(openCl().get(0), Options.DEFAULT);
  }

  /** Some tenths of a second of work, of which little is done when this returns. */
  static void keepBusy(Backend backend) {
    Matrix x = backend.upload(new float[1000 * 1000], 1000, 1000);
    Matrix y = backend.allocate(x.shape());
    for (int i = 0; i < 50; i++) {
      backend.run(new LogSoftmax(x, y));
    }
  }

  /** Runs the scenario that the argument names. */
  public static void main(String[] args) throws InterruptedException {
    Scenario.valueOf(args[0]).run();
    System.out.println("DONE");
  }
}
